// Guess the next token of a sentence: points on a few options, and what that costs in bits, beside other players.
//
// One module for JupyterLab (anywidget) and for a page without Python. Its state, `model`, holds
//   games, smoothing, most, texts                   what never changes: see guessing_game.py
//   sentence, bets, revealed                        what is played here, and may be set from outside

import { element, fill, keepKeys, say } from "./page.js";

// ------------------------------------------------------------ the maths: the same as guessing_game.py

const sum = (values) => values.reduce((a, b) => a + b, 0);

/** The bits that each player paid for a guess, given the points of "you". */
export function paidBy({ answer, probs }, points, smoothing) {
  const you = ((1 - smoothing) * points[answer]) / sum(points) + smoothing / points.length;
  const shares = { you, ...Object.fromEntries(Object.entries(probs).map(([player, p]) => [player, p[answer]])) };
  return Object.fromEntries(Object.entries(shares).map(([player, share]) => [player, Math.abs(Math.log2(share))]));
}

// ------------------------------------------------------------ the page

function render({ model, el }) {
  const { games, smoothing, most, texts } = Object.fromEntries(
    ["games", "smoothing", "most", "texts"].map((name) => [name, model.get(name)]),
  );
  const players = ["you", "ngram", "gpt", "truth"];
  const even = games[0].guesses[0].options.map(() => 1).concat(1);
  const format = (options) => new Intl.NumberFormat(texts.locale, options).format;
  const number = format({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const percent = format({ style: "percent" });
  let at = [0, 0]; // the option and the button that the keyboard is on

  const set = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const afresh = { revealed: 0, bets: [even] };

  // ---------------------------------------- where the game stands
  const game = () => games[model.get("sentence")];
  const revealed = () => Math.min(model.get("revealed"), game().guesses.length); // a new sentence may come before it
  const over = () => revealed() === game().guesses.length;
  const guessing = () => !over() && model.get("bets").length > revealed();
  const turn = () => revealed() - (guessing() ? 0 : 1); // the guess that is made or answered
  const guess = () => game().guesses[turn()];
  const points = () => model.get("bets")[turn()];
  const options = () => [...guess().options, texts.other];
  const shares = (points) => points.map((n) => n / sum(points));

  const step = () => {
    if (guessing()) set({ revealed: turn() + 1 });
    else set(over() ? afresh : { bets: [...model.get("bets"), even] });
  };
  const acts = [ // the points of option j after an act on option i
    (n, j, i) => (i === j ? Math.min(n + 1, most) : n),
    (n, j, i) => (i === j ? Math.max(n - 1, 0) : n),
    (n, j, i) => Number(i === j),
  ];
  const act = (kind, i) => {
    const bet = points().map((n, j) => acts[kind](n, j, i));
    if (sum(bet) > 0) set({ bets: [...model.get("bets").slice(0, turn()), bet] });
  };

  // ---------------------------------------- the sentence
  const select = element("select");
  select.append(...games.map(({ tokens, guesses }, i) =>
    element("option", { value: i }, `${i + 1}: ${tokens.slice(0, guesses[0].at).join(" ")} …`)));
  select.addEventListener("change", () => set({ ...afresh, sentence: Number(select.value) }));
  const text = element("p", { class: "gg-text" });

  function showText() {
    const { tokens, guesses } = game(), now = guess();
    const end = guessing() ? now.at : over() ? tokens.length : now.at + 1;
    const asked = new Set(guesses.map(({ at }) => at));
    text.replaceChildren(...tokens.slice(0, end).flatMap((token, t) =>
      [!guessing() && t === now.at ? element("mark", {}, token) : asked.has(t) ? element("b", {}, token) : token, " "]));
    if (guessing()) text.append(element("span", { class: "gg-gap", role: "img", "aria-label": "…" }));
  }

  // ---------------------------------------- the options: one button is in the tab order, arrows move from it
  const div = (role, kind, ...children) => element("div", { role, class: `gg-${kind}` }, ...children);
  const rows = even.map((_, i) => {
    const [name, share, bar] = [element("span"), element("span", { class: "gg-share" }), element("i", { class: "gg-bar" })];
    const faces = [
      [element("span", { class: "gg-key" }, String(i + 1)), element("span", { class: "gg-option" }, name, bar), share], ["−"], [texts.all],
    ];
    const buttons = faces.map((face, kind) => {
      const button = element("button", { type: "button" }, ...face);
      button.addEventListener("click", () => act(kind, i));
      button.addEventListener("focus", () => {
        at = [i, kind];
        showTabStop();
      });
      return button;
    });
    return { name, share, bar, buttons, row: div("row", "row", ...buttons.map((button) => div("gridcell", "cell", button))) };
  });
  const grid = element("div", { role: "grid", "aria-label": texts.options, class: "gg-options" },
    ...rows.map(({ row }) => row));
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  grid.addEventListener("keydown", (event) => {
    const move = steps[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [i, kind] = [rows, acts].map((all, axis) => Math.min(Math.max(at[axis] + move[axis], 0), all.length - 1));
    rows[i].buttons[kind].focus();
  });

  function showTabStop() {
    rows.forEach(({ buttons }, i) => buttons.forEach((button, kind) =>
      (button.tabIndex = i === at[0] && kind === at[1] ? 0 : -1)));
  }

  function showOptions() {
    const now = shares(points());
    rows.forEach(({ name, share, bar, buttons }, i) => {
      const option = options()[i];
      name.textContent = option;
      share.textContent = percent(now[i]);
      bar.style.width = `${100 * now[i]}%`;
      const labels = [fill(texts.more, { option, share: percent(now[i]) }), ...["less", "only"].map((name) => fill(texts[name], { option }))];
      buttons.forEach((button, kind) => button.setAttribute("aria-label", labels[kind]));
    });
    showTabStop();
  }

  // ---------------------------------------- what each player gave to each option
  const answers = element("div", { role: "table", "aria-label": texts.answers, class: "gg-answers" });

  function showAnswers() {
    const { answer, probs } = guess();
    const given = { you: shares(points()), ...probs };
    const head = div("row", "row", div("columnheader", "name", texts.option),
      ...players.map((player) => div("columnheader", "number", texts[player])));
    answers.replaceChildren(head, ...options().map((option, i) =>
      div("row", `row${i === answer ? " gg-right" : ""}`,
        div("rowheader", "name", i === answer ? `✓ ${option}` : option),
        ...players.map((player) => div("cell", "number", percent(given[player][i]))))));
  }

  // ---------------------------------------- what has been paid
  const scores = players.map((player) => {
    const [bar, total] = [element("i", { class: `gg-bar gg-${player}` }), element("span", { class: "gg-number" })];
    return { player, bar, total, row: element("div", { role: "listitem", class: "gg-score" },
      element("span", {}, texts[player]), element("span", { class: "gg-track" }, bar), total) };
  });
  const paid = () => model.get("bets").slice(0, revealed())
    .map((bet, i) => paidBy(game().guesses[i], bet, smoothing));

  function showScores() {
    const totals = scores.map(({ player }) => sum(paid().map((each) => each[player])));
    const limit = Math.max(...totals, 1);
    scores.forEach(({ bar, total }, i) => {
      bar.style.width = `${(100 * totals[i]) / limit}%`;
      total.textContent = number(totals[i]);
    });
  }

  function status() {
    if (guessing()) return fill(texts.guess, { n: turn() + 1, N: game().guesses.length });
    const all = paid();
    const told = (mean) => Object.fromEntries(players.map((player) => [player, number(mean(player))]));
    const was = fill(texts.was, { token: game().tokens[guess().at], ...told((player) => all.at(-1)[player]) });
    const end = fill(texts.end, told((player) => sum(all.map((each) => each[player])) / all.length));
    return over() ? `${was} ${end}` : was;
  }

  // ---------------------------------------- all of it
  const button = element("button", { type: "button", class: "gg-step" });
  button.addEventListener("click", step);
  const said = element("div", { class: "gg-status", "aria-live": "polite" });
  const root = element("div",
    { class: "lesson-widget guessing-game", role: "group", "aria-label": texts.title, lang: texts.locale, tabindex: -1 },
    element("label", {}, element("span", {}, texts.sentence), select),
    text, said,
    element("div", { class: "gg-columns" },
      element("div", { class: "gg-play" }, element("div", { class: "gg-choice" }, grid, answers), button),
      element("div", { class: "gg-paid" }, element("div", { class: "gg-heading" }, texts.paid),
        element("div", { role: "list", "aria-label": texts.paid }, ...scores.map(({ row }) => row)))),
    element("p", { class: "gg-note" }, texts.note));
  keepKeys(root);
  root.dataset.lmSuppressShortcuts = "true"; // a click beside the controls focuses it, for the number keys
  root.addEventListener("keydown", (event) => {
    const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
    if (!rows[digit - 1] || !guessing() || event.target === select) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(event.shiftKey ? 2 : 0, digit - 1);
  });

  function show() {
    select.value = model.get("sentence");
    grid.hidden = !guessing();
    answers.hidden = guessing();
    showText();
    if (guessing()) showOptions();
    else showAnswers();
    showScores();
    button.textContent = guessing() ? texts.reveal : over() ? texts.again : texts.next;
    say(said, status());
  }

  el.append(root);
  model.on("change", show);
  show();
  return () => model.off("change", show);
}

export default { render };
