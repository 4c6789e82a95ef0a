// Who may see whom? A mask to paint, and what it does to one head's weights and output and to the model's loss.
//
// One module for JupyterLab (anywidget) and for a page without Python. Its state, `model`, holds
//   tokens, scores, values, presets, known, texts   what never changes: see mask_painter.py
//   live                                            whether there is a Python to ask
//   mask, layer, head                               what is set here, and may be set from outside
//   log_probs, answered                             the answer to the mask of that key, from outside

import { element, fill, keepKeys, say } from "./page.js";

// ------------------------------------------------------------ the maths: the same as mini_gpt/model.py

/** A mask, T rows of T booleans, as one text; and back. */
export const keyOf = (mask) => mask.flat().map(Number).join("");
export const maskOf = (key) => {
  const T = Math.sqrt(key.length);
  return Array.from({ length: T }, (_, t) => [...key.slice(t * T, (t + 1) * T)].map((cell) => cell === "1"));
};

/** Softmax of each row of scores over the keys that the mask allows. */
export function attentionWeights(scores, mask) {
  return scores.map((row, t) => {
    const largest = Math.max(...row.filter((_, s) => mask[t][s]));
    const weights = row.map((score, s) => (mask[t][s] ? Math.exp(score - largest) : 0));
    const sum = weights.reduce((a, b) => a + b);
    return weights.map((weight) => weight / sum);
  });
}

/** weights (T, S) times values (S, D): the head's output. */
export const mix = (weights, values) =>
  weights.map((row) => values[0].map((_, d) => row.reduce((sum, weight, s) => sum + weight * values[s][d], 0)));

/** How far one vector is from another, in lengths of that other, and the cosine between them. */
export function compare(one, other) {
  const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const length = (a) => Math.sqrt(dot(a, a));
  const distance = length(one.map((x, i) => x - other[i])) / length(other);
  return { distance, cosine: dot(one, other) / (length(one) * length(other)) };
}

// ------------------------------------------------------------ the page

const mean = (values) => values.reduce((a, b) => a + b) / values.length;

function render({ model, el }) {
  const { tokens, scores, values, presets, known, texts } = Object.fromEntries(
    ["tokens", "scores", "values", "presets", "known", "texts"].map((name) => [name, model.get(name)]),
  );
  const T = tokens.length;
  const causal = presets.causal[0];
  const format = (options) => new Intl.NumberFormat(texts.locale, options).format;
  const number = format({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const percent = format({ style: "percent", maximumFractionDigits: 0 });
  let at = [T - 1, T - 1]; // the query and the key of the cell that the keyboard is on
  let refused = false;

  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const paint = (mask) => {
    if (mask.every((row) => row.includes(true))) return set("mask", mask);
    refused = true;
    show();
    refused = false; // it is told once
  };

  // ---------------------------------------- what is chosen above the grid
  const label = (name, control) => element("label", {}, element("span", {}, texts[name]), control);
  const preset = element("select");
  preset.append(element("option", { hidden: "", value: "" }, texts.own));
  preset.append(...Object.keys(presets).map((name) => element("option", { value: name }, texts[name])));
  preset.addEventListener("change", () => {
    const keys = Object.values(presets[preset.value]);
    paint(maskOf(keys[Math.floor((keys.length - 1) / 2)])); // a length in the middle
  });
  const slider = element("input", { type: "range", step: 1 });
  slider.addEventListener("input", () => paint(maskOf(presets[preset.value][slider.value])));
  const places = { layer: scores.length, head: scores[0].length };
  const selects = Object.entries(places).map(([name, n]) => {
    const select = element("select");
    select.append(...Array.from({ length: n }, (_, i) => element("option", { value: i }, String(i))));
    select.addEventListener("change", () => set(name, Number(select.value)));
    return { name, select };
  });

  /** The preset that a mask is, and its n; ["", 0] for a mask of one's own. */
  function named(key) {
    for (const [name, keys] of Object.entries(presets)) {
      const n = Object.keys(keys).find((n) => keys[n] === key);
      if (n !== undefined) return [name, Number(n)];
    }
    return ["", 0];
  }

  function showChoices() {
    const [name, n] = named(keyOf(model.get("mask")));
    const lengths = Object.keys(presets[name] ?? {}).map(Number);
    preset.value = name;
    slider.disabled = n === 0;
    [slider.min, slider.max] = n === 0 ? [0, 0] : [lengths[0], lengths.at(-1)];
    slider.value = n;
    shownN.textContent = n === 0 ? "" : n;
    for (const { name, select } of selects) select.value = model.get(name);
  }

  // ---------------------------------------- the grid: one cell is in the tab order, arrows move from it
  const div = (role, kind, ...children) => element("div", { role, class: `mp-${kind}` }, ...children);
  const token = (role, text) => div(role, role, element("span", {}, text));
  const cells = tokens.map((_, t) =>
    tokens.map((_, s) => {
      const button = element("button", { type: "button" });
      button.addEventListener("click", () => {
        at = [t, s];
        paint(model.get("mask").map((row, i) => row.map((allowed, j) => allowed !== (i === t && j === s))));
      });
      button.addEventListener("focus", () => {
        if (at[0] === t && at[1] === s) return;
        at = [t, s];
        show();
      });
      return button;
    }),
  );
  const steps = {
    ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -T], End: [0, T],
  };
  const ends = tokens.map(() => {
    const [moved, now, before] = ["moved", "now", "before"].map(() => element("span"));
    return { bar: element("i", { class: "mp-bar", "aria-hidden": "true" }), moved, now, before };
  });
  const rows = tokens.map((query, t) => {
    const { bar, moved, now, before } = ends[t];
    return div("row", "row", token("rowheader", query),
      ...cells[t].map((button) => div("gridcell", "cell", button)),
      div("gridcell", "moved", element("span", { class: "mp-track" }, bar), moved),
      div("gridcell", "number", now), div("gridcell", "number", before));
  });
  const grid = element("div", { role: "grid", "aria-label": texts.grid, class: "mp-grid" },
    div("row", "row", div("columnheader", "head", texts.corner), ...tokens.map((key) => token("columnheader", key)),
      ...["moved", "now", "before"].map((name) => div("columnheader", "head", texts[name]))),
    ...rows);
  grid.style.setProperty("--mp-keys", T);
  grid.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [t, s] = at.map((place, i) => Math.min(Math.max(place + step[i], 0), T - 1));
    cells[t][s].focus();
  });

  /** What the mask does to the chosen head: weights, and for each query how far its output is from the causal one. */
  function headNow(mask) {
    const [layer, head] = [model.get("layer"), model.get("head")];
    const own = scores[layer][head];
    const weights = attentionWeights(own, mask);
    const outputs = [weights, attentionWeights(own, maskOf(causal))].map((w) => mix(w, values[layer][head]));
    return { weights, changes: tokens.map((_, t) => compare(outputs[0][t], outputs[1][t])) };
  }

  function showGrid(mask, { weights, changes }, logProbs) {
    cells.forEach((row, t) => row.forEach((button, s) => {
      const w = number(weights[t][s]);
      const what = mask[t][s] ? fill(texts.weight, { w }) : texts.blocked;
      button.textContent = mask[t][s] ? w : "–";
      button.tabIndex = t === at[0] && s === at[1] ? 0 : -1;
      button.setAttribute("aria-pressed", mask[t][s]);
      button.setAttribute("aria-label", fill(texts.cell, { query: tokens[t], key: tokens[s], what }));
      button.style.setProperty("--mp-weight", `${55 * weights[t][s]}%`);
    }));
    ends.forEach(({ bar, moved, now, before }, t) => {
      bar.style.width = `${100 * Math.min(changes[t].distance, 1)}%`;
      moved.textContent = percent(changes[t].distance);
      const last = t === T - 1; // nothing follows it
      now.textContent = last ? "" : logProbs ? number(Math.exp(logProbs[t])) : "–";
      before.textContent = last ? "" : number(Math.exp(known[causal][t]));
    });
    rows.forEach((row, t) => row.classList.toggle("mp-chosen", t === at[0]));
  }

  // ---------------------------------------- all of it
  function status(mask, { distance, cosine }) {
    const query = tokens[at[0]];
    if (refused) return fill(texts.refused, { query });
    const sees = fill(texts.sees, { query, n: mask[at[0]].filter(Boolean).length, T });
    const change = { moved: percent(distance), cosine: number(cosine) };
    return `${sees} ${distance < 5e-4 ? texts.same : fill(texts.differs, change)}`;
  }

  function lossNow(logProbs) {
    if (!logProbs) return model.get("live") ? texts.waiting : texts.offline;
    return fill(texts.loss, { loss: number(-mean(logProbs)), causal: number(-mean(known[causal])) });
  }

  const said = element("div", { class: "mp-status", "aria-live": "polite" });
  const loss = element("div", { class: "mp-loss", "aria-live": "polite" });
  const shownN = element("span", { class: "mp-n", "aria-hidden": "true" }); // the slider itself tells it
  const n = label("n", slider);
  n.append(shownN);
  const root = element("div", { class: "lesson-widget mask-painter", role: "group", "aria-label": texts.title, lang: texts.locale },
    element("div", { class: "mp-choices" }, label("mask", preset), n,
      ...selects.map(({ name, select }) => label(name, select))),
    element("div", { class: "mp-scroll" }, grid), said, loss, element("p", { class: "mp-note" }, texts.note));
  keepKeys(root);

  function show() {
    const mask = model.get("mask"), key = keyOf(mask);
    const logProbs = known[key] ?? (model.get("answered") === key ? model.get("log_probs") : null);
    const now = headNow(mask);
    showChoices();
    showGrid(mask, now, logProbs);
    say(said, status(mask, now.changes[at[0]]));
    say(loss, lossNow(logProbs));
  }

  el.append(root);
  model.on("change", show);
  show();
  return () => model.off("change", show);
}

export default { render };
