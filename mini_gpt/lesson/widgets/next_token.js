// What comes next? The model's answer beside the exact truth, and the knobs of sampling.

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
  unspoken,
} from "./page.js";

/** @typedef {{ min: number, max: number, step: number, off?: number }} Range  off leaves the knob out: null */
/** @typedef {{ temperature: number, top_k: number | null, top_p: number | null }} Knobs */

/** @typedef {[name: string, own: number, p: number | null, truth: number | null]} Row  null: cut, unknown */
/** @typedef {{ name: string, p: number, prefix: string, seed: number }} Step  the prefix and the seed after it */

/**
 * A model to choose, in a page that carries several: prefix is where it begins, and known is for the page.
 *
 * @typedef {{ label: string, prefix: string, by_word: boolean, examples: string[], known: Record<string, Record<number, number>> }} Choice
 */

/**
 * See next_token.py.
 *
 * @typedef {object} Own
 * @property {boolean} by_word  a token is a word, and spaces only stand between
 * @property {string[]} examples
 * @property {import("./page.js").Texts} texts
 * @property {Record<keyof Knobs, Range>} ranges
 * @property {string} prefix  set here, as are the knobs
 * @property {number} seed  and this
 * @property {Record<string, Choice>} [models]  those to choose from, by their names
 * @property {string} [which]  the one that answers, set here
 * @property {(string | number | null)[]} answered  to what the rest is the answer
 * @property {Row[]} rows
 * @property {[number, number, number | null]} rest
 * @property {{ entropy: number, truth: number | null, surprise: number | null }} bits
 * @property {Step} take
 * @property {Step} draw
 * @property {string[]} notes
 * @property {string} problem
 */
/** @typedef {Own & Knobs} Traits */

const END_OF_TEXT = "<|endoftext|>";

// ------------------------------------------------------------ the page

/** @param {import("./page.js").Parts<Traits>} parts */
function build({ root, state, set }) {
  const { texts, ranges, models } = state;
  const tenths = formatter(texts.locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  /** @param {number} p */
  const percent = (p) => (Math.abs(p) < 1e-6 ? "0%" : p < 5e-4 ? `<${tenths(0.001)}` : tenths(p));
  const [bits, short] = [decimals(texts.locale), percents(texts.locale)];
  const [knobValue, counted] = [2, 0].map((n) => formatter(texts.locale, { maximumFractionDigits: n }));
  /** @type {string[]} */
  const past = []; // prefixes to go back to
  let done = ""; // what the last button did
  /** @type {(() => void) | null} */
  let wanted = null; // what to do when the answer is there
  /** @type {string | null} */
  let written = null; // the prefix that was last put in the text box

  const answering = () => models?.[state.which ?? ""] ?? state; // its by_word and its examples
  /** @param {string} text */
  const tidy = (text) => (answering().by_word ? text.split(/\s+/).filter(Boolean).join(" ") : text);
  /** @type {(prefix: string, what?: string, seed?: number) => void} */
  const go = (prefix, what = "", seed = state.seed) => {
    if (prefix === state.prefix) return;
    past.push(state.prefix);
    [done, wanted] = [what, null];
    set({ seed, prefix });
  };

  // ---------------------------------------- the prefix
  const input = element("textarea", { rows: 2, spellcheck: false, autocapitalize: "off", autocomplete: "off" });
  input.addEventListener("change", () => go(tidy(input.value)));
  input.addEventListener("input", () => /\s$/.test(input.value) && go(tidy(input.value))); // a word is complete
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    go(tidy(input.value));
  });
  const exampleMenu = () => {
    const { examples } = answering();
    return menu(
      examples.map((text, i) => [i, text || texts.start]),
      (i) => go(examples[Number(i)]),
      texts.choose,
    );
  };
  let [example, exampleOf] = [exampleMenu(), state.which];

  // ---------------------------------------- the model
  const choices = Object.entries(models ?? {});
  const model = menu(
    choices.map(([name, { label }]) => [name, label]),
    (name) => models && set({ which: name, prefix: models[name].prefix }),
  );
  const showModel = () => {
    model.value = state.which ?? "";
    if (exampleOf === state.which) return;
    [past.length, done, wanted, exampleOf] = [0, "", null, state.which];
    const before = example;
    example = exampleMenu();
    before.replaceWith(example);
  };

  // ---------------------------------------- the buttons
  const asked = () => [state.prefix, state.temperature, state.top_k, state.top_p, state.seed, state.which];
  const waiting = () => asked().some((value, i) => state.answered[i] !== value);
  const complete = () => state.prefix.trimEnd().endsWith(END_OF_TEXT);
  const ready = () => !complete() && (waiting() || state.problem === "");
  /** @param {() => void} act */
  const then = (act) => () => {
    if (waiting()) wanted = act;
    else act();
  };
  /** @type {(step: Step, what: string) => void} */
  const append = ({ name, p, prefix, seed }, what) =>
    go(prefix, fill(what, { token: name, p: percent(p), bits: bits(Math.abs(Math.log2(p))) }), seed);
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
    action(
      "draw",
      ready,
      then(() => append(state.draw, texts.drew)),
    ),
    action(
      "most_likely",
      ready,
      then(() => append(state.take, texts.took)),
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
    const { rows, rest, bits: surprises } = state;
    const known = rest[2] !== null;
    const most = Math.max(...rows.flatMap(([, ...all]) => all.map((p) => p ?? 0))); // own, too: small turns leave the axis alone
    const limit = [0.1, 0.2, 0.5].find((x) => x >= most) ?? 1;
    /** @type {(name: string, ofModel: string, ofTruth: string) => HTMLElement} */
    const summary = (name, ofModel, ofTruth) =>
      row("summary", cell("rowheader", "name", name), number(ofModel), known && number(ofTruth));
    const entropy = bits(surprises.truth ?? 0);
    chart.classList.toggle("nt-with-truth", known);
    chart.replaceChildren(
      row(
        "head",
        cell("columnheader", "token", texts.token),
        cell("columnheader", "axis", element("span", {}, "0"), element("span", {}, short(limit))),
        cell("columnheader", "number", key("model"), texts.model),
        known && cell("columnheader", "number", key("truth"), texts.truth),
      ),
      ...rows.map(([token, , p, truth]) => {
        const bars = cell("cell", "bars", bar("model", p ?? 0, limit), known ? bar("truth", truth ?? 0, limit) : "");
        const name = cell("rowheader", "token", element("span", {}, token));
        return row(
          p === null ? "cut" : "token",
          name,
          bars,
          number(p === null ? texts.cut : percent(p)),
          known && number(percent(truth ?? 0)),
        );
      }),
      summary(fill(texts.rest, { n: counted(rest[0]) }), percent(rest[1]), percent(rest[2] ?? 0)),
      summary(texts.entropy, bits(surprises.entropy), entropy),
      known ? summary(texts.surprise, bits(surprises.surprise ?? Infinity), entropy) : "",
    );
  }

  function status() {
    if (state.problem) return state.problem;
    if (complete()) return `${done} ${texts.complete}`;
    const { name, p } = state.take;
    const truth = state.rows.find(([token]) => token === name)?.[3] ?? null;
    const likely = fill(texts.likely, { token: name, p: percent(p) });
    return `${done} ${likely}${truth === null ? "" : fill(texts.truly, { p: percent(truth) })}.`;
  }

  // ---------------------------------------- all of it
  const [said, notes] = [live("nt-status"), live("nt-notes")];
  const text = labelled(texts.prefix, input);
  text.className = "nt-text";
  root.append(
    element(
      "div",
      { class: "nt-controls" },
      element(
        "div",
        { class: "nt-prefix" },
        text,
        labelled(texts.examples, example),
        choices.length > 0 ? labelled(texts.trained_on, model) : "",
      ),
      element("div", { class: "nt-buttons" }, ...actions.map(({ button }) => button)),
      element("div", { class: "nt-knobs" }, ...knobs.map(({ label }) => label)),
      said,
      notes,
    ),
    chart,
  );

  return () => {
    showModel();
    const { prefix } = state;
    const { examples } = answering();
    if (written !== prefix && tidy(input.value) !== prefix) {
      input.value = prefix; // never what is being typed
      input.scrollTop = input.scrollHeight;
    }
    written = prefix;
    example.value = examples.includes(prefix) ? String(examples.indexOf(prefix)) : "";
    for (const { show } of [...knobs, ...actions]) show();
    root.classList.toggle("nt-stale", state.answered[0] !== prefix || !ready()); // a knob's answer comes too soon to dim
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
