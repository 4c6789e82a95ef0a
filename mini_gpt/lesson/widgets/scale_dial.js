// What does a GPT of this size cost? Its sizes to turn, and parameters, FLOPs and memory beside those of a preset.
//
// One module for JupyterLab (anywidget) and for a page without Python, which it never asks. Its state, `model`, holds
//   presets, stops, groups, texts   what never changes: see scale_dial.py
//   shape, preset                   what is set here, and may be set from outside

import { element, fill, keepKeys, say } from "./page.js";

// ------------------------------------------------------------ the maths: the same as mini_gpt/sizes.py

const FLOAT32 = 4; // bytes

/** All numbers of the table; with the heads none of them changes. */
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
    ...parts, all, forward, training: 3 * forward,
    "to run": FLOAT32 * all, "to train": 4 * FLOAT32 * all,
    "cache of a token": token, "cache of a context": T * token,
  };
}

/** Three digits and a unit: FLOPs in thousands, bytes (B) in 1,024s. */
export function inUnits(amount, unit, locale) {
  const [step, prefixes] = unit === "B" ? [1024, ["", "Ki", "Mi", "Gi", "Ti"]] : [1000, ["", "k", "M", "G", "T"]];
  let power = 0;
  for (; amount >= step && power < prefixes.length - 1; power++) amount /= step;
  const digits = amount < 999.5 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 };
  const format = new Intl.NumberFormat(locale, { ...digits, useGrouping: false, roundingMode: "halfEven" });
  return `${format.format(amount.toPrecision(21))} ${prefixes[power]}${unit}`; // all its digits: 3.795 is a bit less
}

/** Of the choices that split the width evenly, the number of heads nearest by ratio to the one asked for. */
export function fittingHeads(width, asked, choices) {
  const away = (n) => Math.abs(Math.log(n / asked));
  return choices.filter((n) => width % n === 0).sort((a, b) => away(a) - away(b))[0];
}

// ------------------------------------------------------------ the page

function render({ model, el }) {
  const { presets, stops, groups, texts } = Object.fromEntries(
    ["presets", "stops", "groups", "texts"].map((name) => [name, model.get(name)]),
  );
  const whole = new Intl.NumberFormat(texts.locale).format;
  const ratio = new Intl.NumberFormat(texts.locale, { maximumSignificantDigits: 3 }).format;
  let unsplit = ""; // what the last turn did to the heads

  const set = (shape, preset = model.get("preset")) => {
    model.set("preset", preset);
    model.set("shape", shape);
    model.save_changes();
  };

  /** A slider was turned. Heads that do not split the width give way to the nearest that do; turned, they go on. */
  function turn(name, value) {
    const before = model.get("shape"), shape = { ...before, [name]: value };
    const { d_model: width, n_head: asked } = shape;
    const onward = stops.n_head.filter((n) => Math.sign(n - before.n_head) === Math.sign(asked - before.n_head));
    const choices = name === "n_head" ? onward : stops.n_head;
    shape.n_head = width % asked === 0 ? asked : (fittingHeads(width, asked, choices) ?? before.n_head);
    const told = { width: whole(width), asked, n: shape.n_head };
    unsplit = shape.n_head === asked ? "" : fill(texts.unsplit, told);
    set(shape);
  }

  // ---------------------------------------- what is chosen above the table
  const select = element("select");
  select.append(...Object.keys(presets).map((name) => element("option", { value: name }, name)));
  select.addEventListener("change", () => {
    unsplit = "";
    set({ ...presets[select.value] }, select.value);
  });

  const knobs = Object.keys(stops).map((name) => {
    const places = stops[name];
    const slider = element("input", { type: "range", min: 0, max: places.length - 1, step: 1 });
    const shown = element("span", { class: "sd-value", "aria-hidden": "true" }); // the slider itself tells it
    slider.addEventListener("input", () => turn(name, places[slider.value]));
    const at = (value) => `calc(0.5em + (100% - 1em) * ${places.indexOf(value) / (places.length - 1)})`;
    const named = (value) => Object.keys(presets).filter((preset) => presets[preset][name] === value);
    const marks = [...new Set(Object.values(presets).map((shape) => shape[name]))];
    const ticks = marks.map((value, i) => {
      const short = named(value).map((preset) => preset.replace("gpt2-", ""));
      const label = short.length > 2 ? `${short[0]} … ${short.at(-1)}` : short.join(", ");
      const tick = element("span", { class: "sd-tick" }, element("span", {}, label));
      tick.style.setProperty("--sd-at", at(value));
      tick.classList.toggle("sd-lower", marks.length > 2 && i % 2 === 1); // names in two lines leave each other room
      return { tick, value };
    });
    const show = (shape, preset) => {
      const value = shape[name];
      const each = { n: whole(value), d: whole(shape.d_model / value) };
      const text = name === "n_head" ? fill(texts.each, each) : whole(value);
      const names = named(value).join(", ");
      slider.value = places.findLastIndex((stop) => stop <= value);
      slider.setAttribute("aria-valuetext", names ? fill(texts.as, { value: text, names }) : text);
      shown.textContent = text;
      for (const { tick, value } of ticks) tick.classList.toggle("sd-chosen", value === presets[preset][name]);
    };
    const label = element("label", {}, element("span", {}, texts[name]), shown, slider);
    const scale = element("div", { class: "sd-ticks", "aria-hidden": "true" }, ...ticks.map(({ tick }) => tick));
    return { show, knob: element("div", { class: "sd-knob" }, label, scale) };
  });

  // ---------------------------------------- the table
  const chosen = element("th", { scope: "col", class: "sd-preset" });
  const rows = [];
  const bodies = Object.entries(groups).map(([group, [unit, names]]) =>
    element("tbody", {},
      element("tr", {}, element("th", { scope: "rowgroup", colspan: 5, class: "sd-group" }, texts[group])),
      ...names.map((name) => {
        const [now, before, change] = ["now", "preset", "change"].map((kind) => element("td", { class: `sd-${kind}` }));
        const bar = element("i", { class: "sd-bar" });
        const share = element("td", { class: "sd-share", "aria-hidden": "true" }, bar); // of all parameters
        const row = element("tr", {}, element("th", { scope: "row" }, texts[name]), share, now, before, change);
        rows.push({ name, unit, row, bar, now, before, change });
        return row;
      })));
  const head = element("tr", {}, element("td"), element("td", { class: "sd-share", "aria-hidden": "true" }),
    element("th", { scope: "col" }, texts.now), chosen, element("th", { scope: "col" }, texts.change));
  const table = element("table", { "aria-label": texts.table }, element("thead", {}, head), ...bodies);

  function showTable(now, before) {
    chosen.textContent = model.get("preset");
    for (const { name, unit, row, bar, ...cells } of rows) {
      const [one, other] = [now[name], before[name]];
      const show = (amount) => (unit ? inUnits(amount, unit, texts.locale) : whole(amount));
      cells.now.textContent = show(one);
      cells.before.textContent = show(other);
      cells.change.textContent = one === other ? "=" : `×${ratio(one / other)}`;
      row.classList.toggle("sd-changed", one !== other);
      bar.style.width = groups.parameters[1].includes(name) ? `${(100 * one) / now.all}%` : 0;
    }
  }

  // ---------------------------------------- all of it
  function status(shape, preset, now, before) {
    const values = { preset, all: whole(now.all) };
    const changed = Object.keys(stops).filter((name) => shape[name] !== presets[preset][name]);
    if (changed.length === 0) return fill(texts.same, values);
    const step = (name) =>
      fill(texts.step, { name: texts[name], before: whole(presets[preset][name]), now: whole(shape[name]) });
    const [all, forward, cache] = ["all", "forward", "cache of a token"].map((name) => ratio(now[name] / before[name]));
    return fill(texts.changed, { preset, steps: changed.map(step).join(", "), all, forward, cache });
  }

  const said = element("div", { class: "sd-status", "aria-live": "polite" });
  const root = element("div", { class: "lesson-widget scale-dial", role: "group", "aria-label": texts.title, lang: texts.locale },
    element("label", { class: "sd-choice" }, element("span", {}, texts.preset), select),
    element("div", { class: "sd-knobs" }, ...knobs.map(({ knob }) => knob)),
    said, table, element("p", { class: "sd-note" }, texts.note));
  keepKeys(root);

  function show() {
    const shape = model.get("shape"), preset = model.get("preset");
    const [now, before] = [counts(shape), counts(presets[preset])];
    select.value = preset;
    for (const { show } of knobs) show(shape, preset);
    showTable(now, before);
    say(said, `${unsplit} ${status(shape, preset, now, before)}`.trim());
  }

  el.append(root);
  model.on("change", show);
  show();
  return () => model.off("change", show);
}

export default { render };
