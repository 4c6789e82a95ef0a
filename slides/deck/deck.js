// The deck's page comes to life: its widgets and questions, whose keys are whose, the theme, and windows in step.

import { render } from "../../mini_gpt/lesson/runtime/host.js";
import { shareKeys } from "./keys.js";
import { liveQuestion } from "./questions.js";
import { theme } from "./theme.js";
import { keepInStep } from "./windows.js";

/** @typedef {import("../../mini_gpt/lesson/runtime/model.js").Model<any>} AnyModel */
/** @typedef {import("../../mini_gpt/lesson/runtime/host.js").FrontEnd} FrontEnd */

/**
 * Bring every widget and question of the page to life; widgets are the front ends by name, { NAME: { render } }. A host's data-state
 * becomes "live", or "failed": then its picture stays, and the console says why. At the end :root[data-widgets] is
 * "ready".
 *
 * @param {Record<string, FrontEnd>} widgets
 */
export async function mount(widgets) {
  const view = new URLSearchParams(location.search).get("view"); // Marp's: the presenter's window holds previews
  /** @type {Record<string, AnyModel>} */
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
