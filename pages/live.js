// The widgets and questions of a page come to life. build.py puts this and all that it imports into the site's live.js.

import { render } from "../mini_gpt/lesson/runtime/host.js";
import attention_explorer from "../mini_gpt/lesson/widgets/attention_explorer.js";
import guessing_game from "../mini_gpt/lesson/widgets/guessing_game.js";
import mask_painter from "../mini_gpt/lesson/widgets/mask_painter.js";
import next_token from "../mini_gpt/lesson/widgets/next_token.js";
import patching_grid from "../mini_gpt/lesson/widgets/patching_grid.js";
import scale_dial from "../mini_gpt/lesson/widgets/scale_dial.js";
import sense_explorer from "../mini_gpt/lesson/widgets/sense_explorer.js";
import { liveQuestion } from "../slides/deck/questions.js";

const widgets = {
  attention_explorer,
  guessing_game,
  mask_painter,
  next_token,
  patching_grid,
  scale_dial,
  sense_explorer,
};

for (const host of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-widget]"))) {
  try {
    const { el } = await render(host, widgets);
    host.append(el);
    host.dataset.state = "live";
  } catch (error) {
    host.dataset.state = "failed";
    console.error(`The widget ${host.dataset.widget} stays a picture:`, error);
  }
}
for (const host of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-question]"))) {
  liveQuestion(host);
}
document.documentElement.dataset.widgets = "ready";
