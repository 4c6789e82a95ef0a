// A widget in a page without Python: its front end, its state, and what answers in Python's place.

import { answers, asking, expectModels } from "./answers.js";
import { Model } from "./model.js";

/** @typedef {Model<Record<string, unknown>>} AnyModel */
/** @typedef {{ render(place: { model: Model<any>, el: HTMLElement }): unknown }} FrontEnd  each has traits of its own */

/**
 * The model and the element of a widget, from its host: <div data-widget="NAME"> with its state as JSON. data-model is
 * the GPT that answers, if it is not the page's first.
 *
 * @param {HTMLElement} host
 * @param {Record<string, FrontEnd>} widgets
 */
export async function render(host, widgets) {
  const name = host.dataset.widget ?? "";
  if (!Object.hasOwn(widgets, name)) throw new Error(`the widgets are ${Object.keys(widgets).join(", ")}`);
  const state = JSON.parse(host.querySelector('script[type="application/json"]')?.textContent ?? "");
  const answer = answers[name];
  if (asking.includes(name)) expectModels(state);
  /** @type {AnyModel} */
  const model = new Model({ ...state, live: Boolean(answer) }, host.dataset.model);
  const el = document.createElement("div");
  await widgets[name].render({ model, el });
  const ask = async () => {
    await null; // a choice may set several values
    try {
      const changes = await answer?.(model);
      if (changes) model.receive(changes);
    } catch (error) {
      el.remove(); // a model did not come: the picture is back
      host.dataset.state = "failed";
      console.error(`The widget ${name} is a picture again:`, error);
    }
  };
  model.on("change", ask);
  ask();
  return { model, el };
}
