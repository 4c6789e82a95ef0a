// Marp makes each deck one file that asks nothing of the network, called here or from the repository's root.
// Paths in a deck are seen from its own folder, its links from that of its output; paths in the theme, from this one.

import { existsSync } from "node:fs";
import { dirname, extname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { inlineUrls } from "./lib/assets.mjs";
import { frontEnd, known } from "./lib/front_end.mjs";
import { formulas, headings, links, pictures, questions, widgets } from "./lib/markdown.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const { values, positionals } = parseArgs({
  options: { "input-dir": { type: "string", short: "I" }, output: { type: "string", short: "o" } },
  allowPositionals: true,
  strict: false, // the other options are Marp's alone
});
const folder = values["input-dir"] ?? (values.server || values.s ? positionals[0] : "");
const decks = resolve(String(folder || dirname(positionals.find((path) => path.endsWith(".md")) ?? "")));
const output = values.output === "-" ? "" : String(values.output ?? "");
const pages = output ? resolve(folder ? output : dirname(output)) : decks;
const handout = values.notes;
const paper = handout || values.pdf || values.pptx || [".pdf", ".pptx"].includes(extname(output));

// Without a browser, Marp says so and then prints a screenful of its own source.
process.on("uncaughtException", ({ message }) => {
  console.error(message);
  process.exit(1);
});

if (!existsSync(`${here}node_modules`)) throw new Error("The slides' fonts are not installed: call make deck once");

/** @type {import("@marp-team/marp-cli").Config} */
export default {
  themeSet: `${here}theme`,
  options: {
    emoji: { shortcode: true, unicode: false }, // Marp's own are pictures from a server
    markdown: { breaks: false },
    math: "mathjax", // KaTeX's fonts are on a server
  },
  engine: ({ marp }) => {
    /** @type {Set<string>} */
    const used = new Set();
    /** @type {string[]} */
    const titles = [];
    /** @type {string[]} */
    const asked = [];
    marp.use(formulas).use(headings, titles).use(links, relative(pages, decks), Boolean(paper));
    marp.use(questions, decks, asked).use(pictures, decks).use(widgets, decks, known, used);
    const render = marp.render.bind(marp);
    /** @param {Parameters<typeof render>} deck */
    const whole = (...deck) => {
      const { html, css, comments } = render(...deck);
      const notes = comments.map((written, i) => written.concat(asked[i + 1] ?? []));
      const live = paper ? { html: "", css: "" } : frontEnd([...used]);
      return {
        html: html + live.html,
        css: inlineUrls(css, here) + live.css,
        comments: handout ? notes.map((each, i) => [`${i + 1}. ${titles[i + 1]}`, ...each]) : notes,
      };
    };
    marp.render = /** @type {typeof render} */ (whole);
    return marp;
  },
};
