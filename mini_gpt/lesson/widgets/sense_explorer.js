// One word in many sentences: where its vectors lie at each layer, and how alike they are.

import {
  decimals,
  element,
  fill,
  frontEnd,
  labelled,
  menu,
  onArrows,
  percents,
  say,
  slider,
  unspoken,
} from "./page.js";

/** @typedef {[number, number][]} Points */
/** @typedef {{ points: Points[], kept: number[], cosines: number[][][][] }} View  by layer; cosines raw and centred */
/** @typedef {{ senses: string[], before: [string, string][], after: [string, string][] }} Word  sentences by clue */

/**
 * See sense_explorer.py.
 *
 * @typedef {object} Traits
 * @property {Record<string, Word>} words
 * @property {number[]} senses  of each sentence, 0 or 1
 * @property {Record<string, "left" | "both">} sees  what a model's word sees, by the model
 * @property {Record<string, Record<string, Record<string, View>>>} views  by model, clue and word
 * @property {import("./page.js").Texts} texts
 * @property {string} word  set here, as are
 * @property {string} model
 * @property {"before" | "after"} clue
 * @property {number} layer
 * @property {boolean} centred
 * @property {number} picked
 */

const SHAPES = ["circle", "square"]; // of the two senses
const NEAR = 0.015; // two points are in one place; the plot is 2 wide

/**
 * The sentences whose points lie where that of sentence i does.
 *
 * @param {Points} points
 * @param {number} i
 */
export const together = (points, i) =>
  [...points.keys()].filter((j) => Math.hypot(points[j][0] - points[i][0], points[j][1] - points[i][1]) < NEAR);

/** @param {import("./page.js").Parts<Traits>} parts */
function build({ root, state, set }) {
  const { words, senses, sees, views, texts } = state;
  const last = Object.values(Object.values(views)[0].after)[0].points.length - 1;
  const [number, percent] = [decimals(texts.locale), percents(texts.locale)];
  const view = () => views[state.model][state.clue][state.word];
  const sentences = () => words[state.word][state.clue];
  const measure = () => (state.centred ? "centred" : "raw");

  // ---------------------------------------- what is chosen above the plot
  /** @type {<const Name extends string>(names: Name[]) => [Name, string][]} */
  const told = (names) => names.map((name) => [name, texts[name]]);
  const word = menu(
    Object.keys(words).map((name) => [name, name]),
    (word) => set({ word }),
  );
  const reader = menu(
    Object.keys(views).map((model) => [model, fill(texts[sees[model]], { model })]),
    (model) => set({ model }),
  );
  const clue = menu(told(["before", "after"]), (clue) => set({ clue: clue === "before" ? "before" : "after" }));
  const measures = menu(told(["raw", "centred"]), (measure) => set({ centred: measure === "centred" }));
  const layer = slider({ min: 0, max: last, step: 1 }, (layer) => set({ layer }));
  const shownLayer = unspoken("se-n");

  function showChoices() {
    word.value = state.word;
    reader.value = state.model;
    clue.value = state.clue;
    measures.value = measure();
    layer.value = String(state.layer);
    shownLayer.textContent = fill(texts["layer n"], { n: state.layer, last });
  }

  // ---------------------------------------- the points: one is in the tab order, arrows pick the next
  const buttons = senses.map((sense, i) => {
    const button = element("button", { type: "button", role: "radio", class: `se-point se-${SHAPES[sense]}` });
    button.addEventListener("click", () => {
      const here = together(view().points[state.layer], i);
      pick(here[(here.indexOf(state.picked) + 1) % here.length]);
    });
    return button;
  });
  /** @param {number} i */
  const pick = (i) => {
    set({ picked: i });
    buttons[i].focus();
  };
  const plot = element("div", { role: "radiogroup", class: "se-plot" }, ...buttons);
  onArrows(plot, ([down, right]) => pick((state.picked + down + right + senses.length) % senses.length));
  const legend = SHAPES.map((shape) => {
    const name = element("b");
    return { name, entry: element("span", {}, element("i", { class: `se-point se-${shape}` }), name) };
  });

  function showPoints() {
    const names = words[state.word].senses;
    plot.setAttribute("aria-label", fill(texts.points, { word: state.word }));
    legend.forEach(({ name }, sense) => {
      name.textContent = names[sense];
    });
    view().points[state.layer].forEach(([x, y], i) => {
      const [button, chosen] = [buttons[i], i === state.picked];
      button.style.left = `${50 + 46 * x}%`;
      button.style.top = `${50 - 46 * y}%`;
      button.tabIndex = chosen ? 0 : -1;
      button.setAttribute("aria-checked", String(chosen));
      button.setAttribute("aria-label", `${names[senses[i]]}: ${sentences()[i].join(` ${state.word} `)}`);
    });
  }

  // ---------------------------------------- the sentence that is picked
  const [before, marked, after] = [element("span"), element("mark"), element("span")];
  const [shape, sense] = [element("i"), element("b")];
  const heading = element("div", { class: "se-heading" });
  const bars = ["same", "other", "random"].map((kind) => {
    const [bar, value] = [element("i", { class: `se-bar se-${kind}` }), element("span", { class: "se-number" })];
    const track = element("span", { class: "se-track", "aria-hidden": "true" }, bar);
    return { bar, value, row: element("div", { class: "se-row" }, element("span", {}, texts[kind]), track, value) };
  });

  function showPicked() {
    const { picked } = state;
    before.textContent = `${sentences()[picked][0]} `;
    marked.textContent = state.word;
    after.textContent = ` ${sentences()[picked][1]}`;
    shape.className = `se-point se-${SHAPES[senses[picked]]}`;
    sense.textContent = words[state.word].senses[senses[picked]];
    after.classList.toggle("se-unseen", sees[state.model] === "left");
    heading.textContent = fill(texts.cosines, { measure: texts[measure()] });
    view().cosines[Number(state.centred)][state.layer][picked].forEach((cosine, kind) => {
      const { bar, value } = bars[kind];
      bar.style.left = `${50 + 50 * Math.min(cosine, 0)}%`;
      bar.style.width = `${50 * Math.abs(cosine)}%`;
      value.textContent = number(cosine);
    });
  }

  function remarks() {
    const { points, kept } = view();
    const n = together(points[state.layer], state.picked).length;
    return [
      fill(texts.kept, { kept: percent(kept[state.layer]) }),
      n > 1 ? fill(texts.together, { n }) : "",
      sees[state.model] === "left" ? texts.unseen : "",
    ]
      .filter(Boolean)
      .join(" ");
  }

  // ---------------------------------------- all of it
  /** @type {(kind: string, ...children: Node[]) => HTMLElement} */
  const div = (kind, ...children) => element("div", { class: `se-${kind}` }, ...children);
  const cosines = element("div", { class: "se-cosines", "aria-live": "polite", "aria-atomic": "true" }, heading);
  cosines.append(...bars.map(({ row }) => row));
  const remark = element("p", { class: "se-remark" });
  root.append(
    div(
      "choices",
      labelled(texts.word, word),
      labelled(texts.clue, clue),
      labelled(texts.model, reader),
      labelled(texts.layer, layer, shownLayer),
      labelled(texts.measure, measures),
    ),
    div(
      "columns",
      div("seen", plot, div("legend", ...legend.map(({ entry }) => entry))),
      div(
        "told",
        div("legend", element("span", {}, shape, sense)),
        element("p", { class: "se-sentence" }, before, marked, after),
        cosines,
        remark,
        element("p", { class: "se-note" }, texts.note),
      ),
    ),
  );

  return () => {
    showChoices();
    showPoints();
    showPicked();
    say(remark, remarks());
  };
}

export default frontEnd("sense-explorer", build);
