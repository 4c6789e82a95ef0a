// Where does a token look, and does it matter? A head's weights, and beside each what blocking that edge costs.
//
// One module for JupyterLab (anywidget) and for a page without Python. Its state, `model`, holds
//   tokens, hidden, targets, bits, weights, costs, end_costs, texts   what never changes: see attention_explorer.py
//   query, key, layer, head                                           what is set here, and may be set from outside

import { element, fill, keepKeys, say } from "./page.js";

const ALL = "all"; // in place of a head

/** p after a cost in bits, and before it, from the surprise in bits. */
export const probabilities = (bits, cost) => ({ before: 2 ** -bits, after: 2 ** -(bits + cost) });

/** Where a bar from 0 to x begins and how long it is, in percent of an axis from low to high that holds 0. */
export function bar(x, low, high) {
  const percent = (length) => (100 * length) / (high - low);
  return { left: percent(Math.min(x, 0) - low), width: percent(Math.abs(x)) };
}

function render({ model, el }) {
  const { tokens, hidden, targets, bits, weights, costs, end_costs, texts } = Object.fromEntries(
    ["tokens", "hidden", "targets", "bits", "weights", "costs", "end_costs", "texts"].map((name) => [name, model.get(name)]),
  );
  const [L, H, T] = [weights.length, weights[0].length - 1, targets.length];
  const last = end_costs.length ? T - 1 : null; // the query whose target is the text's last token
  const number = new Intl.NumberFormat(texts.locale, {
    minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "negative",
  }).format;
  let pointed = null; // the query that the mouse is on

  const set = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const ask = (query) => set({ query, key: Math.min(model.get("key"), weights[0][0][query].length - 1) });
  const place = () => (model.get("head") === ALL ? H : model.get("head"));

  // ---------------------------------------- layer and head
  const numbers = (n) => Array.from({ length: n }, (_, i) => element("option", { value: i }, String(i)));
  const select = (name, options, value) => {
    const control = element("select");
    control.append(...options);
    control.addEventListener("change", () => set({ [name]: value(control.value) }));
    return control;
  };
  const layer = select("layer", numbers(L), Number);
  const head = select("head", [...numbers(H), element("option", { value: ALL }, texts.all)],
    (value) => (value === ALL ? ALL : Number(value)));
  const label = (name, control) => element("label", {}, element("span", {}, texts[name]), control);

  // ---------------------------------------- the text: a query to choose
  const radio = (name, choose) => {
    const input = element("input", { type: "radio", name });
    input.addEventListener("change", choose);
    return input;
  };
  const words = tokens.map((token, t) => {
    if (t >= T) return { box: element("span", { class: "ae-token" }, element("span", {}, token)) }; // nothing follows it
    const input = radio("query", () => ask(t));
    const box = element("label", { class: "ae-token" }, input, element("span", {}, token));
    for (const [event, query] of [["mouseenter", t], ["mouseleave", null]]) {
      box.addEventListener(event, () => {
        pointed = query;
        show();
      });
    }
    return { box, input };
  });

  // ---------------------------------------- the table: a row for each key
  const cell = (role, kind, ...children) => element("div", { role, class: `ae-${kind}` }, ...children);
  const row = (...cells) => element("div", { role: "row", class: "ae-row" }, ...cells);
  const measure = (kind) => {
    const [filled, text] = [element("i", { "aria-hidden": "true" }), element("span", { class: "ae-number" })];
    return { filled, text, whole: cell("cell", kind, element("span", { class: "ae-track" }, filled), text) };
  };
  const keys = targets.map((_, s) => {
    const input = radio("key", () => set({ key: s }));
    const name = element("span");
    const measures = Object.fromEntries(["weight", "cost", "end_cost"].map((kind) => [kind, measure(kind)]));
    const line = row(cell("rowheader", "key", element("label", {}, input, name)),
      ...Object.values(measures).map(({ whole }) => whole));
    line.addEventListener("click", () => input.disabled || set({ key: s }));
    return { input, name, measures, line };
  });
  const [costHead, endHead] = ["cost", "end_cost"].map((kind) => cell("columnheader", kind));
  const table = element("div", { role: "table", "aria-label": texts.keys, class: "ae-table" },
    row(cell("columnheader", "key", texts.key), cell("columnheader", "weight", texts.weight), costHead, endHead),
    ...keys.map(({ line }) => line));

  // ---------------------------------------- what is shown
  const name = (s, query) => (hidden && s === query ? hidden : tokens[s]);
  const shown = (x) => (x === null || x === undefined ? "–" : number(x));

  function showText(query, key, row) {
    words.forEach(({ box, input }, t) => {
      box.style.setProperty("--ae-weight", `${55 * (row[t] ?? 0)}%`);
      box.classList.toggle("ae-query", t === query);
      box.classList.toggle("ae-target", !hidden && t === query + 1);
      box.classList.toggle("ae-chosen", t === key);
      if (input) input.checked = t === model.get("query");
    });
  }

  /** The least and the greatest cost of a query's edges in any head, so that heads compare; with 0 and with 1. */
  function range(query) {
    const all = [costs, end_costs].flat(2).flatMap((ofHead) => ofHead[query] ?? []);
    return [Math.min(0, ...all), Math.max(1, ...all)];
  }

  function showTable(query, key, rows) {
    const [low, high] = range(query);
    const put = ({ filled, text }, x, from, to) => {
      const { left, width } = bar(x ?? 0, from, to);
      filled.style.left = `${left}%`;
      filled.style.width = `${width}%`;
      filled.parentElement.style.setProperty("--ae-zero", `${bar(0, from, to).left}%`);
      text.textContent = shown(x);
    };
    keys.forEach(({ input, name: written, measures, line }, s) => {
      const seen = s < rows.weight.length;
      written.textContent = name(s, query);
      input.disabled = !seen;
      input.checked = s === key;
      line.classList.toggle("ae-chosen", s === key);
      line.classList.toggle("ae-unseen", !seen);
      put(measures.weight, rows.weight[s], 0, 1);
      put(measures.cost, rows.cost[s], low, high);
      put(measures.end_cost, rows.end_cost[s], low, high);
    });
    costHead.textContent = fill(texts.cost, { target: targets[query] });
    endHead.textContent = fill(texts.end_cost, { target: targets[T - 1] });
    table.classList.toggle("ae-one-cost", last === null || query === last);
  }

  function status(query, key, rows) {
    const told = (text, cost, at) => {
      const { before, after } = probabilities(bits[at], cost);
      return fill(text, { target: targets[at], before: number(before), after: number(after), bits: number(cost) });
    };
    const cost = rows.cost[key];
    return [
      fill(texts.edge, { query: name(query, query), key: name(key, query), w: number(rows.weight[key]) }),
      cost === null ? texts.only : told(texts.blocked, cost, query),
      last === null || query === last || cost === null ? "" : told(texts.at_end, rows.end_cost[key], last),
    ].join(" ").trim();
  }

  // ---------------------------------------- all of it
  const said = element("div", { class: "ae-status", "aria-live": "polite" });
  const group = (name, kind, ...children) =>
    element("div", { role: "radiogroup", "aria-label": texts[name], class: `ae-${kind}` }, ...children);
  const form = element("form", {}, // radios of one name are one group within it
    element("div", { class: "ae-choices" }, label("layer", layer), label("head", head)),
    group("queries", "text", ...words.map(({ box }) => box)), said, group("keys", "scroll", table),
    element("p", { class: "ae-note" }, `${texts[hidden ? "masked" : "next"]} ${texts.note}`));
  form.addEventListener("submit", (event) => event.preventDefault()); // Enter sends a form; this one goes nowhere
  const root = element("div",
    { class: "lesson-widget attention-explorer", role: "group", "aria-label": texts.title, lang: texts.locale }, form);
  keepKeys(root);

  function show() {
    const query = pointed ?? model.get("query");
    const at = (all) => all[model.get("layer")]?.[place()][query] ?? [];
    const rows = { weight: at(weights), cost: at(costs), end_cost: at(end_costs) };
    const key = Math.min(model.get("key"), rows.weight.length - 1);
    layer.value = model.get("layer");
    head.value = model.get("head");
    showText(query, key, rows.weight);
    showTable(query, key, rows);
    say(said, status(query, key, rows));
  }

  el.append(root);
  model.on("change", show);
  show();
  return () => model.off("change", show);
}

export default { render };
