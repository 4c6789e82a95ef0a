// BertViz in a frame of its own, which can reach neither the page nor the network.

import { element, fill, keepPicture, stateOf } from "./widgets/page.js";

/**
 * See AttentionView in attention_views.py. None of it changes.
 *
 * @typedef {object} Traits
 * @property {"head_view" | "model_view" | "neuron_view"} kind
 * @property {string} d3  the sources of D3 and of BertViz's view
 * @property {string} bertviz
 * @property {{ attention: { name: string }[] }} parameters  what BertViz's JavaScript reads
 * @property {string} title
 * @property {string[]} words
 * @property {import("./widgets/page.js").Texts} texts
 */

/**
 * The little of D3 that is changed or called here.
 *
 * @typedef {object} D3Selection
 * @property {(this: D3Selection, type: string, listener?: unknown) => unknown} on
 * @property {(this: D3Selection, value?: unknown) => unknown} text
 * @property {(name: string, value: unknown) => D3Selection} attr
 * @property {(name: string, value: unknown) => D3Selection} property
 * @property {(which: string | ((datum: unknown, i: number, nodes: Element[]) => boolean)) => D3Selection} filter
 */

/**
 * Runs in the frame: all that it knows is what it is given.
 *
 * @param {Pick<Traits, "d3" | "bertviz" | "parameters" | "texts">} given
 */
function draw({ d3: d3Source, bertviz, parameters, texts }) {
  const d3 = /** @type {{ selection: { prototype: D3Selection } }} */ ({});
  new Function("exports", "module", d3Source)(d3, {});
  const { on, text } = d3.selection.prototype;

  // BertViz's own words in the page's language; a token comes from a function, and stays as it is
  const own = ["Layer", "Head", "Query", "Key", "elementwise", "No token selected"];
  /** @param {string} words */
  const translated = (words) => own.reduce((all, word) => all.replace(word, texts[word]), words);
  d3.selection.prototype.text = function (value) {
    return text.call(this, typeof value === "string" ? translated(value) : value);
  };

  // what the mouse can do, the keyboard can: Tab reaches the first of a row, arrows the others, Enter clicks
  /** @type {Record<string, string>} */
  const byKeyboard = { mouseover: "focusin", mouseleave: "focusout" };
  /** @param {KeyboardEvent} event */
  function press(event) {
    const here = /** @type {HTMLElement} */ (event.currentTarget);
    const clicked = here.matches("[data-click]") ? here : here.querySelector("[data-click]");
    if (event.key === "ArrowDown" || event.key === "ArrowRight") focus(here.nextElementSibling);
    else if (event.key === "ArrowUp" || event.key === "ArrowLeft") focus(here.previousElementSibling);
    else if (event.key === "Enter") clicked?.dispatchEvent(new MouseEvent("click"));
    else return;
    event.preventDefault();
  }
  /** @param {Element | null} place */
  const focus = (place) => /** @type {HTMLElement | null} */ (place)?.focus();
  d3.selection.prototype.on = function (type, listener) {
    if (type === "click") this.attr("data-click", "");
    if (type === "click" || type === "mouseover") {
      this.filter((_, i, nodes) => !nodes[i].parentElement?.closest("[tabindex]"))
        .attr("tabindex", (/** @type {unknown} */ _, /** @type {number} */ i) => (i ? -1 : 0))
        .property("onkeydown", () => press);
    }
    if (type in byKeyboard) {
      this.filter(":not([tabindex])").attr("tabindex", -1); // else what listens to focus would be reached by Tab
      on.call(this, byKeyboard[type], listener);
    }
    return on.call(this, type, listener);
  };

  /**
   * The little of jQuery that BertViz calls, on one element or none.
   *
   * @param {string} what  a selector, or "<option>"
   */
  function $(what) {
    const made = what.startsWith("<") ? document.createElement("option") : document.querySelector(what);
    const found = /** @type {HTMLOptionElement} */ (made); // or null: BertViz then only listens
    const query = {
      found,
      /** @param {{ found: HTMLElement }} other */
      append: (other) => calls(() => found.append(other.found)),
      /** @type {(name: string, value: string) => object} */
      attr: (name, value) => calls(() => found.setAttribute(name, value)),
      change: () => calls(() => {}),
      empty: () => calls(() => found.replaceChildren()),
      /** @type {(event: string, listener: EventListener) => object} */
      on: (event, listener) => calls(() => found?.addEventListener(event, listener)),
      /** @param {string} value */
      text: (value) => calls(() => Object.assign(found, { textContent: value })),
      /** @param {string} value */
      val: (value) => calls(() => Object.assign(found, { value })),
    };
    /** @type {(call: () => void) => object} */
    const calls = (call) => {
      call();
      return query;
    };
    return query;
  }
  const surroundings = {
    require: { config() {} },
    /** @type {(names: string[], start: (jquery: typeof $, d3: object) => void) => void} */
    requirejs: (_, start) => start($, d3),
    PYTHON_PARAMS: parameters, // the head view and the model view read this
    window: { bertviz_params: parameters }, // the neuron view this
    console: { log() {} },
  };
  new Function(...Object.keys(surroundings), bertviz)(...Object.values(surroundings));
  new ResizeObserver(() => parent.postMessage(document.documentElement.offsetHeight, "*")).observe(document.body);
}

const PAGE = `<!doctype html>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'">
<style>
  html { background: white; color: black; font: 15px sans-serif; }
  body { margin: 0; padding: 8px; overflow: hidden; }
  label { margin-right: 1em; }
  select { font: inherit; }
  #vis { overflow: auto hidden; padding: 8px 8px 2px; }
  svg { display: block; overflow: visible; }
  .neuron_view svg { min-width: 1010px; }
  :focus-visible { outline: 2px solid; }
</style>
<div id="bertviz" class="{kind}">{choices}<div id="vis"></div></div>
<script>({draw})({given})</script>`;

/**
 * A control that BertViz finds by its id; it fills those that have no options.
 *
 * @param {string} label
 * @param {string} id
 */
const choice = (label, id, options = "") => `<label>${label} <select id="${id}">${options}</select></label>`;

/** @param {{ model: import("./widgets/page.js").Model<Traits>, el: HTMLElement }} place */
function render({ model, el }) {
  const { kind, d3, bertviz, parameters, title, words, texts } = stateOf(model);
  const choices = [];
  if (kind !== "model_view") choices.push(choice(texts.Layer, "layer"));
  if (kind === "neuron_view") choices.push(choice(texts.Head, "att_head"));
  if (parameters.attention.length > 1) {
    const options = parameters.attention.map(({ name }, i) => `<option value="${i}">${name}</option>`);
    choices.push(choice(texts.Attention, "filter", options.join("")));
  }
  const given = JSON.stringify({ d3, bertviz, parameters, texts });
  const safe = given.replaceAll("<", "\\u003c"); // a token may be </script>
  const srcdoc = fill(PAGE, { kind, choices: choices.join(""), draw, given: safe });
  const frame = element("iframe", { title, sandbox: "allow-scripts", srcdoc });
  /** @param {MessageEvent} message */
  const fit = ({ source, data }) => {
    if (source === frame.contentWindow && Number.isFinite(data)) frame.style.height = `${data}px`;
  };
  window.addEventListener("message", fit);
  const list = element("ul", {}, ...words.map((line) => element("li", {}, line)));
  const inWords = element("details", {}, element("summary", {}, texts["in words"]), list);
  el.append(
    element(
      "div",
      { class: `lesson-widget attention-view ${kind}` },
      frame,
      element("p", {}, texts[`${kind} hint`]),
      inWords,
    ),
  );
  keepPicture(model);
  return () => window.removeEventListener("message", fit);
}

export default { render };
