// What comes next? The model's answer beside the exact truth, and the knobs of sampling, which are turned here.

import {
  decimals,
  divs,
  element,
  fill,
  formatter,
  frontEnd,
  labelled,
  live,
  menu,
  percents,
  say,
  slider,
  softmax,
  unspoken,
} from "./page.js";

/** @typedef {{ min: number, max: number, step: number, off?: number }} Range  off leaves the knob out: null */
/** @typedef {{ temperature: number, top_k: number | null, top_p: number | null }} Knobs */

/**
 * See next_token.py.
 *
 * @typedef {object} Own
 * @property {string[]} tokens
 * @property {string[]} examples
 * @property {import("./page.js").Texts} texts
 * @property {Record<keyof Knobs, Range>} ranges
 * @property {string} prefix  set here, as are the knobs
 * @property {number} seed  and this
 * @property {number[]} log_probs  the answer from outside, to the prefix `answered`
 * @property {number[]} truth
 * @property {number[]} shown
 * @property {string[]} notes
 * @property {string} problem
 * @property {string} answered
 */
/** @typedef {Own & Knobs} Traits */

export const END_OF_TEXT = "<|endoftext|>";

// ------------------------------------------------------------ the maths: the same as mini_gpt/sampling.py

/**
 * The ids from the largest value to the smallest; of equal ones, the first id first.
 *
 * @param {number[]} values
 */
export const ranked = (values) => values.map((_, i) => i).sort((a, b) => values[b] - values[a]);

/** @type {(values: number[], ids: number[]) => number[]} */
function only(values, ids) {
  const kept = values.map(() => -Infinity);
  for (const i of ids) kept[i] = values[i];
  return kept;
}

/**
 * The distribution to sample from: first temperature, then top-k, then top-p; null leaves a knob out.
 *
 * @param {number[]} logits
 * @param {number} temperature
 * @param {number | null} topK
 * @param {number | null} topP
 */
export function nextTokenProbs(logits, temperature = 1, topK = null, topP = null) {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const cold = temperature === 0;
  let kept = cold ? only(logits, ranked(logits).slice(0, 1)) : logits.map((x) => (x - largest) / temperature);
  if (topK !== null) kept = only(kept, ranked(kept).slice(0, topK));
  if (topP !== null && topP < 1) {
    const probs = softmax(kept);
    let before = 0;
    const inside = ranked(probs).filter((i) => {
      before += probs[i];
      return before - probs[i] < topP;
    });
    kept = only(kept, inside);
  }
  return softmax(kept);
}

/**
 * The mean of -log2 q over what p draws: p's entropy if q is p, more bits if it is not.
 *
 * @param {number[]} p
 * @param {number[]} q
 */
export function meanSurprise(p, q) {
  return p.reduce((bits, x, i) => (x > 0 ? bits - x * Math.log2(q[i]) : bits), 0);
}

/**
 * [a number in [0, 1), the next seed]: equal seeds draw equal tokens. The generator is mulberry32.
 *
 * @param {number} seed
 * @returns {[number, number]}
 */
export function uniform(seed) {
  const next = (seed + 0x6d2b79f5) >>> 0;
  let x = Math.imul(next ^ (next >>> 15), next | 1);
  x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
  return [((x ^ (x >>> 14)) >>> 0) / 2 ** 32, next];
}

/**
 * The id whose share of [0, 1) holds u.
 *
 * @param {number[]} probs
 * @param {number} u
 */
export function pick(probs, u) {
  let [last, left] = [0, u];
  for (let i = 0; i < probs.length; i++) {
    if (probs[i] === 0) continue;
    last = i;
    left -= probs[i];
    if (left < 0) break;
  }
  return last;
}

// ------------------------------------------------------------ the page

/** @param {string} text */
const words = (text) => text.split(/\s+/).filter(Boolean).join(" ");

/** @param {import("./page.js").Parts<Traits>} parts */
function build({ root, state, set }) {
  const { tokens, examples, texts, ranges } = state;
  const tenths = formatter(texts.locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  /** @param {number} p */
  const percent = (p) => (Math.abs(p) < 1e-6 ? "0%" : p < 5e-4 ? `<${tenths(0.001)}` : tenths(p));
  const [bits, short] = [decimals(texts.locale), percents(texts.locale)];
  const knobValue = formatter(texts.locale, { maximumFractionDigits: 2 });
  /** @type {string[]} */
  const past = []; // prefixes to go back to
  let done = ""; // what the last button did
  /** @type {(() => void) | null} */
  let wanted = null; // what to do when the answer is there
  /** @type {string | null} */
  let written = null; // the prefix that was last put in the text box
  /** @type {number[]} */
  let probs = [];

  /** @type {(prefix: string, what?: string, seed?: number) => void} */
  const go = (prefix, what = "", seed = state.seed) => {
    if (prefix === state.prefix) return;
    past.push(state.prefix);
    [done, wanted] = [what, null];
    set({ seed, prefix });
  };

  // ---------------------------------------- the prefix
  const input = element("textarea", { rows: 2, spellcheck: false, autocapitalize: "off", autocomplete: "off" });
  input.addEventListener("change", () => go(words(input.value)));
  input.addEventListener("input", () => /\s$/.test(input.value) && go(words(input.value))); // a word is complete
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    go(words(input.value));
  });
  const example = menu(
    examples.map((text, i) => [i, text || texts.start]),
    (i) => go(examples[Number(i)]),
    texts.choose,
  );

  // ---------------------------------------- the buttons
  const waiting = () => state.answered !== state.prefix;
  const complete = () => state.prefix.trimEnd().endsWith(END_OF_TEXT);
  const ready = () => !complete() && (waiting() || state.problem === "");
  /** @param {() => void} act */
  const then = (act) => () => {
    if (waiting()) wanted = act;
    else act();
  };
  /** @type {(i: number, what: string, seed?: number) => void} */
  const append = (i, what, seed) => {
    const values = { token: tokens[i], p: percent(probs[i]), bits: bits(Math.abs(Math.log2(probs[i]))) };
    go(words(`${state.prefix} ${tokens[i]}`), fill(what, values), seed);
  };
  const draw = () => {
    const [u, seed] = uniform(state.seed);
    append(pick(probs, u), texts.drew, seed);
  };
  const undo = () => {
    [done, wanted] = ["", null];
    set({ prefix: past.pop() });
  };
  /** @type {(name: string, possible: () => boolean, act: () => void) => { button: HTMLElement, show: () => void }} */
  const action = (name, possible, act) => {
    const button = element("button", { type: "button" }, texts[name]);
    button.addEventListener("click", () => possible() && act());
    return { button, show: () => button.setAttribute("aria-disabled", String(!possible())) };
  };
  const actions = [
    action("draw", ready, then(draw)),
    action(
      "most_likely",
      ready,
      then(() => append(ranked(probs)[0], texts.took)),
    ),
    action("undo", () => past.length > 0, undo),
    action(
      "new",
      () => state.prefix !== "",
      () => go(""),
    ),
  ];
  actions[0].button.className = "lw-primary";

  // ---------------------------------------- the knobs; null, the knob left out, is the last place of its slider
  const knobs = /** @type {(keyof Knobs)[]} */ (Object.keys(ranges)).map((name) => {
    const { min, max, step, off = null } = ranges[name];
    const knob = slider({ min, max: Math.max(max, off ?? max), step }, (value) =>
      set({ [name]: value === off ? null : value }),
    );
    const shown = unspoken("nt-value");
    const show = () => {
      const value = state[name] ?? off;
      const said = value === off || value === null ? texts.all : knobValue(value);
      knob.value = String(value);
      knob.setAttribute("aria-valuetext", said);
      shown.textContent = said;
    };
    const label = labelled(texts[name], shown, knob);
    label.className = "nt-knob";
    return { show, label };
  });

  // ---------------------------------------- the chart
  const cell = divs("nt");
  const chart = cell("table", "chart");
  chart.setAttribute("aria-label", texts.chart);
  /** @type {(kind: string, ...cells: (Node | false)[]) => HTMLElement} */
  const row = (kind, ...cells) =>
    element("div", { role: "row", class: `nt-row nt-row-${kind}` }, ...cells.filter((each) => each !== false));
  /** @param {string} kind */
  const key = (kind) => element("i", { class: `nt-bar nt-bar-${kind}`, "aria-hidden": "true" });
  /** @type {(kind: string, p: number, limit: number) => HTMLElement} */
  const bar = (kind, p, limit) => {
    const made = key(kind);
    made.style.width = `${(100 * p) / limit}%`;
    return p > 0 ? made : element("i", { class: "nt-bar" });
  };
  /** @param {...(Node | string)} children */
  const number = (...children) => cell("cell", "number", ...children);

  function showChart() {
    const { truth, shown } = state;
    const known = truth.length > 0;
    const own = state.log_probs.map(Math.exp); // before the knobs, so that small turns leave the scale alone
    const most = Math.max(...shown.flatMap((i) => [own[i], probs[i], known ? truth[i] : 0]));
    const limit = [0.1, 0.2, 0.5].find((x) => x >= most) ?? 1;
    /** @type {(name: string, ofModel: string, ofTruth: string) => HTMLElement} */
    const summary = (name, ofModel, ofTruth) =>
      row("summary", cell("rowheader", "name", name), number(ofModel), known && number(ofTruth));
    /** @param {number[]} p */
    const rest = (p) => percent(1 - shown.reduce((total, i) => total + p[i], 0));
    const entropy = bits(meanSurprise(truth, truth));
    chart.classList.toggle("nt-with-truth", known);
    chart.replaceChildren(
      row(
        "head",
        cell("columnheader", "token", texts.token),
        cell("columnheader", "axis", element("span", {}, "0"), element("span", {}, short(limit))),
        cell("columnheader", "number", key("model"), texts.model),
        known && cell("columnheader", "number", key("truth"), texts.truth),
      ),
      ...shown.map((i) => {
        const bars = cell("cell", "bars", bar("model", probs[i], limit), known ? bar("truth", truth[i], limit) : "");
        const name = cell("rowheader", "token", element("span", {}, tokens[i]));
        const cut = probs[i] === 0;
        return row(
          cut ? "cut" : "token",
          name,
          bars,
          number(cut ? texts.cut : percent(probs[i])),
          known && number(percent(truth[i])),
        );
      }),
      summary(fill(texts.rest, { n: tokens.length - shown.length }), rest(probs), rest(truth)),
      summary(texts.entropy, bits(meanSurprise(probs, probs)), entropy),
      known ? summary(texts.surprise, bits(meanSurprise(truth, probs)), entropy) : "",
    );
  }

  function status() {
    if (state.problem) return state.problem;
    if (complete()) return `${done} ${texts.complete}`;
    const [i] = ranked(probs);
    const likely = fill(texts.likely, { token: tokens[i], p: percent(probs[i]) });
    return `${done} ${likely}${state.truth.length ? fill(texts.truly, { p: percent(state.truth[i]) }) : ""}.`;
  }

  // ---------------------------------------- all of it
  const [said, notes] = [live("nt-status"), live("nt-notes")];
  const text = labelled(texts.prefix, input);
  text.className = "nt-text";
  root.append(
    element(
      "div",
      { class: "nt-controls" },
      element("div", { class: "nt-prefix" }, text, labelled(texts.examples, example)),
      element("div", { class: "nt-buttons" }, ...actions.map(({ button }) => button)),
      element("div", { class: "nt-knobs" }, ...knobs.map(({ label }) => label)),
      said,
      notes,
    ),
    chart,
  );

  return () => {
    const { prefix } = state;
    probs = nextTokenProbs(state.log_probs, state.temperature, state.top_k, state.top_p);
    if (written !== prefix && words(input.value) !== prefix) input.value = prefix; // never what is being typed
    written = prefix;
    example.value = examples.includes(prefix) ? String(examples.indexOf(prefix)) : "";
    for (const { show } of [...knobs, ...actions]) show();
    root.classList.toggle("nt-stale", waiting() || !ready());
    showChart();
    say(notes, state.notes.join(" "));
    if (waiting()) return;
    say(said, status().trim());
    const act = wanted;
    wanted = null;
    if (act && ready()) act();
  };
}

export default frontEnd("next-token", build);
