// Where does a token look, and does it matter? A head's weights, and beside each what blocking that edge costs.

import { decimals, divs, element, fill, frontEnd, labelled, live, menu, numbered, say } from "./page.js";

/** @typedef {(number | null)[]} Row  a number for each key that the query sees; null where nothing can be blocked */

/**
 * What is known of a head, of = [layer, head]: a row for each query, [] where nobody has asked yet; costs in bits.
 *
 * @typedef {{ of: [number, number | "all"], weights: number[][], costs: Row[], end_costs: Row[] }} Shown
 */
/** @typedef {{ weight: number[], cost: Row, end_cost: Row }} Rows  of one query */

/**
 * See attention_explorer.py.
 *
 * @typedef {object} Traits
 * @property {string[]} tokens
 * @property {string} hidden  what the model reads in place of the query, or ""
 * @property {string[]} targets  of each query
 * @property {number[]} bits  the surprise at each target
 * @property {number} n_layer
 * @property {number} n_head
 * @property {Shown} shown
 * @property {[low: number, high: number][]} scales  of each query's costs, in all heads that are known
 * @property {import("./page.js").Texts} texts
 * @property {number} query  set here, as are
 * @property {number} key
 * @property {number} layer
 * @property {number | "all"} head
 */

const ALL = "all"; // in place of a head

/**
 * p after a cost in bits, and before it, from the surprise in bits.
 *
 * @param {number} bits
 * @param {number} cost
 */
export const probabilities = (bits, cost) => ({ before: 2 ** -bits, after: 2 ** -(bits + cost) });

/**
 * Where a bar from 0 to x begins and how long it is, in percent of an axis from low to high that holds 0.
 *
 * @param {number} x
 * @param {number} low
 * @param {number} high
 */
export function bar(x, low, high) {
  /** @param {number} length */
  const percent = (length) => (100 * length) / (high - low);
  return { left: percent(Math.min(x, 0) - low), width: percent(Math.abs(x)) };
}

/** @param {import("./page.js").Parts<Traits>} parts */
function build({ root, state, set }) {
  const { tokens, hidden, targets, n_layer, n_head, texts } = state;
  const T = targets.length;
  const last = hidden ? null : T - 1; // the query whose target is the text's last token
  const number = decimals(texts.locale);
  /** @type {number | null} */
  let pointed = null; // the query that the mouse is on

  /** @param {number} query */
  const seen = (query) => state.shown.weights[query].length; // how many keys, the same in all heads
  /** @param {number} query */
  const ask = (query) => set({ query, key: Math.min(state.key, seen(query) - 1) });

  const layer = menu(numbered(n_layer), (value) => set({ layer: Number(value) }));
  const head = menu([...numbered(n_head), [ALL, texts.all]], (value) =>
    set({ head: value === ALL ? ALL : Number(value) }),
  );

  // ---------------------------------------- the text: a query to choose
  /** @type {(name: string, choose: () => void) => HTMLInputElement} */
  const radio = (name, choose) => {
    const input = element("input", { type: "radio", name });
    input.addEventListener("change", choose);
    return input;
  };
  const words = tokens.map((token, t) => {
    if (t >= T) return { box: element("span", { class: "ae-token" }, element("span", {}, token)) }; // nothing follows it
    const input = radio("query", () => ask(t));
    const box = element("label", { class: "ae-token" }, input, element("span", {}, token));
    /** @param {number | null} query */
    const point = (query) => () => {
      pointed = query;
      show();
    };
    box.addEventListener("mouseenter", point(t));
    box.addEventListener("mouseleave", point(null));
    return { box, input };
  });

  // ---------------------------------------- the table: a row for each key
  const cell = divs("ae");
  /** @param {string} kind */
  const measure = (kind) => {
    const filled = element("i", { "aria-hidden": "true" });
    const [track, text] = [element("span", { class: "ae-track" }, filled), element("span", { class: "ae-number" })];
    const whole = cell("cell", kind, track, text);
    /** @type {(x: number | null | undefined, low: number, high: number) => void} */ // undefined: not known yet
    const put = (x, low, high) => {
      const { left, width } = bar(x ?? 0, low, high);
      filled.style.left = `${left}%`;
      filled.style.width = `${width}%`;
      track.style.setProperty("--ae-zero", `${bar(0, low, high).left}%`);
      text.textContent = x === undefined ? "…" : x === null ? "–" : number(x);
    };
    return { whole, put };
  };
  const keys = targets.map((_, s) => {
    const input = radio("key", () => set({ key: s }));
    const name = element("span");
    const measures = { weight: measure("weight"), cost: measure("cost"), end_cost: measure("end_cost") };
    const cells = Object.values(measures).map(({ whole }) => whole);
    const line = cell("row", "row", cell("rowheader", "key", element("label", {}, input, name)), ...cells);
    line.addEventListener("click", () => input.disabled || set({ key: s }));
    return { input, name, measures, line };
  });
  const [costHead, endHead] = ["cost", "end_cost"].map((kind) => cell("columnheader", kind));
  const heads = [
    cell("columnheader", "key", texts.key),
    cell("columnheader", "weight", texts.weight),
    costHead,
    endHead,
  ];
  const table = cell("table", "table", cell("row", "row", ...heads), ...keys.map(({ line }) => line));
  table.setAttribute("aria-label", texts.keys);

  // ---------------------------------------- what is shown
  /** @type {(s: number, query: number) => string} */
  const name = (s, query) => (hidden && s === query ? hidden : tokens[s]);

  /** @type {(query: number, key: number, weights: Row) => void} */
  function showText(query, key, weights) {
    words.forEach(({ box, input }, t) => {
      box.style.setProperty("--ae-weight", `${55 * (weights[t] ?? 0)}%`);
      box.classList.toggle("ae-query", t === query);
      box.classList.toggle("ae-target", !hidden && t === query + 1);
      box.classList.toggle("ae-chosen", t === key);
      if (input) input.checked = t === state.query;
    });
  }

  /** @type {(query: number, key: number, rows: Rows) => void} */
  function showTable(query, key, rows) {
    const [low, high] = state.scales[query];
    keys.forEach(({ input, name: written, measures, line }, s) => {
      const unseen = s >= seen(query);
      written.textContent = name(s, query);
      input.disabled = unseen;
      input.checked = s === key;
      line.classList.toggle("ae-chosen", s === key);
      line.classList.toggle("ae-unseen", unseen);
      measures.weight.put(unseen ? null : rows.weight[s], 0, 1);
      measures.cost.put(unseen ? null : rows.cost[s], low, high);
      measures.end_cost.put(unseen || last === null ? null : rows.end_cost[s], low, high);
    });
    costHead.textContent = fill(texts.cost, { target: targets[query] });
    endHead.textContent = fill(texts.end_cost, { target: targets[T - 1] });
    table.classList.toggle("ae-one-cost", last === null || query === last);
  }

  /** @type {(query: number, key: number, rows: Rows) => string} */
  function status(query, key, rows) {
    /** @type {(text: string, cost: number, at: number) => string} */
    const told = (text, cost, at) => {
      const { before, after } = probabilities(state.bits[at], cost);
      const numbers = { before: number(before), after: number(after), bits: number(cost) };
      return fill(text, { target: targets[at], ...numbers });
    };
    const [weight, cost, end] = [rows.weight[key], rows.cost[key], rows.end_cost[key] ?? 0];
    if (weight === undefined) return texts.waiting;
    const edge = fill(texts.edge, { query: name(query, query), key: name(key, query), w: number(weight) });
    if (cost === undefined) return query === state.query ? `${edge} ${texts.waiting}` : edge;
    if (cost === null) return `${edge} ${texts.only}`;
    const blocked = `${edge} ${told(texts.blocked, cost, query)}`;
    return last === null || query === last ? blocked : `${blocked} ${told(texts.at_end, end, last)}`;
  }

  // ---------------------------------------- all of it
  const said = live("ae-status");
  /** @type {(name: string, kind: string, ...children: Node[]) => HTMLElement} */
  const group = (name, kind, ...children) =>
    element("div", { role: "radiogroup", "aria-label": texts[name], class: `ae-${kind}` }, ...children);
  const form = element(
    "form", // radios of one name are one group within it
    {},
    element("div", { class: "ae-choices" }, labelled(texts.layer, layer), labelled(texts.head, head)),
    group("queries", "text", ...words.map(({ box }) => box)),
    said,
    group("keys", "scroll", table),
    element("p", { class: "ae-note" }, `${texts[hidden ? "masked" : "next"]} ${texts.note}`),
  );
  form.addEventListener("submit", (event) => event.preventDefault()); // Enter sends a form; this one goes nowhere
  root.append(form);

  function show() {
    const query = pointed ?? state.query;
    const key = Math.min(state.key, seen(query) - 1);
    const { of, weights, costs, end_costs } = state.shown;
    const known = of[0] === state.layer && of[1] === state.head;
    const rows = known
      ? { weight: weights[query], cost: costs[query], end_cost: end_costs[query] }
      : { weight: [], cost: [], end_cost: [] };
    layer.value = String(state.layer);
    head.value = String(state.head);
    showText(query, key, rows.weight);
    showTable(query, key, rows);
    say(said, status(query, key, rows));
  }
  return show;
}

export default frontEnd("attention-explorer", build);
