// Marp makes each deck one file that asks nothing of the network: gpt2.pt.md → ../build/slides/gpt2.pt.html, .pdf, .pptx, .txt.
// Paths in a deck are seen from the folder that marp runs in, which is the deck's own; paths in the theme, from this one.

import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

import { defineConfig } from "@marp-team/marp-cli";

import { inlineUrls } from "./lib/assets.mjs";
import { frontEnd, known } from "./lib/front_end.mjs";
import { formulas, links, pictures, widgets } from "./lib/markdown.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const output = fileURLToPath(new URL("../build/slides", import.meta.url));
const decks = process.cwd();
const paper = process.argv.some((argument) => ["--pdf", "--pptx"].includes(argument));

export default defineConfig({
  output,
  themeSet: "./theme",
  options: {
    markdown: { breaks: false },
    emoji: { shortcode: true, unicode: false }, // Marp's own emoji are pictures from a server
    math: "mathjax", // KaTeX's fonts are on a server
  },
  engine: ({ marp }) => {
    const used = new Set();
    marp.use(formulas).use(links, relative(output, decks), paper).use(pictures, decks).use(widgets, decks, known, used);
    const render = marp.render.bind(marp);
    marp.render = async (...deck) => {
      const { html, css, comments } = render(...deck);
      const style = inlineUrls(css, here);
      if (paper || used.size === 0) return { html, css: style, comments };
      const live = await frontEnd([...used]);
      return { html: `${html}<script type="module">${live.js}</script>`, css: style + live.css, comments };
    };
    return marp;
  },
});
