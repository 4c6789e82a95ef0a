// A page with one model in it: write with it, and see where each of its heads looks. See model_page.py.

import { idsOf } from "./runtime/answers.js";
import { render } from "./runtime/host.js";
import { Model } from "./runtime/model.js";
import { unpacked } from "./runtime/models.js";
import next_token from "./widgets/next_token.js";
import { element, fill, frontEnd, live, percents, roving, say } from "./widgets/page.js";

/** @typedef {Float32Array} Row  of a query's weights: one for each key, up to its own */
/** @typedef {import("./widgets/next_token.js").Traits} Writing */

/**
 * @typedef {object} Looks
 * @property {import("./widgets/page.js").Texts} texts
 * @property {string[]} tokens
 * @property {Row[][][]} weights  [layer][query][head]
 * @property {number} query  set here, as are
 * @property {number} layer
 * @property {number} head
 */

const AT_ONCE = 50; // tokens that one press writes
const PAUSE = 150; // milliseconds after the last change of the text, before the heads are shown

// ------------------------------------------------------------ where the heads look

/** @type {(row: Row, n: number) => number[]}  the keys of the n largest weights, the largest first */
const largest = (row, n) => [...row.keys()].sort((a, b) => row[b] - row[a]).slice(0, n);

/** @type {(row: Row) => number[]}  how blue each key is, in percent: the largest weight is 100 */
const shades = (row) => [...row].map((weight) => (100 * weight) / row[largest(row, 1)[0]]);

/** @type {(shade: number) => string} */
const blue = (shade) => `color-mix(in srgb, var(--looks-blue) ${shade}%, transparent)`;

/** @type {(row: Row) => HTMLElement}  a head's weights in the order of the text */
function strip(row) {
  const made = element("i", { "aria-hidden": "true" });
  const n = row.length;
  const places = shades(row).map((shade, s) => `${blue(shade)} ${(100 * s) / n}% ${(100 * (s + 1)) / n}%`);
  made.style.backgroundImage = `linear-gradient(to right, ${places.join(", ")})`;
  return made;
}

/** @type {(kind: string, act: () => void) => HTMLButtonElement} */
function button(kind, act) {
  const made = element("button", { type: "button", class: kind });
  made.addEventListener("click", act);
  return made;
}

/** @param {import("./widgets/page.js").Parts<Looks>} parts */
function build({ root, state, set }) {
  const { texts } = state;
  const percent = percents(texts.locale);
  /** @type {(row: Row, s: number) => string} */
  const told = (row, s) => `“${state.tokens[s]}” ${percent(row[s])}`;

  const text = element("div", { role: "group", "aria-label": texts.tokens });
  /** @type {string[]} */
  let written = []; // the tokens that are now buttons
  /** @type {HTMLButtonElement[]} */
  let words = [];
  function write() {
    written = state.tokens;
    words = written.map((_, query) => button("looks-token", () => set({ query })));
    words.forEach((word, s) => word.append(written[s]));
    const line = element("div", { class: "looks-text" }, ...words);
    roving(line, [words], [0, state.query]);
    text.replaceChildren(line);
  }

  const said = live("looks-status");
  const heads = element("div", { role: "group", "aria-label": texts.heads });
  const tiles = state.weights.map(([row], layer) =>
    row.map((_, head) => button("looks-head", () => set({ layer, head }))),
  );
  tiles.forEach((row, layer) => {
    const name = element("div", { class: "looks-layer" }, fill(texts.in_layer, { layer }));
    heads.append(name, element("div", { class: "looks-heads" }, ...row));
  });
  roving(heads, tiles, [state.layer, state.head]);
  root.append(text, said, heads);

  return () => {
    if (written !== state.tokens) write();
    const { query, layer, head, tokens, weights } = state;
    const row = weights[layer][query][head];
    const shaded = shades(row);
    words.forEach((word, s) => {
      word.setAttribute("aria-pressed", String(s === query));
      word.classList.toggle("looks-later", s > query);
      word.style.backgroundColor = blue(shaded[s] ?? 0);
    });
    const list = largest(row, 3).map((s) => told(row, s));
    say(said, fill(texts.said, { query: tokens[query], layer, head, list: list.join(", ") }));
    tiles.flat().forEach((tile, i) => {
      const [l, h] = [Math.floor(i / tiles[0].length), i % tiles[0].length];
      const own = weights[l][query][h];
      const [most] = largest(own, 1);
      tile.setAttribute("aria-pressed", String(l === layer && h === head));
      tile.setAttribute("aria-label", `${fill(texts.head, { layer: l, head: h })}: ${told(own, most)}`);
      tile.replaceChildren(strip(own), element("span", {}, tokens[most]), element("b", {}, percent(own[most])));
    });
  };
}

// ------------------------------------------------------------ the page

/**
 * @param {HTMLElement} place
 * @param {Looks["texts"]} texts
 * @param {Model<Writing>} writing  what the heads look at
 */
function showLooks(place, texts, writing) {
  const carried = unpacked();
  const { gpt, tokenizer } = carried;
  const read = () => {
    const ids = idsOf(carried, writing.get("prefix")).ids.slice(-gpt.contextLength);
    gpt.read(ids);
    const weights = gpt.blocks.map(
      (block) => block.weights.map((heads, t) => heads.map((row) => row.subarray(0, t + 1))), // no query sees what follows it
    );
    return { tokens: ids.map((id) => tokenizer.name(id)), weights, query: ids.length - 1 };
  };
  /** @type {Model<Looks>} */
  const model = new Model({ texts, layer: 0, head: 0, ...read() });
  frontEnd("looks", build).render({ model, el: place });
  let shown = writing.get("prefix");
  /** @type {ReturnType<typeof setTimeout>} */
  let soon;
  writing.on("change:answered", () => {
    clearTimeout(soon);
    soon = setTimeout(() => {
      if (writing.get("problem") || writing.get("prefix") === shown) return;
      shown = writing.get("prefix");
      model.receive(read());
    }, PAUSE);
  });
}

/**
 * A button that presses the widget's own "draw" again and again, until it is pressed once more.
 *
 * @param {HTMLElement} widget
 * @param {Record<string, string>} texts
 * @param {Model<Writing>} writing
 */
function addWriter(widget, texts, writing) {
  const draw = /** @type {HTMLButtonElement} */ (widget.querySelector(".lw-primary"));
  let left = 0;
  /** @type {ReturnType<typeof setTimeout>} */
  let next;
  /** @param {number} n */
  const write = (n) => {
    left = draw.getAttribute("aria-disabled") === "true" ? 0 : n;
    writer.textContent = left > 0 ? texts.stop : fill(texts.write, { n: AT_ONCE });
    if (left > 0) draw.click();
  };
  const writer = button("", () => write(left > 0 ? 0 : AT_ONCE));
  write(0);
  writing.on("change:answered", () => {
    clearTimeout(next);
    if (left > 0) next = setTimeout(() => write(left - 1)); // once the answer is shown
  });
  draw.after(writer);
}

/** @type {(id: string) => HTMLElement} */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const texts = JSON.parse(part("texts").textContent);
const host = /** @type {HTMLElement} */ (document.querySelector("[data-widget]"));
const { model, el } = await render(host, { next_token });
const writing = /** @type {Model<any>} */ (model);
showLooks(part("looks"), texts, writing);
addWriter(el, texts, writing);
host.append(el);
document.documentElement.dataset.widgets = "ready";
