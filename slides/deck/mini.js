// The mini that this page carries (see data.mjs): unpacked at the first question, and then kept.

import { data } from "./data.mjs";
import { GPT, readSafetensors } from "./gpt.js";
import { WordTokenizer } from "./tokenizer.js";

/** @param {string} name */
function bytes(name) {
  const letters = atob(document.getElementById(name)?.textContent ?? "");
  const all = new Uint8Array(letters.length);
  for (let i = 0; i < all.length; i++) all[i] = letters.charCodeAt(i);
  return all;
}

/** @param {string} name */
const json = (name) => JSON.parse(new TextDecoder().decode(bytes(name)));

/** Throws if the page does not carry mini. */
export function expectMini() {
  const missing = Object.keys(data).filter((name) => !document.getElementById(name));
  if (missing.length > 0) throw new Error(`the page lacks ${missing.join(", ")}`);
}

/** @type {{ gpt: GPT, tokenizer: WordTokenizer } | null} */
let unpacked = null;

export function mini() {
  unpacked ??= {
    gpt: new GPT(json("mini-config"), readSafetensors(bytes("mini-weights").buffer)),
    tokenizer: new WordTokenizer(json("mini-tokenizer")),
  };
  return unpacked;
}
