// What the front ends share. A page without a module loader gets it as part of each: see front_end in widget.py.

/** An element with its attributes and children; strings become text, since a token may look like markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** "{n} of {T}" with its names replaced by values. */
export const fill = (text, values) => text.replace(/{(\w+)}/g, (_, name) => values[name]);

/** Put a text where a screen reader listens: it is announced only if it changed. */
export const say = (place, text) => place.textContent === text || (place.textContent = text);

/** Keep JupyterLab from taking arrows, Enter and letters of the controls below root for itself. */
export function keepKeys(root) {
  for (const control of root.querySelectorAll("textarea, select, button, input")) {
    control.dataset.lmSuppressShortcuts = "true";
  }
}

/** Probabilities in proportion to the exponentials of scores, an array or a typed one. */
export function softmax(scores) {
  const largest = scores.reduce((a, b) => Math.max(a, b));
  const weights = scores.map((score) => Math.exp(score - largest));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}
