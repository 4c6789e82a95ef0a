// Where does the answer pass? One text is read with one vector taken from another, at each place and token in turn.

import { decimals, divs, element, fill, formatter, frontEnd, keepKeys, labelled, live, roving, say } from "./page.js";

/** @typedef {number[]} Pair  log p of the two answers */

/**
 * See patching_grid.py.
 *
 * @typedef {object} Traits
 * @property {import("./page.js").Texts} texts
 * @property {number} least
 * @property {string} text  set here, as are
 * @property {string} source
 * @property {(number | null)[]} answers
 * @property {[place: number, token: number]} chosen
 * @property {(string | number | null)[]} answered  to what the rest is the answer
 * @property {string} problem
 * @property {string[][]} tokens  of each text
 * @property {[id: number, name: string][]} likely
 * @property {number[]} pair
 * @property {Pair[]} ends
 * @property {Pair[][]} rows  by place and token; [] where nobody has looked yet
 */

/** @param {Pair} pair */
const difference = ([answer, other]) => answer - other;

/**
 * How far the difference of two answers' logits went from one text's, 0, to the other's, 1; null if these are nearly the
 * same.
 *
 * @param {Pair[]} ends
 * @param {Pair} pair
 * @param {number} least
 */
export function moved(ends, pair, least) {
  const [start, end, now] = [...ends, pair].map(difference);
  return Math.abs(end - start) < least ? null : (now - start) / (end - start);
}

/** @param {import("./page.js").Parts<Traits>} parts */
function build({ root, state, set }) {
  const { texts, least } = state;
  const number = decimals(texts.locale);
  const percent = formatter(texts.locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const div = divs("pg");

  // ---------------------------------------- the two texts
  const inputs = /** @type {const} */ (["text", "source"]).map((name) => {
    const input = element("textarea", { rows: 1, spellcheck: false, autocapitalize: "off", autocomplete: "off" });
    const tell = () => input.value !== state[name] && set({ [name]: input.value });
    input.addEventListener("change", tell);
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      tell();
    });
    let written = "";
    const show = () => {
      if (written !== state[name]) input.value = state[name]; // never what is being typed
      written = state[name];
    };
    return { label: labelled(texts[name], input), show };
  });

  // ---------------------------------------- the two answers
  /** @param {number} id */
  const nameOf = (id) => state.likely.find(([each]) => each === id)?.[1] ?? "";
  const answers = ["answer", "other"].map((name, which) => {
    const select = element("select");
    select.addEventListener("change", () => {
      const id = select.value === "" ? null : Number(select.value);
      // of the other one, null is whatever is not this
      set({ answers: state.answers.map((other, i) => (i === which ? id : other === id ? null : other)) });
    });
    const show = () => {
      const own = fill(texts.own, { token: nameOf(state.pair[which]) });
      const options = [["", own], ...state.likely].map(([value, text]) => element("option", { value }, String(text)));
      select.replaceChildren(...options);
      select.value = String(state.answers[which] ?? "");
    };
    return { label: labelled(texts[name], select), show };
  });

  // ---------------------------------------- the grid, anew for other tokens
  const scroll = element("div", { class: "pg-scroll" });
  new ResizeObserver(() => {
    const [row, token] = place(); // the chosen cell comes to the middle, as soon as there is room for it
    const [frame, cell] = [scroll, cells[row][token]].map((each) => each.getBoundingClientRect());
    scroll.scrollLeft += cell.left + cell.width / 2 - frame.left - frame.width / 2;
  }).observe(scroll);
  /** @type {HTMLButtonElement[][]} */
  let cells = [];
  let place = () => /** @type {[number, number]} */ ([0, 0]);
  let drawn = "";
  const heads = () =>
    state.tokens[0].map((one, t) => (one === state.tokens[1][t] ? one : `${one} / ${state.tokens[1][t]}`));
  /** @param {number} n */
  const placeName = (n) => (n === 0 ? texts.start : n === 1 ? texts["after one"] : fill(texts.after, { n }));

  /** @param {[number, number]} chosen */
  function draw(chosen) {
    const names = heads();
    cells = state.rows.map(() => names.map(() => element("button", { type: "button" })));
    const grid = element(
      "div",
      { role: "grid", "aria-label": texts.grid, class: "pg-grid" },
      div(
        "row",
        "row",
        div("columnheader", "corner", texts.corner),
        ...names.map((name, t) => {
          const differs = state.tokens[0][t] !== state.tokens[1][t];
          return div("columnheader", differs ? "head pg-differs" : "head", element("span", {}, name));
        }),
      ),
      ...cells.map((row, n) =>
        div(
          "row",
          "row",
          div("rowheader", "place", placeName(n)),
          ...row.map((button) => div("gridcell", "cell", button)),
        ),
      ),
    );
    grid.style.setProperty("--pg-tokens", String(names.length));
    place = roving(grid, cells, chosen, () => set({ chosen: place() }));
    keepKeys(grid);
    scroll.replaceChildren(grid);
  }

  /** @type {(chosen: [number, number], waiting: boolean) => void} */
  function showGrid([row, token], waiting) {
    const names = heads();
    cells.forEach((buttons, n) =>
      buttons.forEach((button, t) => {
        const pair = waiting ? undefined : state.rows[n][t];
        const share = pair && moved(state.ends, pair, least);
        button.textContent = share === undefined ? "…" : share === null ? "–" : number(share);
        const said = { place: placeName(n), token: names[t], moved: button.textContent };
        button.setAttribute("aria-label", fill(texts.cell, said));
        button.style.setProperty("--pg-share", `${55 * Math.min(Math.abs(share ?? 0), 1)}%`);
        button.classList.toggle("pg-away", (share ?? 0) < 0);
        button.classList.toggle("pg-still", Math.abs(share ?? 0) < 0.005);
        button.parentElement?.setAttribute("aria-selected", String(n === row && t === token));
      }),
    );
  }

  // ---------------------------------------- the chosen cell, in words and in numbers
  const columns = ["text 1", "patched", "text 2"];
  const numbers = [0, 1, 2].map(() => ({
    name: div("rowheader", "answer"),
    values: columns.map(() => div("cell", "number")),
  }));
  const table = div(
    "table",
    "table",
    div("row", "row", ...["token", ...columns].map((name) => div("columnheader", "column", texts[name]))),
    ...numbers.map(({ name, values }) => div("row", "row", name, ...values)),
  );
  table.setAttribute("aria-label", texts.table);

  /** @param {Pair | undefined} pair */
  function showTable(pair) {
    const pairs = [state.ends[0], pair, state.ends[1]];
    numbers.forEach(({ name, values }, i) => {
      const answer = i < state.pair.length;
      name.textContent = answer ? nameOf(state.pair[i]) : texts.difference;
      values.forEach((value, column) => {
        const [known, p] = [pairs[column], Math.exp(pairs[column]?.[i] ?? -Infinity)];
        value.textContent = known ? (answer ? percent(p) : number(difference(known))) : "…";
        value.style.setProperty("--pg-p", `${100 * p}%`);
      });
    });
  }

  /** @type {(chosen: [number, number], pair: Pair | undefined) => string} */
  function status([row, token], pair) {
    if (!pair) return texts.waiting;
    const share = moved(state.ends, pair, least);
    if (share === null) return texts.still;
    return fill(texts.moved, { token: heads()[token], place: placeName(row), moved: number(share) });
  }

  // ---------------------------------------- all of it
  const said = live("pg-status");
  const result = element("div", {}, table, element("p", { class: "pg-note" }, texts.note));
  root.append(
    element("div", { class: "pg-choices" }, ...[...inputs, ...answers].map(({ label }) => label)),
    scroll,
    said,
    result,
  );

  return () => {
    const waiting = [state.text, state.source, ...state.answers].some((value, i) => state.answered[i] !== value);
    const refused = !waiting && state.problem !== "";
    /** @type {[number, number]} */
    const chosen = [
      Math.min(state.chosen[0], state.rows.length - 1),
      Math.min(state.chosen[1], state.tokens[0].length - 1),
    ];
    const pair = waiting ? undefined : state.rows[chosen[0]][chosen[1]];
    const shape = JSON.stringify([state.tokens, state.rows.length]);
    if (shape !== drawn || String(chosen) !== String(place())) draw(chosen);
    drawn = shape;
    for (const { show } of [...inputs, ...answers]) show();
    showGrid(chosen, waiting);
    showTable(pair);
    say(said, refused ? state.problem : status(chosen, pair));
    scroll.hidden = result.hidden = refused;
  };
}

export default frontEnd("patching-grid", build);
