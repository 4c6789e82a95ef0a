// What does a GPT of this size cost? Its sizes to turn, and parameters, FLOPs and memory beside those of a preset.

import { element, fill, formatter, frontEnd, labelled, live, menu, say, slider, unspoken } from "./page.js";

/** @typedef {Record<"n_layer" | "d_model" | "n_head" | "context_length" | "vocab_size", number>} Shape */
/** @typedef {keyof Shape} Size */
/** @typedef {ReturnType<typeof counts>} Counts */

/**
 * See scale_dial.py.
 *
 * @typedef {object} Traits
 * @property {Record<string, Shape>} presets
 * @property {Record<Size, number[]>} stops  of the sliders
 * @property {Record<string, [unit: string, names: (keyof Counts)[]]>} groups  the table's rows
 * @property {import("./page.js").Texts} texts
 * @property {Shape} shape  set here, as is
 * @property {string} preset
 */

// ------------------------------------------------------------ the maths: the same as mini_gpt/sizes.py

const FLOAT32 = 4; // bytes

/**
 * All numbers of the table; with the heads none of them changes.
 *
 * @param {Shape} shape
 */
export function counts({ n_layer: L, d_model: C, context_length: T, vocab_size: V }) {
  const d_ff = 4 * C;
  const parts = {
    "token embedding": V * C,
    "position embedding": T * C,
    attention: L * (4 * C * C + 4 * C),
    MLP: L * (2 * C * d_ff + d_ff + C),
    norms: (2 * L + 1) * 2 * C,
  };
  const all = Object.values(parts).reduce((a, b) => a + b);
  const forward = 2 * (L * (4 * C * C + 2 * C * d_ff) + V * C) + 4 * L * T * C;
  const token = 2 * L * C * FLOAT32;
  return {
    ...parts,
    all,
    forward,
    training: 3 * forward,
    "to run": FLOAT32 * all,
    "to train": 4 * FLOAT32 * all,
    "cache of a token": token,
    "cache of a context": T * token,
  };
}

/**
 * Three digits and a unit: FLOPs in thousands, bytes (B) in 1,024s.
 *
 * @param {number} amount
 * @param {string} unit
 * @param {string} locale
 */
export function inUnits(amount, unit, locale) {
  const [step, prefixes] = unit === "B" ? [1024, ["", "Ki", "Mi", "Gi", "Ti"]] : [1000, ["", "k", "M", "G", "T"]];
  let [scaled, power] = [amount, 0];
  for (; scaled >= step && power < prefixes.length - 1; power++) scaled /= step;
  const digits = scaled < 999.5 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 };
  const format = new Intl.NumberFormat(locale, { ...digits, useGrouping: false, roundingMode: "halfEven" });
  const exactly = /** @type {Intl.StringNumericLiteral} */ (scaled.toPrecision(21)); // 3.795 is a bit less
  return `${format.format(exactly)} ${prefixes[power]}${unit}`;
}

/**
 * Of the choices that split the width evenly, the number of heads nearest by ratio to the one asked for.
 *
 * @param {number} width
 * @param {number} asked
 * @param {number[]} choices
 * @returns {number | undefined}
 */
export function fittingHeads(width, asked, choices) {
  /** @param {number} n */
  const away = (n) => Math.abs(Math.log(n / asked));
  return choices.filter((n) => width % n === 0).sort((a, b) => away(a) - away(b))[0];
}

// ------------------------------------------------------------ the page

/** @param {import("./page.js").Parts<Traits>} parts */
function build({ root, state, set }) {
  const { presets, stops, groups, texts } = state;
  const sizes = /** @type {Size[]} */ (Object.keys(stops));
  const whole = formatter(texts.locale);
  const ratio = formatter(texts.locale, { maximumSignificantDigits: 3 });
  let unsplit = ""; // what the last turn did to the heads

  /**
   * A slider was turned. Heads that do not split the width give way to the nearest that do; turned, they go on.
   *
   * @param {Size} name
   * @param {number} value
   */
  function turn(name, value) {
    const before = state.shape;
    const shape = { ...before, [name]: value };
    const { d_model: width, n_head: asked } = shape;
    const onward = stops.n_head.filter((n) => Math.sign(n - before.n_head) === Math.sign(asked - before.n_head));
    const choices = name === "n_head" ? onward : stops.n_head;
    const n = width % asked === 0 ? asked : (fittingHeads(width, asked, choices) ?? before.n_head);
    unsplit = n === asked ? "" : fill(texts.unsplit, { width: whole(width), asked, n });
    set({ shape: { ...shape, n_head: n } });
  }

  // ---------------------------------------- what is chosen above the table
  const names = Object.keys(presets);
  const known = menu(
    names.map((name) => [name, name]),
    (preset) => {
      unsplit = "";
      set({ preset, shape: { ...presets[preset] } });
    },
  );

  const knobs = sizes.map((name) => {
    const places = stops[name];
    const knob = slider({ min: 0, max: places.length - 1, step: 1 }, (place) => turn(name, places[place]));
    const shown = unspoken("sd-value");
    /** @param {number} value */
    const presetsWith = (value) => names.filter((preset) => presets[preset][name] === value);
    const marks = [...new Set(names.map((preset) => presets[preset][name]))];
    const ticks = marks.map((value, i) => {
      const short = presetsWith(value).map((preset) => preset.replace("gpt2-", ""));
      const label = short.length > 2 ? `${short[0]} … ${short[short.length - 1]}` : short.join(", ");
      const tick = element("span", { class: "sd-tick" }, element("span", {}, label));
      const share = places.indexOf(value) / (places.length - 1);
      tick.style.setProperty("--sd-at", `calc(0.5em + (100% - 1em) * ${share})`);
      tick.classList.toggle("sd-lower", marks.length > 2 && i % 2 === 1); // names in two lines leave each other room
      return { tick, value };
    });
    const show = () => {
      const value = state.shape[name];
      const each = { n: whole(value), d: whole(state.shape.d_model / value) };
      const text = name === "n_head" ? fill(texts.each, each) : whole(value);
      const same = presetsWith(value).join(", ");
      knob.value = String(places.findLastIndex((stop) => stop <= value));
      knob.setAttribute("aria-valuetext", same ? fill(texts.as, { value: text, names: same }) : text);
      shown.textContent = text;
      for (const { tick, value } of ticks) tick.classList.toggle("sd-chosen", value === presets[state.preset][name]);
    };
    const scale = element("div", { class: "sd-ticks", "aria-hidden": "true" }, ...ticks.map(({ tick }) => tick));
    return { show, knob: element("div", { class: "sd-knob" }, labelled(texts[name], shown, knob), scale) };
  });

  // ---------------------------------------- the table
  const rows = Object.values(groups).flatMap(([unit, names]) =>
    names.map((name) => {
      const [now, before, change] = ["now", "preset", "change"].map((kind) => element("td", { class: `sd-${kind}` }));
      const bar = element("i", { class: "sd-bar" });
      const share = element("td", { class: "sd-share", "aria-hidden": "true" }, bar); // of all parameters
      const row = element("tr", {}, element("th", { scope: "row" }, texts[name]), share, now, before, change);
      return { name, unit, row, bar, now, before, change };
    }),
  );
  const bodies = Object.entries(groups).map(([group, [, names]]) => {
    const heading = element("th", { scope: "rowgroup", colspan: 5, class: "sd-group" }, texts[group]);
    const mine = rows.filter(({ name }) => names.includes(name));
    return element("tbody", {}, element("tr", {}, heading), ...mine.map(({ row }) => row));
  });
  const chosen = element("th", { scope: "col", class: "sd-preset" });
  const head = element(
    "tr",
    {},
    element("td"),
    element("td", { class: "sd-share", "aria-hidden": "true" }),
    element("th", { scope: "col" }, texts.now),
    chosen,
    element("th", { scope: "col" }, texts.change),
  );

  /** @type {(now: Counts, before: Counts) => void} */
  function showTable(now, before) {
    chosen.textContent = state.preset;
    for (const { name, unit, row, bar, ...cells } of rows) {
      const [one, other] = [now[name], before[name]];
      /** @param {number} amount */
      const shown = (amount) => (unit ? inUnits(amount, unit, texts.locale) : whole(amount));
      cells.now.textContent = shown(one);
      cells.before.textContent = shown(other);
      cells.change.textContent = one === other ? "=" : `×${ratio(one / other)}`;
      row.classList.toggle("sd-changed", one !== other);
      bar.style.width = unit ? "0" : `${(100 * one) / now.all}%`;
    }
  }

  // ---------------------------------------- what is told
  /** @type {(now: Counts, before: Counts) => string} */
  function status(now, before) {
    const { preset, shape } = state;
    const changed = sizes.filter((name) => shape[name] !== presets[preset][name]);
    if (changed.length === 0) return fill(texts.same, { preset, all: whole(now.all) });
    const steps = changed.map((name) =>
      fill(texts.step, { name: texts[name], before: whole(presets[preset][name]), now: whole(shape[name]) }),
    );
    /** @param {keyof Counts} name */
    const times = (name) => ratio(now[name] / before[name]);
    const changes = { all: times("all"), forward: times("forward"), cache: times("cache of a token") };
    return fill(texts.changed, { preset, steps: steps.join(", "), ...changes });
  }

  const said = live("sd-status");
  const choice = labelled(texts.preset, known);
  choice.className = "sd-choice";
  root.append(
    choice,
    element("div", { class: "sd-knobs" }, ...knobs.map(({ knob }) => knob)),
    said,
    element("table", { "aria-label": texts.table }, element("thead", {}, head), ...bodies),
    element("p", { class: "sd-note" }, texts.note),
  );

  return () => {
    const [now, before] = [counts(state.shape), counts(presets[state.preset])];
    known.value = state.preset;
    for (const { show } of knobs) show();
    showTable(now, before);
    say(said, `${unsplit} ${status(now, before)}`.trim());
  };
}

export default frontEnd("scale-dial", build);
