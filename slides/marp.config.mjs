// Marp makes each deck one file that asks nothing of the network: gpt2.pt.md → ../build/slides/gpt2.pt.html and so on.
// Paths in a deck are seen from its own folder, the one that marp runs in; paths in the theme, from this one.

import { relative } from "node:path";
import { fileURLToPath } from "node:url";

import { defineConfig } from "@marp-team/marp-cli";

import { inlineUrls } from "./lib/assets.mjs";
import { frontEnd, known } from "./lib/front_end.mjs";
import { formulas, headings, links, pictures, widgets } from "./lib/markdown.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const output = fileURLToPath(new URL("../build/slides", import.meta.url));
const decks = process.cwd();
const handout = process.argv.includes("--notes");
const paper = handout || process.argv.includes("--pdf") || process.argv.includes("--pptx");

// Without a browser, Marp says so and then prints a screenful of its own source.
process.on("uncaughtException", ({ message }) => {
  console.error(message);
  process.exit(1);
});

export default defineConfig({
  output,
  themeSet: "./theme",
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
    marp.use(formulas).use(headings, titles).use(links, relative(output, decks), paper);
    marp.use(pictures, decks).use(widgets, decks, known, used);
    const render = marp.render.bind(marp);
    /** @param {Parameters<typeof render>} deck */
    const whole = (...deck) => {
      const { html, css, comments } = render(...deck);
      const live = paper ? { html: "", css: "" } : frontEnd([...used]);
      return {
        html: html + live.html,
        css: inlineUrls(css, here) + live.css,
        comments: handout ? comments.map((notes, i) => [`${i + 1}. ${titles[i + 1]}`, ...notes]) : comments,
      };
    };
    marp.render = /** @type {typeof render} */ (whole);
    return marp;
  },
});
