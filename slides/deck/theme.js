// Light for a bright room, dark for a dark one: the key "d" changes between them, and the tab remembers.

import { Model } from "./model.js";

/** The theme of the page, :root[data-theme], as a model with one value: dark. */
export function theme() {
  const model = new Model({ dark: sessionStorage.getItem("theme") === "dark" });
  const show = () => {
    const name = model.get("dark") ? "dark" : "light";
    document.documentElement.dataset.theme = name;
    sessionStorage.setItem("theme", name);
  };
  model.on("change", () => {
    show();
    const previews = document.querySelectorAll("iframe"); // from file:// they are strangers, and share nothing else
    for (const { contentWindow } of previews) contentWindow.postMessage({ dark: model.get("dark") }, "*");
  });
  addEventListener("message", ({ data }) => typeof data?.dark === "boolean" && model.receive({ dark: data.dark }));
  document.addEventListener("keydown", ({ key, ctrlKey, altKey, metaKey }) => {
    if (key !== "d" || ctrlKey || altKey || metaKey) return;
    model.set("dark", !model.get("dark"));
    model.save_changes();
  });
  show();
  return model;
}
