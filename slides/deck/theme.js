// Light for a bright room, dark for a dark one: the key "d" changes between them, and the tab remembers, if it may: in
// a sandboxed frame, or where storage is turned off, the browser throws.

import { Model } from "../../mini_gpt/lesson/runtime/model.js";

function remembered() {
  try {
    return sessionStorage.getItem("theme");
  } catch {
    return null;
  }
}

/** @param {string} name */
function remember(name) {
  try {
    sessionStorage.setItem("theme", name);
  } catch {}
}

/** The theme of the page, :root[data-theme], as a model with one value: dark. */
export function theme() {
  const model = new Model({ dark: remembered() === "dark" });
  const show = () => {
    const name = model.get("dark") ? "dark" : "light";
    document.documentElement.dataset.theme = name;
    remember(name);
    const previews = document.querySelectorAll("iframe"); // from file:// they share nothing with this page
    for (const { contentWindow } of previews) contentWindow?.postMessage(`theme:${name}`, "*"); // a text, as Marp's are
  };
  model.on("change", show);
  addEventListener("message", ({ data }) => {
    if (data === "theme:dark" || data === "theme:light") model.receive({ dark: data === "theme:dark" });
  });
  document.addEventListener("keydown", ({ key, ctrlKey, altKey, metaKey }) => {
    if (key !== "d" || ctrlKey || altKey || metaKey) return;
    model.set("dark", !model.get("dark"));
    model.save_changes();
  });
  show();
  return model;
}
