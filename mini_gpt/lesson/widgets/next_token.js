// What comes next? The model's answer beside the exact truth, and the knobs of sampling, which are turned here.
//
// One module for JupyterLab (anywidget) and for a page without Python. Its state, `model`, holds
//   tokens, examples, texts, ranges                 what never changes
//   prefix, temperature, top_k, top_p, seed         what is set here, and may be set from outside
//   log_probs, truth, shown, notes, problem,        the answer to the prefix `answered`, from outside:
//   answered                                        see NextToken.answer in next_token.py

import { element, fill, keepKeys, say, softmax } from "./page.js";

export const END_OF_TEXT = "<|endoftext|>";

// ------------------------------------------------------------ the maths: the same as mini_gpt/sampling.py

/** The ids from the largest value to the smallest; of equal ones, the first id first. */
export const ranked = (values) => values.map((_, i) => i).sort((a, b) => values[b] - values[a]);

function only(values, ids) {
  const kept = values.map(() => -Infinity);
  for (const i of ids) kept[i] = values[i];
  return kept;
}

/** The distribution to sample from: first temperature, then top-k, then top-p; null leaves a knob out. */
export function nextTokenProbs(logits, temperature = 1, topK = null, topP = null) {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  if (temperature === 0) logits = only(logits, ranked(logits).slice(0, 1));
  else logits = logits.map((x) => (x - largest) / temperature);
  if (topK !== null) logits = only(logits, ranked(logits).slice(0, topK));
  if (topP !== null && topP < 1) {
    const probs = softmax(logits);
    let sum = 0;
    logits = only(logits, ranked(probs).filter((i) => (sum += probs[i]) - probs[i] < topP));
  }
  return softmax(logits);
}

/** The mean of -log2 q over what p draws: p's entropy if q is p, more bits if it is not. */
export function meanSurprise(p, q) {
  return p.reduce((bits, x, i) => (x > 0 ? bits - x * Math.log2(q[i]) : bits), 0);
}

/** [a number in [0, 1), the next seed]: equal seeds draw equal tokens. The generator is mulberry32. */
export function uniform(seed) {
  const next = (seed + 0x6d2b79f5) >>> 0;
  let x = Math.imul(next ^ (next >>> 15), next | 1);
  x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
  return [((x ^ (x >>> 14)) >>> 0) / 2 ** 32, next];
}

/** The id whose share of [0, 1) holds u. */
export function pick(probs, u) {
  let last = 0;
  for (let i = 0; i < probs.length; i++) {
    if (probs[i] === 0) continue;
    last = i;
    if ((u -= probs[i]) < 0) break;
  }
  return last;
}

// ------------------------------------------------------------ the page

const words = (text) => text.split(/\s+/).filter(Boolean).join(" ");

function render({ model, el }) {
  const { tokens, examples, texts, ranges } = Object.fromEntries(
    ["tokens", "examples", "texts", "ranges"].map((name) => [name, model.get(name)]),
  );
  const format = (options) => new Intl.NumberFormat(texts.locale, options).format;
  const tenths = format({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const percent = (p) => (Math.abs(p) < 1e-6 ? "0%" : p < 5e-4 ? `<${tenths(0.001)}` : tenths(p));
  const bits = format({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const short = format({ style: "percent" });
  const past = []; // prefixes to go back to
  let done = ""; // what the last button did
  let wanted = null; // what to do when the answer is there
  let written = null; // the prefix that was last put in the text box
  let probs = [];

  const set = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const go = (prefix, what = "") => {
    if (prefix === model.get("prefix")) return;
    past.push(model.get("prefix"));
    [done, wanted] = [what, null];
    set({ prefix });
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
  const select = element("select");
  select.append(element("option", { hidden: "", value: "" }, texts.choose));
  select.append(...examples.map((example, i) => element("option", { value: i }, example || texts.start)));
  select.addEventListener("change", () => go(examples[select.value]));

  // ---------------------------------------- the buttons
  const waiting = () => model.get("answered") !== model.get("prefix");
  const complete = () => model.get("prefix").trimEnd().endsWith(END_OF_TEXT);
  const ready = () => !complete() && (waiting() || model.get("problem") === "");
  const then = (act) => () => (waiting() ? (wanted = act) : act());
  const append = (i, what) => {
    const values = { token: tokens[i], p: percent(probs[i]), bits: bits(Math.abs(Math.log2(probs[i]))) };
    go(words(`${model.get("prefix")} ${tokens[i]}`), fill(what, values));
  };
  const draw = () => {
    const [u, seed] = uniform(model.get("seed"));
    model.set("seed", seed);
    append(pick(probs, u), texts.drew);
  };
  const undo = () => {
    [done, wanted] = ["", null];
    set({ prefix: past.pop() });
  };
  const buttons = [
    [texts.draw, ready, then(draw)],
    [texts.most_likely, ready, then(() => append(ranked(probs)[0], texts.took))],
    [texts.undo, () => past.length > 0, undo],
    [texts.new, () => model.get("prefix") !== "", () => go("")],
  ].map(([name, possible, act]) => {
    const button = element("button", { type: "button" }, name);
    button.addEventListener("click", () => possible() && act());
    return { button, possible };
  });

  // ---------------------------------------- the knobs; null, the knob left out, is the last place of its slider
  const knobs = Object.entries(ranges).map(([name, { min, max, step, off = null }]) => {
    const slider = element("input", { type: "range", min, max: Math.max(max, off), step });
    const shown = element("span", { class: "nt-value", "aria-hidden": "true" }); // the slider itself tells it
    slider.addEventListener("input", () => {
      const value = Number(slider.value);
      set({ [name]: value === off ? null : value });
    });
    const show = () => {
      const value = model.get(name) ?? off;
      const said = value === off ? texts.all : format({ maximumFractionDigits: 2 })(value);
      slider.value = value;
      slider.setAttribute("aria-valuetext", said);
      shown.textContent = said;
    };
    return { show, label: element("label", { class: "nt-knob" }, element("span", {}, texts[name]), shown, slider) };
  });

  // ---------------------------------------- the chart
  const chart = element("div", { role: "table", "aria-label": texts.chart, class: "nt-chart" });
  const cell = (role, kind, ...children) => element("div", { role, class: `nt-${kind}` }, ...children);
  const row = (kind, ...cells) => element("div", { role: "row", class: `nt-row nt-row-${kind}` }, ...cells.filter(Boolean));
  const key = (kind) => element("i", { class: `nt-bar nt-bar-${kind}`, "aria-hidden": "true" });
  const bar = (kind, p, limit) => {
    const made = key(kind);
    made.style.width = `${(100 * p) / limit}%`;
    return p > 0 ? made : element("i", { class: "nt-bar" });
  };

  function drawChart() {
    const truth = model.get("truth"), shown = model.get("shown"), known = truth.length > 0;
    const own = model.get("log_probs").map(Math.exp); // before the knobs, so that small turns leave the scale alone
    const most = Math.max(...shown.flatMap((i) => [own[i], probs[i], known ? truth[i] : 0]));
    const limit = [0.1, 0.2, 0.5].find((x) => x >= most) ?? 1;
    const number = (text) => cell("cell", "number", text);
    const summary = (name, ofModel, ofTruth) =>
      row("summary", cell("rowheader", "name", name), number(ofModel), known && number(ofTruth));
    const rest = (p) => percent(1 - shown.reduce((sum, i) => sum + p[i], 0));
    const surprise = meanSurprise(truth, probs);
    chart.classList.toggle("nt-with-truth", known);
    chart.replaceChildren(
      row("head", cell("columnheader", "token", texts.token),
        cell("columnheader", "axis", element("span", {}, "0"), element("span", {}, short(limit))),
        cell("columnheader", "number", key("model"), texts.model),
        known && cell("columnheader", "number", key("truth"), texts.truth)),
      ...shown.map((i) =>
        row(probs[i] > 0 ? "token" : "cut", cell("rowheader", "token", element("span", {}, tokens[i])),
          cell("cell", "bars", bar("model", probs[i], limit), known ? bar("truth", truth[i], limit) : ""),
          number(probs[i] > 0 ? percent(probs[i]) : texts.cut), known && number(percent(truth[i])))),
      summary(fill(texts.rest, { n: tokens.length - shown.length }), rest(probs), rest(truth)),
      summary(texts.entropy, bits(meanSurprise(probs, probs)), bits(meanSurprise(truth, truth))),
      known ? summary(texts.surprise, bits(surprise), bits(meanSurprise(truth, truth))) : "",
    );
  }

  function status() {
    if (model.get("problem")) return model.get("problem");
    if (complete()) return `${done} ${texts.complete}`;
    const i = ranked(probs)[0], truth = model.get("truth");
    const likely = fill(texts.likely, { token: tokens[i], p: percent(probs[i]) });
    return `${done} ${likely}${truth.length ? fill(texts.truly, { p: percent(truth[i]) }) : ""}.`;
  }

  // ---------------------------------------- all of it
  const said = element("div", { class: "nt-status", "aria-live": "polite" });
  const notes = element("div", { class: "nt-notes", "aria-live": "polite" });
  const root = element("div", { class: "lesson-widget next-token", role: "group", "aria-label": texts.title, lang: texts.locale },
    element("div", { class: "nt-controls" },
      element("div", { class: "nt-prefix" },
        element("label", { class: "nt-text" }, element("span", {}, texts.prefix), input),
        element("label", {}, element("span", {}, texts.examples), select)),
      element("div", { class: "nt-buttons" }, ...buttons.map(({ button }) => button)),
      element("div", { class: "nt-knobs" }, ...knobs.map(({ label }) => label)),
      said, notes),
    chart);
  keepKeys(root);

  function show() {
    const prefix = model.get("prefix");
    probs = nextTokenProbs(model.get("log_probs"), model.get("temperature"), model.get("top_k"), model.get("top_p"));
    if (written !== prefix && words(input.value) !== prefix) input.value = prefix; // never what is being typed
    written = prefix;
    select.value = examples.includes(prefix) ? examples.indexOf(prefix) : "";
    for (const { show } of knobs) show();
    for (const { button, possible } of buttons) button.setAttribute("aria-disabled", !possible());
    root.classList.toggle("nt-stale", waiting() || !ready());
    drawChart();
    say(notes, model.get("notes").join(" "));
    if (waiting()) return;
    say(said, status().trim());
    const act = wanted;
    wanted = null;
    if (act && ready()) act();
  }

  el.append(root);
  model.on("change", show);
  show();
  return () => model.off("change", show);
}

export default { render };
