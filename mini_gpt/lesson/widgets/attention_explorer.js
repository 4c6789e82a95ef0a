// Where does a token look, and does it matter? A head's weights, and beside each what blocking that edge costs.

import { decimals, divs, element, fill, frontEnd, labelled, live, menu, numbered, say } from "./page.js";

/** @typedef {(number | null)[]} Row  a number for each key that the query sees; null where nothing can be blocked */
/** @typedef {Row[][][]} PerEdge  (L, H + 1, T, up to T); the last head stands for all of the layer's */
/** @typedef {Record<"weight" | "cost" | "end_cost", Row>} Rows  of one query */

/**
 * See attention_explorer.py.
 *
 * @typedef {object} Traits
 * @property {string[]} tokens
 * @property {string} hidden  what the model reads in place of the query, or ""
 * @property {string[]} targets  of each query
 * @property {number[]} bits  the surprise at each target
 * @property {PerEdge} weights
 * @property {PerEdge} costs  in bits
 * @property {PerEdge | []} end_costs
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
  const { tokens, hidden, targets, bits, weights, costs, end_costs, texts } = state;
  const [L, H, T] = [weights.length, weights[0].length - 1, targets.length];
  const last = end_costs.length ? T - 1 : null; // the query whose target is the text's last token
  const number = decimals(texts.locale);
  /** @type {number | null} */
  let pointed = null; // the query that the mouse is on

  /** @param {number} query */
  const ask = (query) => set({ query, key: Math.min(state.key, weights[0][0][query].length - 1) });

  const layer = menu(numbered(L), (value) => set({ layer: Number(value) }));
  const head = menu([...numbered(H), [ALL, texts.all]], (value) => set({ head: value === ALL ? ALL : Number(value) }));

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
    /** @type {(x: number | null | undefined, low: number, high: number) => void} */
    const put = (x, low, high) => {
      const { left, width } = bar(x ?? 0, low, high);
      filled.style.left = `${left}%`;
      filled.style.width = `${width}%`;
      track.style.setProperty("--ae-zero", `${bar(0, low, high).left}%`);
      text.textContent = x === null || x === undefined ? "–" : number(x);
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

  /**
   * The least and the greatest cost of a query's edges in any head, so that heads compare; with 0 and with 1.
   *
   * @param {number} query
   */
  function range(query) {
    const all = [costs, end_costs].flat(2).flatMap((ofHead) => ofHead[query] ?? []);
    const known = all.filter((cost) => cost !== null);
    return [Math.min(0, ...known), Math.max(1, ...known)];
  }

  /** @type {(query: number, key: number, rows: Rows) => void} */
  function showTable(query, key, rows) {
    const [low, high] = range(query);
    keys.forEach(({ input, name: written, measures, line }, s) => {
      const seen = s < rows.weight.length;
      written.textContent = name(s, query);
      input.disabled = !seen;
      input.checked = s === key;
      line.classList.toggle("ae-chosen", s === key);
      line.classList.toggle("ae-unseen", !seen);
      measures.weight.put(rows.weight[s], 0, 1);
      measures.cost.put(rows.cost[s], low, high);
      measures.end_cost.put(rows.end_cost[s], low, high);
    });
    costHead.textContent = fill(texts.cost, { target: targets[query] });
    endHead.textContent = fill(texts.end_cost, { target: targets[T - 1] });
    table.classList.toggle("ae-one-cost", last === null || query === last);
  }

  /** @type {(query: number, key: number, rows: Rows) => string} */
  function status(query, key, rows) {
    /** @type {(text: string, cost: number, at: number) => string} */
    const told = (text, cost, at) => {
      const { before, after } = probabilities(bits[at], cost);
      const numbers = { before: number(before), after: number(after), bits: number(cost) };
      return fill(text, { target: targets[at], ...numbers });
    };
    const [weight, cost, end] = [rows.weight[key] ?? 0, rows.cost[key], rows.end_cost[key] ?? 0];
    const edge = fill(texts.edge, { query: name(query, query), key: name(key, query), w: number(weight) });
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
    const place = state.head === ALL ? H : state.head;
    /** @param {PerEdge | []} all */
    const at = (all) => all[state.layer]?.[place][query] ?? [];
    const rows = { weight: at(weights), cost: at(costs), end_cost: at(end_costs) };
    const key = Math.min(state.key, rows.weight.length - 1);
    layer.value = String(state.layer);
    head.value = String(state.head);
    showText(query, key, rows.weight);
    showTable(query, key, rows);
    say(said, status(query, key, rows));
  }
  return show;
}

export default frontEnd("attention-explorer", build);
