// Whose key is it? The clicker's keys always turn the slide. A control keeps the keys that it uses. All others are the
// deck's, wherever the focus is: Marp itself would give a focused control all of them.

const PRESS = [" ", "Enter"];
const MOVE = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"];
/** @type {Record<string, string[]>} */
const USED = { a: ["Enter"], button: PRESS, summary: PRESS, checkbox: [" "], radio: [" ", ...MOVE], range: MOVE };

/**
 * Whether the browser does something of its own with the key in a control that has the focus.
 *
 * @param {Element} control
 * @param {string} key
 */
function uses(control, key) {
  const kind = control instanceof HTMLInputElement ? control.type : control.localName;
  return USED[kind]?.includes(key) ?? control.matches("input, select, textarea, [contenteditable]");
}

/**
 * Hand the key to the deck, which listens at the document, past whatever is between.
 *
 * @param {KeyboardEvent} event
 */
function handOver(event) {
  event.stopImmediatePropagation();
  const { key, code, shiftKey, ctrlKey, altKey, metaKey } = event;
  const copy = new KeyboardEvent("keydown", { key, code, shiftKey, ctrlKey, altKey, metaKey, cancelable: true });
  if (!document.dispatchEvent(copy)) event.preventDefault();
}

/**
 * Share the keys between the controls below root and the deck. Touches there are the controls' alone: no swipes.
 *
 * @param {HTMLElement} root
 */
export function shareKeys(root) {
  root.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "PageUp" && event.key !== "PageDown") return;
      event.preventDefault(); // a slider would jump
      handOver(event);
    },
    { capture: true }, // before any widget
  );
  root.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || uses(/** @type {Element} */ (event.target), event.key)) event.stopPropagation();
    else handOver(event);
  });
  for (const type of ["touchstart", "touchmove", "touchend"]) {
    root.addEventListener(type, (event) => event.stopPropagation(), { passive: true });
  }
}
