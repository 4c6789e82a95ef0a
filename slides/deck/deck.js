// The deck's page comes to life: its widgets and questions, whose keys are whose, the theme, and windows in step.

import { answers, expectModels } from "./answers.js";
import { shareKeys } from "./keys.js";
import { Model } from "./model.js";
import { liveQuestion } from "./questions.js";
import { theme } from "./theme.js";
import { keepInStep } from "./windows.js";

/** @typedef {Model<Record<string, unknown>>} AnyModel */
/** @typedef {{ render(place: { model: Model<any>, el: HTMLElement }): unknown }} FrontEnd  each has traits of its own */

/**
 * The model and the element of a widget, from its host: <div data-widget="NAME"> with its state as JSON.
 *
 * @param {HTMLElement} host
 * @param {Record<string, FrontEnd>} widgets
 */
async function render(host, widgets) {
  const name = host.dataset.widget ?? "";
  if (!Object.hasOwn(widgets, name)) throw new Error(`the widgets are ${Object.keys(widgets).join(", ")}`);
  const state = JSON.parse(host.querySelector('script[type="application/json"]')?.textContent ?? "");
  const answer = answers[name];
  if (answer) expectModels(state);
  /** @type {AnyModel} */
  const model = new Model({ ...state, live: Boolean(answer) });
  const el = document.createElement("div");
  await widgets[name].render({ model, el });
  const ask = async () => {
    await null; // a choice may set several values
    const changes = answer?.(model);
    if (changes) model.receive(changes);
  };
  model.on("change", ask);
  ask();
  return { model, el };
}

/**
 * Bring every widget and question of the page to life; widgets are the front ends by name, { NAME: { render } }. A host's data-state
 * becomes "live", or "failed": then its picture stays, and the console says why. At the end :root[data-widgets] is
 * "ready".
 *
 * @param {Record<string, FrontEnd>} widgets
 */
export async function mount(widgets) {
  const view = new URLSearchParams(location.search).get("view"); // Marp's: the presenter's window holds previews
  /** @type {Record<string, Model<any>>} */
  const models = {};
  /** @param {HTMLElement} el */
  const share = (el) => {
    if (view === "next" || view === "overview") el.inert = true;
    else shareKeys(el);
  };
  for (const [i, host] of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll("[data-widget]")
  ).entries()) {
    try {
      const { model, el } = await render(host, widgets);
      share(el);
      host.append(el);
      host.dataset.state = "live";
      models[i] = model;
    } catch (error) {
      host.dataset.state = "failed";
      console.error(`The widget ${host.dataset.widget} stays a picture:`, error);
    }
  }
  for (const host of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-question]"))) {
    share(host);
    models[`question ${host.dataset.question}`] = liveQuestion(host);
  }
  models.theme = theme();
  keepInStep(models);
  document.documentElement.dataset.widgets = "ready";
}
