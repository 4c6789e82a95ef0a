// Guess the next token of a sentence: points on a few options, and what that costs in bits, beside other players.

import {
  decimals,
  divs,
  element,
  fill,
  frontEnd,
  labelled,
  live,
  menu,
  percents,
  roving,
  say,
  sum,
  withModifier,
} from "./page.js";

/** @typedef {"you" | "ngram" | "gpt" | "truth"} Player */
/** @typedef {number[]} Points  on each option */
/** @typedef {Record<Exclude<Player, "you">, number[]>} Probs  of each option */
/** @typedef {{ at: number, options: string[], answer: number, probs: Probs }} Guess */

/**
 * See guessing_game.py.
 *
 * @typedef {object} Traits
 * @property {{ tokens: string[], guesses: Guess[] }[]} games
 * @property {number} smoothing
 * @property {number} most  points on one option
 * @property {import("./page.js").Texts} texts
 * @property {number} sentence  set here, as are
 * @property {Points[]} bets
 * @property {number} revealed
 */

// ------------------------------------------------------------ the maths: the same as guessing_game.py

/**
 * The bits that each player paid for a guess, given the points of "you".
 *
 * @param {Pick<Guess, "answer" | "probs">} guess
 * @param {Points} points
 * @param {number} smoothing
 */
export function paidBy({ answer, probs }, points, smoothing) {
  const you = ((1 - smoothing) * points[answer]) / sum(points) + smoothing / points.length;
  const shares = Object.entries(probs).map(([player, p]) => [player, p[answer]]);
  const paid = [["you", you], ...shares].map(([player, share]) => [player, Math.abs(Math.log2(Number(share)))]);
  return /** @type {Record<Player, number>} */ (Object.fromEntries(paid));
}

// ------------------------------------------------------------ the page

/** @type {Player[]} */
const PLAYERS = ["you", "ngram", "gpt", "truth"];

/** @param {import("./page.js").Parts<Traits>} parts */
function build({ root, state, set }) {
  const { games, smoothing, most, texts } = state;
  const even = [...games[0].guesses[0].options, texts.other].map(() => 1);
  const [number, percent] = [decimals(texts.locale), percents(texts.locale)];
  const afresh = { revealed: 0, bets: [even] };

  // ---------------------------------------- where the game stands
  const game = () => games[state.sentence];
  const revealed = () => Math.min(state.revealed, game().guesses.length); // a new sentence may come before it
  const over = () => revealed() === game().guesses.length;
  const guessing = () => !over() && state.bets.length > revealed();
  const turn = () => revealed() - (guessing() ? 0 : 1); // the guess that is made or answered
  const guess = () => game().guesses[turn()];
  const points = () => state.bets[turn()];
  const options = () => [...guess().options, texts.other];
  /** @param {Points} points */
  const shares = (points) => points.map((n) => n / sum(points));

  const step = () => {
    if (guessing()) set({ revealed: turn() + 1 });
    else set(over() ? afresh : { bets: [...state.bets, even] });
  };
  /** @type {((n: number, mine: boolean) => number)[]} */
  const acts = [
    // the points of an option after an act on it, or on another
    (n, mine) => (mine ? Math.min(n + 1, most) : n),
    (n, mine) => (mine ? Math.max(n - 1, 0) : n),
    (_, mine) => Number(mine),
  ];
  /** @type {(kind: number, option: number) => void} */
  const act = (kind, option) => {
    const bet = points().map((n, i) => acts[kind](n, i === option));
    if (sum(bet) > 0) set({ bets: [...state.bets.slice(0, turn()), bet] });
  };

  // ---------------------------------------- the sentence
  const sentences = menu(
    games.map(({ tokens, guesses }, i) => [i, `${i + 1}: ${tokens.slice(0, guesses[0].at).join(" ")} …`]),
    (value) => set({ ...afresh, sentence: Number(value) }),
  );
  const text = element("p", { class: "gg-text" });

  function showText() {
    const { tokens, guesses } = game();
    const now = guess().at;
    const end = guessing() ? now : over() ? tokens.length : now + 1;
    const asked = new Set(guesses.map(({ at }) => at));
    const shown = tokens.slice(0, end).map((token, t) => {
      if (!guessing() && t === now) return element("mark", {}, token);
      return asked.has(t) ? element("b", {}, token) : token;
    });
    text.replaceChildren(...shown.flatMap((token) => [token, " "]));
    if (guessing()) text.append(element("span", { class: "gg-gap", role: "img", "aria-label": "…" }));
  }

  // ---------------------------------------- the options
  const div = divs("gg");
  const rows = even.map((_, i) => {
    const [name, share, bar] = [
      element("span"),
      element("span", { class: "gg-share" }),
      element("i", { class: "gg-bar" }),
    ];
    const key = element("span", { class: "gg-key" }, String(i + 1));
    const faces = [[key, element("span", { class: "gg-option" }, name, bar), share], ["−"], [texts.all]];
    const buttons = faces.map((face, kind) => {
      const button = element("button", { type: "button" }, ...face);
      button.addEventListener("click", () => act(kind, i));
      return button;
    });
    const row = div("row", "row", ...buttons.map((button) => div("gridcell", "cell", button)));
    return { name, share, bar, buttons, row };
  });
  const grid = div("grid", "options", ...rows.map(({ row }) => row));
  grid.setAttribute("aria-label", texts.options);
  roving(
    grid,
    rows.map(({ buttons }) => buttons),
    [0, 0],
  );

  function showOptions() {
    const now = shares(points());
    rows.forEach(({ name, share, bar, buttons }, i) => {
      const option = options()[i];
      name.textContent = option;
      share.textContent = percent(now[i]);
      bar.style.width = `${100 * now[i]}%`;
      [texts.more, texts.less, texts.only].forEach((text, kind) => {
        buttons[kind].setAttribute("aria-label", fill(text, { option, share: percent(now[i]) }));
      });
    });
  }

  // ---------------------------------------- what each player gave to each option
  const answers = div("table", "answers");
  answers.setAttribute("aria-label", texts.answers);

  function showAnswers() {
    const { answer, probs } = guess();
    const given = { you: shares(points()), ...probs };
    const heads = PLAYERS.map((player) => div("columnheader", "number", texts[player]));
    const lines = options().map((option, i) => {
      const name = div("rowheader", "name", i === answer ? `✓ ${option}` : option);
      const line = div(
        "row",
        "row",
        name,
        ...PLAYERS.map((player) => div("cell", "number", percent(given[player][i]))),
      );
      line.classList.toggle("gg-right", i === answer);
      return line;
    });
    answers.replaceChildren(div("row", "row", div("columnheader", "name", texts.option), ...heads), ...lines);
  }

  // ---------------------------------------- what has been paid
  const scores = PLAYERS.map((player) => {
    const [bar, total] = [element("i", { class: `gg-bar gg-${player}` }), element("span", { class: "gg-number" })];
    const track = element("span", { class: "gg-track" }, bar);
    return { player, bar, total, row: div("listitem", "score", element("span", {}, texts[player]), track, total) };
  });
  const paid = () => state.bets.slice(0, revealed()).map((bet, i) => paidBy(game().guesses[i], bet, smoothing));

  function showScores() {
    const totals = PLAYERS.map((player) => sum(paid().map((each) => each[player])));
    const limit = Math.max(...totals, 1);
    scores.forEach(({ bar, total }, i) => {
      bar.style.width = `${(100 * totals[i]) / limit}%`;
      total.textContent = number(totals[i]);
    });
  }

  function status() {
    if (guessing()) return fill(texts.guess, { n: turn() + 1, N: game().guesses.length });
    const all = paid();
    /** @param {(player: Player) => number} mean */
    const told = (mean) => Object.fromEntries(PLAYERS.map((player) => [player, number(mean(player))]));
    const token = game().tokens[guess().at];
    const was = fill(texts.was, { token, ...told((player) => all[all.length - 1][player]) });
    const end = fill(
      texts.end,
      told((player) => sum(all.map((each) => each[player])) / all.length),
    );
    return over() ? `${was} ${end}` : was;
  }

  // ---------------------------------------- all of it
  const button = element("button", { type: "button", class: "gg-step lw-primary" });
  button.addEventListener("click", step);
  const said = live("gg-status");
  const list = element("div", { role: "list", "aria-label": texts.paid }, ...scores.map(({ row }) => row));
  root.append(
    labelled(texts.sentence, sentences),
    text,
    said,
    element(
      "div",
      { class: "gg-columns" },
      element("div", { class: "gg-play" }, element("div", { class: "gg-choice" }, grid, answers), button),
      element("div", { class: "gg-paid" }, element("div", { class: "gg-heading" }, texts.paid), list),
    ),
    element("p", { class: "gg-note" }, texts.note),
  );
  root.tabIndex = -1; // a click beside the controls focuses it, for the number keys
  root.dataset.lmSuppressShortcuts = "true";
  root.addEventListener("keydown", (event) => {
    const option = Number(/^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1]) - 1;
    if (!rows[option] || !guessing() || event.target === sentences || withModifier(event)) return;
    event.preventDefault();
    act(event.shiftKey ? 2 : 0, option);
  });

  return () => {
    sentences.value = String(state.sentence);
    grid.hidden = !guessing();
    answers.hidden = guessing();
    showText();
    if (guessing()) showOptions();
    else showAnswers();
    showScores();
    button.textContent = guessing() ? texts.reveal : over() ? texts.again : texts.next;
    say(said, status());
  };
}

export default frontEnd("guessing-game", build);
