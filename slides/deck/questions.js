// A question to the room: people vote, the presenter reveals which choice is right, and each choice unfolds its reply.

import { Model } from "../../mini_gpt/lesson/runtime/model.js";

/**
 * Bring a question to life, as lib/markdown.mjs has made it: <div data-question="ID">. Its button, or the key "r" while
 * its slide is shown, reveals the answer, and hides it again.
 *
 * @param {HTMLElement} host
 */
export function liveQuestion(host) {
  const choices = [...host.querySelectorAll("details")];
  const right = choices.findIndex((choice) => choice.closest("[data-right]"));
  const status = /** @type {HTMLElement} */ (host.querySelector("[role=status]"));
  const model = new Model({ open: -1, revealed: false }); // open: the choice whose reply is unfolded

  const reveal = () => {
    const revealed = !model.get("revealed");
    model.set("revealed", revealed);
    model.set("open", revealed ? right : -1);
    model.save_changes();
  };
  host.querySelector("button")?.addEventListener("click", reveal);
  document.addEventListener("keydown", ({ key, ctrlKey, altKey, metaKey }) => {
    if (key === "r" && !ctrlKey && !altKey && !metaKey && host.closest(".bespoke-marp-active")) reveal();
  });
  for (const [i, choice] of choices.entries()) {
    choice.querySelector("summary")?.addEventListener("click", (event) => {
      event.preventDefault(); // the other windows' unfolds with it
      model.set("open", model.get("open") === i ? -1 : i);
      model.save_changes();
    });
  }

  model.on("change", () => {
    for (const [i, choice] of choices.entries()) choice.open = i === model.get("open");
    host.toggleAttribute("data-revealed", model.get("revealed"));
    status.textContent = model.get("revealed") ? (status.dataset.answer ?? "") : "";
  });
  host.dataset.state = "live";
  return model;
}
