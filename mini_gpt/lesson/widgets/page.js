// What the front ends share: the frame of a widget, its controls, its keys, its numbers.

/** @typedef {{ locale: string, title: string, [name: string]: string }} Texts  a widget's words, in one language */

/**
 * The part of JupyterLab's notebook that a front end uses.
 *
 * @typedef {object} Notebook
 * @property {(name: string) => any} getMetadata
 * @property {(name: string, value: unknown) => void} setMetadata
 * @property {() => { cells: unknown }} toJSON
 */

/**
 * The part of anywidget's model that a front end uses. A page without Python has its own: runtime/model.js.
 *
 * @template {object} Traits
 * @typedef {object} Model
 * @property {<Name extends keyof Traits>(name: Name) => Traits[Name]} get
 * @property {<Name extends keyof Traits>(name: Name, value: Traits[Name]) => void} set
 * @property {() => void} save_changes
 * @property {(event: string, listener: () => void) => void} on
 * @property {(event: string, listener: () => void) => void} off
 * @property {(content: object) => void} [send]  to Python, where there is one
 * @property {{ context?: { model?: Notebook } }} [widget_manager]  JupyterLab's
 */

/**
 * What a front end is made of: the element to fill, the traits as they are now, and what sets them.
 *
 * @template {object} Traits
 * @typedef {{ root: HTMLElement, state: Readonly<Traits>, set: (changes: Partial<Traits>) => void }} Parts
 */

/**
 * The traits of a model as properties, each read when it is used.
 *
 * @template {object} Traits
 * @param {Model<Traits>} model
 * @returns {Readonly<Traits>}
 */
export const stateOf = (model) =>
  /** @type {Traits} */ (new Proxy({}, { get: (_, name) => model.get(/** @type {keyof Traits} */ (name)) }));

const SAVED = "application/vnd.jupyter.widget-state+json";

/**
 * Put a widget's picture where JupyterLab looks for a widget that no kernel knows: in the metadata of its notebook. Those
 * of widgets that are gone leave.
 *
 * @param {Model<any>} model
 */
export function keepPicture(model) {
  const notebook = model.widget_manager?.context?.model;
  if (!notebook?.setMetadata) return;
  const shown = JSON.stringify(notebook.toJSON().cells);
  const state = { ...notebook.getMetadata("widgets")?.[SAVED]?.state, ...model.get("_picture") };
  const kept = Object.fromEntries(Object.entries(state).filter(([id]) => shown.includes(id)));
  notebook.setMetadata("widgets", { [SAVED]: { version_major: 2, version_minor: 0, state: kept } });
}

const PATIENCE = 3000; // milliseconds: an idle kernel answers in a few hundredths of that

/**
 * Say in place that no kernel answers, from when it was asked in vain until it answers; returns what asks it. A kernel
 * that was restarted knows nothing of this widget, and JupyterLab says nothing of one that died.
 *
 * @param {Model<any>} model
 * @param {Element} place
 */
function askKernel(model, place) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const ask = () => {
    waiting ??= setTimeout(() => say(place, model.get("_alone")), PATIENCE);
    try {
      model.send?.({});
    } catch {} // JupyterLab throws after a restart
  };
  model.on("msg:custom", () => {
    clearTimeout(waiting);
    waiting = undefined;
    say(place, "");
  });
  model.on("comm_live_update", ask); // Jupyter's word for a restart
  return ask;
}

/**
 * A front end, for JupyterLab (anywidget) and for a page without Python. build fills the root, whose class is name, with
 * what never changes, and returns the function that shows the state; that runs again after each change.
 *
 * @template {{ texts: Texts }} Traits
 * @param {string} name
 * @param {(parts: Parts<Traits>) => () => void} build
 */
export const frontEnd = (name, build) => ({
  /** @param {{ model: Model<Traits>, el: HTMLElement }} place */
  render({ model, el }) {
    const state = stateOf(model);
    const { title, locale } = state.texts;
    const root = element("div", { class: `lesson-widget ${name}`, role: "group", "aria-label": title, lang: locale });
    const alone = live("lw-alone");
    const ask = model.send && askKernel(model, alone); // a page without Python has no send
    /** @param {Partial<Traits>} changes */
    const set = (changes) => {
      for (const trait in changes) model.set(trait, /** @type {Traits[typeof trait]} */ (changes[trait]));
      model.save_changes();
      ask?.();
    };
    const show = build({ root, state, set });
    if (ask) root.prepend(alone);
    keepKeys(root);
    el.append(root);
    model.on("change", show);
    show();
    keepPicture(model);
    return () => model.off("change", show);
  },
});

// ------------------------------------------------------------ elements

/**
 * An element with its attributes and children; strings become text, since a token may look like markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean>} attributes
 * @param {...(Node | string)} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/**
 * A function for <div>s of the classes PREFIX-KIND: (role, kind, ...children).
 *
 * @param {string} prefix
 * @returns {(role: string, kind: string, ...children: (Node | string)[]) => HTMLElement}
 */
export const divs =
  (prefix) =>
  (role, kind, ...children) =>
    element("div", { role, class: `${prefix}-${kind}` }, ...children);

/**
 * A control under its name.
 *
 * @param {string} name
 * @param {...Node} control  what follows may be a number beside it
 */
export const labelled = (name, ...control) => element("label", {}, element("span", {}, name), ...control);

/**
 * A menu of [value, text] that tells what is chosen; unchosen is what it says while it has no value.
 *
 * @param {[value: string | number, text: string][]} options
 * @param {(value: string) => void} choose
 * @param {string} [unchosen]
 */
export function menu(options, choose, unchosen) {
  const select = element("select", {}, ...options.map(([value, text]) => element("option", { value }, text)));
  if (unchosen) select.prepend(element("option", { hidden: "", value: "" }, unchosen));
  select.addEventListener("change", () => choose(select.value));
  return select;
}

/**
 * The options 0 to n - 1 of a menu.
 *
 * @param {number} n
 * @returns {[number, string][]}
 */
export const numbered = (n) => Array.from({ length: n }, (_, i) => [i, String(i)]);

/**
 * A slider that tells its place.
 *
 * @param {{ min?: number, max?: number, step: number }} places
 * @param {(place: number) => void} turn
 */
export function slider(places, turn) {
  const input = element("input", { type: "range", ...places });
  input.addEventListener("input", () => turn(Number(input.value)));
  return input;
}

/**
 * A number that the control beside it tells a screen reader itself.
 *
 * @param {string} kind  its class
 */
export const unspoken = (kind) => element("span", { class: kind, "aria-hidden": "true" });

/**
 * A place where a screen reader listens; see say.
 *
 * @param {string} kind  its class
 */
export const live = (kind) => element("div", { class: kind, "aria-live": "polite" });

/**
 * Put a text where a screen reader listens: it is announced only if it changed.
 *
 * @param {Element} place
 * @param {string} text
 */
export function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

// ------------------------------------------------------------ keys

/**
 * Keep JupyterLab from taking arrows, Enter and letters of the controls below root for itself.
 *
 * @param {HTMLElement} root
 */
export function keepKeys(root) {
  for (const control of root.querySelectorAll("textarea, select, button, input")) {
    /** @type {HTMLElement} */ (control).dataset.lmSuppressShortcuts = "true";
  }
}

/** @param {KeyboardEvent} event */
export const withModifier = (event) => event.ctrlKey || event.metaKey || event.altKey;

/** @typedef {[down: number, right: number]} Step */

/** @type {Record<string, Step>} */
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
/** @type {Record<string, Step>} */
const GRID_KEYS = { ...ARROWS, Home: [0, -Infinity], End: [0, Infinity] };

/**
 * Tell of each arrow that is pressed below root.
 *
 * @param {HTMLElement} root
 * @param {(step: Step) => void} move
 * @param {Record<string, Step>} keys
 */
export function onArrows(root, move, keys = ARROWS) {
  root.addEventListener("keydown", (event) => {
    if (!(event.key in keys) || withModifier(event)) return;
    event.preventDefault();
    move(keys[event.key]);
  });
}

/**
 * The keyboard in a grid: one button is in the tab order, and arrows, Home and End move the focus from it.
 *
 * @param {HTMLElement} grid
 * @param {HTMLButtonElement[][]} rows  its buttons
 * @param {[row: number, column: number]} start
 * @param {() => void} [moved]  called when the focus has another place
 * @returns {() => [row: number, column: number]}  where the focus is, or comes back to
 */
export function roving(grid, rows, start, moved) {
  let at = start;
  const mark = () => {
    for (const button of rows.flat()) button.tabIndex = button === rows[at[0]][at[1]] ? 0 : -1;
  };
  for (const type of ["focus", "click"]) {
    grid.addEventListener(
      type,
      ({ target }) => {
        const button = /** @type {Element} */ (target).closest("button");
        const r = rows.findIndex((row) => button && row.includes(button));
        if (!button || r < 0 || button === rows[at[0]][at[1]]) return;
        at = [r, rows[r].indexOf(button)];
        mark();
        moved?.();
      },
      { capture: true }, // before what the click does
    );
  }
  onArrows(
    grid,
    (step) => {
      const last = [rows.length - 1, rows[0].length - 1];
      const [r, c] = step.map((by, axis) => Math.min(Math.max(at[axis] + by, 0), last[axis]));
      rows[r][c].focus();
    },
    GRID_KEYS,
  );
  mark();
  return () => at;
}

// ------------------------------------------------------------ words and numbers

/**
 * "{n} of {T}" with its names replaced by values.
 *
 * @param {string} text
 * @param {Record<string, unknown>} values
 */
export const fill = (text, values) => text.replace(/{(\w+)}/g, (_, name) => String(values[name]));

/**
 * What writes a number as the language does.
 *
 * @param {string} locale
 * @param {Intl.NumberFormatOptions} [options]
 */
export const formatter = (locale, options) => new Intl.NumberFormat(locale, options).format;

/**
 * Two decimals, and no minus before 0.
 *
 * @param {string} locale
 */
export const decimals = (locale) =>
  formatter(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "negative" });

/**
 * Whole percents.
 *
 * @param {string} locale
 */
export const percents = (locale) => formatter(locale, { style: "percent" });

/** @param {number[]} values */
export const sum = (values) => values.reduce((a, b) => a + b, 0);

/**
 * Probabilities in proportion to the exponentials of scores.
 *
 * @param {number[]} scores
 */
export function softmax(scores) {
  const largest = scores.reduce((a, b) => Math.max(a, b));
  const weights = scores.map((score) => Math.exp(score - largest));
  const total = sum(weights);
  return weights.map((weight) => weight / total);
}
