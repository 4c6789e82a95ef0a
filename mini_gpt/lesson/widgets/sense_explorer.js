// One word in many sentences: where its vectors lie at each layer, and how alike they are.
//
// One module for JupyterLab (anywidget) and for a page without Python. Its state, `model`, holds
//   words, senses, sees, views, texts               what never changes: see sense_explorer.py
//   word, model, clue, layer, centred, picked       what is set here, and may be set from outside

import { element, fill, keepKeys, say } from "./page.js";

const SHAPES = ["circle", "square"]; // of the two senses
const NEAR = 0.015; // two points are in one place; the plot is 2 wide

/** The sentences whose points lie where that of sentence i does. */
export const together = (points, i) =>
  [...points.keys()].filter((j) => Math.hypot(points[j][0] - points[i][0], points[j][1] - points[i][1]) < NEAR);

// ------------------------------------------------------------ the page

function render({ model, el }) {
  const { words, senses, sees, views, texts } = Object.fromEntries(
    ["words", "senses", "sees", "views", "texts"].map((name) => [name, model.get(name)]),
  );
  const last = Object.values(Object.values(views)[0].after)[0].points.length - 1;
  const format = (options) => new Intl.NumberFormat(texts.locale, options).format;
  const number = format({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const percent = format({ style: "percent" });
  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const view = () => views[model.get("model")][model.get("clue")][model.get("word")];
  const sentences = () => words[model.get("word")][model.get("clue")];

  // ---------------------------------------- what is chosen above the plot
  const label = (name, ...controls) => element("label", {}, element("span", {}, texts[name]), ...controls);
  const choices = {
    word: Object.keys(words).map((word) => [word, word]),
    model: Object.keys(views).map((name) => [name, fill(texts[sees[name]], { model: name })]),
    clue: ["before", "after"].map((clue) => [clue, texts[clue]]),
    measure: ["raw", "centred"].map((measure) => [measure, texts[measure]]),
  };
  const selects = Object.entries(choices).map(([name, options]) => {
    const select = element("select");
    select.append(...options.map(([value, text]) => element("option", { value }, text)));
    select.addEventListener("change", () =>
      name === "measure" ? set("centred", select.value === "centred") : set(name, select.value));
    return { name, select };
  });
  const slider = element("input", { type: "range", min: 0, max: last, step: 1 });
  const shownLayer = element("span", { class: "se-n", "aria-hidden": "true" }); // the slider itself tells it
  slider.addEventListener("input", () => set("layer", Number(slider.value)));
  const [word, reader, clue, measure] = selects.map(({ name, select }) => label(name, select));
  const measureNow = () => (model.get("centred") ? "centred" : "raw");

  function showChoices() {
    for (const { name, select } of selects) select.value = name === "measure" ? measureNow() : model.get(name);
    slider.value = model.get("layer");
    shownLayer.textContent = fill(texts["layer n"], { n: model.get("layer"), last });
  }

  // ---------------------------------------- the points: one is in the tab order, arrows pick the next
  const buttons = senses.map((sense, i) => {
    const button = element("button", { type: "button", role: "radio", class: `se-point se-${SHAPES[sense]}` });
    button.addEventListener("click", () => {
      const here = together(view().points[model.get("layer")], i);
      pick(here[(here.indexOf(model.get("picked")) + 1) % here.length]);
    });
    return button;
  });
  const pick = (i) => {
    set("picked", i);
    buttons[i].focus();
  };
  const steps = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };
  const plot = element("div", { role: "radiogroup", class: "se-plot" }, ...buttons);
  plot.addEventListener("keydown", (event) => {
    const step = steps[event.key], n = senses.length;
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    pick((model.get("picked") + step + n) % n);
  });
  const legend = SHAPES.map((shape) =>
    element("span", {}, element("i", { class: `se-point se-${shape}`, "aria-hidden": "true" }), element("b")));

  function showPoints() {
    const name = model.get("word"), names = words[name].senses;
    plot.setAttribute("aria-label", fill(texts.points, { word: name }));
    legend.forEach((entry, sense) => (entry.lastChild.textContent = names[sense]));
    view().points[model.get("layer")].forEach(([x, y], i) => {
      const button = buttons[i], chosen = i === model.get("picked");
      button.style.left = `${50 + 46 * x}%`;
      button.style.top = `${50 - 46 * y}%`;
      button.tabIndex = chosen ? 0 : -1;
      button.setAttribute("aria-checked", chosen);
      button.setAttribute("aria-label", `${names[senses[i]]}: ${sentences()[i].join(` ${name} `)}`);
    });
  }

  // ---------------------------------------- the sentence that is picked
  const [before, marked, after] = ["span", "mark", "span"].map((tag) => element(tag));
  const [shape, sense] = ["i", "b"].map((tag) => element(tag));
  const sentence = element("p", { class: "se-sentence" }, before, marked, after);
  const heading = element("div", { class: "se-heading" });
  const bars = ["same", "other", "random"].map((kind) => {
    const [bar, value] = [element("i", { class: `se-bar se-${kind}` }), element("span", { class: "se-number" })];
    const track = element("span", { class: "se-track", "aria-hidden": "true" }, bar);
    return { bar, value, row: element("div", { class: "se-row" }, element("span", {}, texts[kind]), track, value) };
  });

  function showPicked() {
    const [i, layer, name] = ["picked", "layer", "word"].map((trait) => model.get(trait));
    before.textContent = `${sentences()[i][0]} `;
    marked.textContent = name;
    after.textContent = ` ${sentences()[i][1]}`;
    shape.className = `se-point se-${SHAPES[senses[i]]}`;
    sense.textContent = words[name].senses[senses[i]];
    after.classList.toggle("se-unseen", sees[model.get("model")] === "left");
    heading.textContent = fill(texts.cosines, { measure: texts[measureNow()] });
    view().cosines[Number(model.get("centred"))][layer][i].forEach((cosine, kind) => {
      const { bar, value } = bars[kind];
      bar.style.left = `${50 + 50 * Math.min(cosine, 0)}%`;
      bar.style.width = `${50 * Math.abs(cosine)}%`;
      value.textContent = number(cosine);
    });
  }

  function remarks() {
    const layer = model.get("layer"), { points, kept } = view();
    const n = together(points[layer], model.get("picked")).length;
    return [
      fill(texts.kept, { kept: percent(kept[layer]) }),
      n > 1 ? fill(texts.together, { n }) : "",
      sees[model.get("model")] === "left" ? texts.unseen : "",
    ].filter(Boolean).join(" ");
  }

  // ---------------------------------------- all of it
  const remark = element("p", { class: "se-remark" });
  const root = element("div", { class: "lesson-widget sense-explorer", role: "group", "aria-label": texts.title, lang: texts.locale },
    element("div", { class: "se-choices" }, word, clue, reader, label("layer", slider, shownLayer), measure),
    element("div", { class: "se-columns" },
      element("div", { class: "se-seen" }, plot, element("div", { class: "se-legend" }, ...legend)),
      element("div", { class: "se-told" }, element("div", { class: "se-legend" }, element("span", {}, shape, sense)), sentence,
        element("div", { class: "se-cosines", "aria-live": "polite", "aria-atomic": "true" },
          heading, ...bars.map(({ row }) => row)),
        remark, element("p", { class: "se-note" }, texts.note))));
  keepKeys(root);

  function show() {
    showChoices();
    showPoints();
    showPicked();
    say(remark, remarks());
  }

  el.append(root);
  model.on("change", show);
  show();
  return () => model.off("change", show);
}

export default { render };
