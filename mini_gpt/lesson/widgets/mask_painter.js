// Who may see whom? A mask to paint, and what it does to one head's weights and output and to the model's loss.

import {
  decimals,
  divs,
  element,
  fill,
  frontEnd,
  labelled,
  live,
  menu,
  numbered,
  percents,
  roving,
  say,
  slider,
  softmax,
  sum,
  unspoken,
} from "./page.js";

/** @typedef {number[][]} Matrix */
/** @typedef {boolean[][]} Mask  T rows of T: query t may see key s */
/** @typedef {{ of: [layer: number, head: number], scores: Matrix, values: Matrix }} Head  (T, S) causal, and (S, D) */

/**
 * See mask_painter.py.
 *
 * @typedef {object} Traits
 * @property {string[]} tokens
 * @property {number} n_layer
 * @property {number} n_head
 * @property {Head} shown
 * @property {Record<string, Record<string, string>>} presets  a mask's key by name and n
 * @property {Record<string, number[]>} known  log p of each next token, by a mask's key
 * @property {import("./page.js").Texts} texts
 * @property {boolean} live  whether there is a Python to ask
 * @property {Mask} mask  set here, as are
 * @property {number} layer
 * @property {number} head
 * @property {number[]} log_probs  the answer from outside, to the mask of the key
 * @property {string} answered
 */

// ------------------------------------------------------------ the maths: the same as mini_gpt/model.py

/**
 * A mask as one text; and back.
 *
 * @param {Mask} mask
 */
export const keyOf = (mask) => mask.flat().map(Number).join("");

/**
 * @param {string} key
 * @returns {Mask}
 */
export function maskOf(key) {
  const T = Math.sqrt(key.length);
  return Array.from({ length: T }, (_, t) => [...key.slice(t * T, (t + 1) * T)].map((cell) => cell === "1"));
}

/**
 * Softmax of each row of scores over the keys that the mask allows.
 *
 * @param {Matrix} scores
 * @param {Mask} mask
 */
export const attentionWeights = (scores, mask) =>
  scores.map((row, t) => softmax(row.map((score, s) => (mask[t][s] ? score : -Infinity))));

/**
 * weights (T, S) times values (S, D): the head's output.
 *
 * @param {Matrix} weights
 * @param {Matrix} values
 */
export const mix = (weights, values) =>
  weights.map((row) => values[0].map((_, d) => row.reduce((total, weight, s) => total + weight * values[s][d], 0)));

/**
 * How far one vector is from another, in lengths of that other, and the cosine between them.
 *
 * @param {number[]} one
 * @param {number[]} other
 */
export function compare(one, other) {
  /** @type {(a: number[], b: number[]) => number} */
  const dot = (a, b) => sum(a.map((x, i) => x * b[i]));
  /** @param {number[]} a */
  const length = (a) => Math.sqrt(dot(a, a));
  const distance = length(one.map((x, i) => x - other[i])) / length(other);
  return { distance, cosine: dot(one, other) / (length(one) * length(other)) };
}

// ------------------------------------------------------------ the page

/** @param {import("./page.js").Parts<Traits>} parts */
function build({ root, state, set }) {
  const { tokens, n_layer, n_head, presets, texts } = state;
  const T = tokens.length;
  const causal = presets.causal[0];
  const [number, percent] = [decimals(texts.locale), percents(texts.locale)];
  let refused = false;

  /** @param {Mask} mask */
  function paint(mask) {
    if (mask.every((row) => row.includes(true))) return set({ mask });
    refused = true;
    show();
    refused = false; // it is told once
  }

  // ---------------------------------------- what is chosen above the grid
  const names = Object.keys(presets);
  const preset = menu(
    names.map((name) => [name, texts[name]]),
    (name) => {
      const keys = Object.values(presets[name]);
      paint(maskOf(keys[Math.floor((keys.length - 1) / 2)])); // a length in the middle
    },
    texts.own,
  );
  const lengths = slider({ step: 1 }, (n) => paint(maskOf(presets[preset.value][n])));
  const shownN = unspoken("mp-n");
  const layer = menu(numbered(n_layer), (value) => set({ layer: Number(value) }));
  const head = menu(numbered(n_head), (value) => set({ head: Number(value) }));

  /** @param {string} key */
  function showChoices(key) {
    const found = names.flatMap((name) => Object.keys(presets[name]).map((n) => ({ name, n: Number(n) })));
    const { name, n } = found.find((each) => presets[each.name][each.n] === key) ?? { name: "", n: 0 };
    const all = n === 0 ? [0] : Object.keys(presets[name]).map(Number);
    preset.value = name;
    lengths.disabled = n === 0;
    [lengths.min, lengths.max, lengths.value] = [all[0], all[all.length - 1], n].map(String);
    shownN.textContent = n === 0 ? "" : String(n);
    layer.value = String(state.layer);
    head.value = String(state.head);
  }

  // ---------------------------------------- the grid
  const div = divs("mp");
  /** @type {(role: string, text: string) => HTMLElement} */
  const token = (role, text) => div(role, role, element("span", {}, text));
  const cells = tokens.map((_, t) =>
    tokens.map((_, s) => {
      const button = element("button", { type: "button" });
      button.addEventListener("click", () =>
        paint(state.mask.map((row, i) => row.map((allowed, j) => allowed !== (i === t && j === s)))),
      );
      return button;
    }),
  );
  const ends = tokens.map(() => ({
    bar: element("i", { class: "mp-bar", "aria-hidden": "true" }),
    moved: element("span"),
    now: element("span"),
    before: element("span"),
  }));
  const rows = tokens.map((query, t) => {
    const { bar, moved, now, before } = ends[t];
    return div(
      "row",
      "row",
      token("rowheader", query),
      ...cells[t].map((button) => div("gridcell", "cell", button)),
      div("gridcell", "moved", element("span", { class: "mp-track" }, bar), moved),
      div("gridcell", "number", now),
      div("gridcell", "number", before),
    );
  });
  const grid = element(
    "div",
    { role: "grid", "aria-label": texts.grid, class: "mp-grid" },
    div(
      "row",
      "row",
      div("columnheader", "head", texts.corner),
      ...tokens.map((key) => token("columnheader", key)),
      ...["moved", "now", "before"].map((name) => div("columnheader", "head", texts[name])),
    ),
    ...rows,
  );
  grid.style.setProperty("--mp-keys", String(T));
  grid.classList.toggle("mp-many", T > 16);
  const place = roving(grid, cells, [T - 1, T - 1], show);

  /**
   * What the mask does to the chosen head: weights, and for each query how far its output is from the causal one. Null
   * until the head's numbers are there.
   *
   * @param {Mask} mask
   */
  function headNow(mask) {
    const { of, scores, values } = state.shown;
    if (of[0] !== state.layer || of[1] !== state.head) return null;
    const weights = attentionWeights(scores, mask);
    const [now, before] = [weights, attentionWeights(scores, maskOf(causal))].map((each) => mix(each, values));
    return { weights, changes: now.map((output, t) => compare(output, before[t])) };
  }

  /**
   * @param {Mask} mask
   * @param {ReturnType<typeof headNow>} head
   * @param {number[] | null} logProbs
   */
  function showGrid(mask, head, logProbs) {
    cells.forEach((row, t) =>
      row.forEach((button, s) => {
        const w = head ? number(head.weights[t][s]) : "…";
        const what = mask[t][s] ? fill(texts.weight, { w }) : texts.blocked;
        button.textContent = mask[t][s] ? w : "–";
        button.setAttribute("aria-pressed", String(mask[t][s]));
        button.setAttribute("aria-label", fill(texts.cell, { query: tokens[t], key: tokens[s], what }));
        button.style.setProperty("--mp-weight", `${55 * (head?.weights[t][s] ?? 0)}%`);
      }),
    );
    ends.forEach(({ bar, moved, now, before }, t) => {
      const distance = head?.changes[t].distance;
      bar.style.width = `${100 * Math.min(distance ?? 0, 1)}%`;
      moved.textContent = distance === undefined ? "…" : percent(distance);
      const last = t === T - 1; // nothing follows it
      now.textContent = last ? "" : logProbs ? number(Math.exp(logProbs[t])) : "–";
      before.textContent = last ? "" : number(Math.exp(state.known[causal][t]));
    });
    for (const row of rows) row.classList.toggle("mp-chosen", row === rows[place()[0]]);
  }

  // ---------------------------------------- what is told
  /**
   * @param {Mask} mask
   * @param {ReturnType<typeof headNow>} head
   */
  function status(mask, head) {
    const [t] = place();
    const query = tokens[t];
    if (refused) return fill(texts.refused, { query });
    const sees = fill(texts.sees, { query, n: mask[t].filter(Boolean).length, T });
    if (!head) return sees;
    const { distance, cosine } = head.changes[t];
    const differs = fill(texts.differs, { moved: percent(distance), cosine: number(cosine) });
    return `${sees} ${distance < 5e-4 ? texts.same : differs}`;
  }

  /** @param {number[] | null} logProbs */
  function lossNow(logProbs) {
    if (!logProbs) return state.live ? texts.waiting : texts.offline;
    const [loss, before] = [logProbs, state.known[causal]].map((all) => number(-sum(all) / all.length));
    return fill(texts.loss, { loss, causal: before });
  }

  const [said, loss] = [live("mp-status"), live("mp-loss")];
  root.append(
    element(
      "div",
      { class: "mp-choices" },
      labelled(texts.mask, preset),
      labelled(texts.n, lengths, shownN),
      labelled(texts.layer, layer),
      labelled(texts.head, head),
    ),
    element("div", { class: "mp-scroll" }, grid),
    said,
    loss,
    element("p", { class: "mp-note" }, texts.note),
  );

  function show() {
    const key = keyOf(state.mask);
    const logProbs = state.known[key] ?? (state.answered === key ? state.log_probs : null);
    const head = headNow(state.mask);
    showChoices(key);
    showGrid(state.mask, head, logProbs);
    say(said, status(state.mask, head));
    say(loss, lossNow(logProbs));
  }
  return show;
}

export default frontEnd("mask-painter", build);
