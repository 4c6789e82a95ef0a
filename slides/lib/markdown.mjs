// What a slide's Markdown means beyond Marp's: pictures inside, live widgets, links that hold, formulas in words.

import { readFileSync } from "node:fs";
import { posix } from "node:path";

import { dataUri, local } from "./assets.mjs";

/** Runs visit(tokens, i, slide) for each block of a deck, slides counted from 1; what it throws names the slide. */
function eachBlock({ tokens }, visit) {
  let slide = 1;
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i].type === "hr" && tokens[i].level === 0) slide++;
    try {
      visit(tokens, i, slide);
    } catch (error) {
      error.message = `slide ${slide}: ${error.message}`;
      throw error;
    }
  }
}

const isLive = (token) => token.type === "image" && token.attrGet("title") === "live";

/** Every picture becomes a data: URI. Paths are seen from folder. */
export function pictures(md, folder) {
  md.core.ruler.after("inline", "deck_pictures", (state) =>
    eachBlock(state, (tokens, i) => {
      for (const image of (tokens[i].children ?? []).filter(({ type }) => type === "image")) {
        const uri = dataUri(image.attrGet("src"), folder);
        image.attrSet("src", uri);
        image.meta.marpitImage.url = uri; // for backgrounds
      }
    }),
  );
}

/**
 * ![what it shows](../assets/NAME.pt.svg "live") becomes the widget NAME: its picture, for paper, and its state from
 * ../assets/NAME.pt.json. used collects the names.
 */
export function widgets(md, folder, known, used) {
  md.core.ruler.before("deck_pictures", "deck_widgets", (state) =>
    eachBlock(state, (tokens, i) => {
      const image = tokens[i].children?.find(isLive);
      if (!image) return;
      const url = image.attrGet("src");
      if (tokens[i].children.length > 1 || tokens[i - 1].type !== "paragraph_open") {
        throw new Error(`the live ${url} must be a paragraph of its own`);
      }
      const name = posix.basename(url).split(".")[0];
      if (!known.includes(name)) throw new Error(`${url}: the widgets are ${known.join(", ")}`);
      used.add(name);
      image.attrs = image.attrs.filter(([attribute]) => attribute !== "title");
      tokens[i - 1].attrs = [["class", "widget"], ["data-widget", name]];
      tokens[i - 1].tag = tokens[i + 1].tag = "div"; // a <p> holds no widget
      const json = new state.Token("deck_state", "script", 0);
      json.content = readFileSync(local(url.replace(/\.\w+$/, ".json"), folder), "utf8").replaceAll("<", "\\u003c");
      tokens[i].children.push(json);
    }),
  );
  md.renderer.rules.deck_state = (tokens, i) => `<script type="application/json">${tokens[i].content}</script>`;
}

/** Relative links, written as seen from one folder, lead to the same place from another; on paper they are text. */
export function links(md, from, paper) {
  md.core.ruler.after("inline", "deck_links", ({ tokens }) => {
    for (const link of tokens.flatMap(({ children }) => children ?? []).filter(({ type }) => type === "link_open")) {
      const href = link.attrGet("href");
      if (/^([a-z]+:|#)/i.test(href)) continue;
      if (paper) link.attrs = [];
      else link.attrSet("href", posix.join(from, href));
    }
  });
}

/** The first heading of each slide, by its number, into found. */
export function headings(md, found) {
  md.core.ruler.after("inline", "deck_headings", (state) =>
    eachBlock(state, (tokens, i, slide) => {
      if (tokens[i].type === "heading_open") found[slide] ??= tokens[i + 1].content;
    }),
  );
}

/** A formula is read aloud as its TeX comment says ("% Q times K transposed"); without one, as its TeX. */
export function formulas(md) {
  for (const name of ["marp_math_inline", "marp_math_block"]) {
    const render = md.renderer.rules[name];
    md.renderer.rules[name] = (tokens, i, ...rest) => {
      const tex = tokens[i].content;
      const words = tex.match(/(?<!\\)%(.*)/)?.[1] ?? tex;
      const label = md.utils.escapeHtml(words.trim());
      return render(tokens, i, ...rest)
        .replace("<mjx-container", `<mjx-container role="img" aria-label="${label}"`)
        .replace(/<svg([^>]*) role="img"/, '<svg$1 aria-hidden="true"');
    };
  }
}
