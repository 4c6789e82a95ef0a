// The models of this page: each is unpacked at the first question to it, and then kept.
//
// A file of a model stands in the page as <script type="application/octet-stream;base64" data-model="NAME"
// data-file="FILE">. Or the page says where its models are, <html data-models="FOLDER">: then FOLDER/NAME.js puts these
// into it at the first question. A script comes from a disk, too, where a page may fetch nothing.

import { GPT } from "./gpt.js";
import { readSafetensors } from "./safetensors.js";
import { tokenizerOf } from "./tokenizer.js";

/**
 * A model to ask; written are the ids of texts that were written with it, since encoding these again may give others.
 *
 * @typedef {{ gpt: GPT, tokenizer: ReturnType<typeof tokenizerOf>, written: Map<string, number[]> }} Unpacked
 */

export const FILES = ["config.json", "tokenizer.json", "model.safetensors"];

/** The name of the page's first model, which is meant where none is named. */
const first = () => /** @type {HTMLElement | null} */ (document.querySelector("script[data-model]"))?.dataset.model;

/** @type {(name: string | undefined, file: string) => string} */
function base64(name, file) {
  if (name === undefined) throw new Error("the page carries no model");
  const script = document.querySelector(`script[data-model="${CSS.escape(name)}"][data-file="${file}"]`);
  if (!script) throw new Error(`the page carries no ${file} of the model ${name}`);
  return script.textContent;
}

/** @param {string} base64 */
function bytesOf(base64) {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** Where the page's models are, if it does not carry them. */
const folder = () => document.documentElement.dataset.models;

/**
 * Throws if the page neither carries a model nor says where it is.
 *
 * @param {string} [name]
 */
export function expectModel(name = first()) {
  if (!folder()) for (const file of FILES) base64(name, file);
}

/** @type {Map<string, Promise<unknown>>} */
const coming = new Map();

/**
 * A model by its name, once it has come; without a name, the page's first.
 *
 * @param {string} [name]
 */
export async function asked(name = first()) {
  if (folder() && name && !document.querySelector(`script[data-model="${CSS.escape(name)}"]`)) {
    const script = Object.assign(document.createElement("script"), { src: `${folder()}/${name}.js` });
    const come = new Promise((resolve, reject) => {
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${script.src} did not come`));
    });
    if (!coming.has(name)) document.head.append(script);
    coming.set(name, coming.get(name) ?? come);
    await coming.get(name);
  }
  return unpacked(name);
}

/** @type {Map<string | undefined, Unpacked>} */
const all = new Map();

/**
 * A model that the page carries, by its name; without one, the page's first.
 *
 * @param {string} [name]
 * @returns {Unpacked}
 */
export function unpacked(name = first()) {
  const known = all.get(name);
  if (known) return known;
  const [config, tokenizer, weights] = FILES.map((file) => bytesOf(base64(name, file)));
  /** @param {Uint8Array} bytes */
  const json = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
  const model = {
    gpt: new GPT(json(config), readSafetensors(weights.buffer)),
    tokenizer: tokenizerOf(json(tokenizer)),
    written: new Map(),
  };
  all.set(name, model);
  return model;
}
