// A deck to read, as JSON on standard output: for each slide its HTML, its notes and its classes. A page shows them one
// below the other (see pages/build.py).
//
//     node lib/read.mjs gpt2.en.md

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Marp } from "@marp-team/marp-core";

import { known } from "./front_end.mjs";
import { formulas, pictures, questions, widgets } from "./markdown.mjs";

const deck = resolve(process.argv[2]);
const folder = dirname(deck);
/** @type {Set<string>} */
const used = new Set();
/** @type {string[]} */
const asked = [];
const marp = new Marp({ inlineSVG: false, script: false, emoji: { shortcode: true, unicode: false }, math: "mathjax" });
marp.use(formulas).use(questions, folder, asked).use(pictures, folder).use(widgets, folder, known, used);
const { html, comments } = marp.render(readFileSync(deck, "utf8"), { htmlAsArray: true });
const slides = html.map((each, i) => ({ html: each, notes: comments[i].concat(asked[i + 1] ?? []) }));
process.stdout.write(JSON.stringify({ slides, widgets: [...used] }));
