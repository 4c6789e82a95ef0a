// What a slide's Markdown means beyond Marp's: pictures inside, live widgets, questions, links that hold, formulas in
// words.

import { readFileSync } from "node:fs";
import { posix } from "node:path";

import { dataUri, local } from "./assets.mjs";

/** @typedef {import("markdown-it").default} MarkdownIt */
/** @typedef {import("markdown-it/lib/token.mjs").default} Token */
/** @typedef {import("markdown-it/lib/renderer.mjs").RenderRule} RenderRule */
/** @typedef {import("markdown-it/lib/rules_core/state_core.mjs").default} State */

/**
 * Runs visit(tokens, i, slide) for each block of a deck, slides counted from 1; what it throws names the slide.
 *
 * @param {State} state
 * @param {(tokens: Token[], i: number, slide: number) => void} visit
 */
function eachBlock({ tokens }, visit) {
  let slide = 1;
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i].type === "hr" && tokens[i].level === 0) slide++;
    try {
      visit(tokens, i, slide);
    } catch (error) {
      throw new Error(`slide ${slide}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
}

/** @type {(token: Token, name: string) => string} */
const attribute = (token, name) => token.attrGet(name) ?? "";

/** @param {Token} token */
const isLive = (token) => token.type === "image" && token.attrGet("title") === "live";

/**
 * Every picture becomes a data: URI. Paths are seen from folder.
 *
 * @param {MarkdownIt} md
 * @param {string} folder
 */
export function pictures(md, folder) {
  md.core.ruler.after("inline", "deck_pictures", (state) =>
    eachBlock(state, (tokens, i) => {
      for (const image of (tokens[i].children ?? []).filter(({ type }) => type === "image")) {
        const uri = dataUri(attribute(image, "src"), folder);
        image.attrSet("src", uri);
        image.meta.marpitImage.url = uri; // for backgrounds
      }
    }),
  );
}

/**
 * ![what it shows](../assets/NAME.pt.svg "live") becomes the widget NAME: its picture, for paper, and its state from
 * ../assets/NAME.pt.json. used collects the names.
 *
 * @param {MarkdownIt} md
 * @param {string} folder
 * @param {string[]} known
 * @param {Set<string>} used
 */
export function widgets(md, folder, known, used) {
  md.core.ruler.before("deck_pictures", "deck_widgets", (state) =>
    eachBlock(state, (tokens, i) => {
      const children = tokens[i].children ?? [];
      const image = children.find(isLive);
      if (!image) return;
      const url = attribute(image, "src");
      if (children.length > 1 || tokens[i - 1].type !== "paragraph_open") {
        throw new Error(`the live ${url} must be a paragraph of its own`);
      }
      const name = posix.basename(url).split(".")[0];
      if (!known.includes(name)) throw new Error(`${url}: the widgets are ${known.join(", ")}`);
      used.add(name);
      image.attrs = image.attrs?.filter(([name]) => name !== "title") ?? [];
      tokens[i - 1].attrs = [
        ["class", "widget"],
        ["data-widget", name],
      ];
      tokens[i - 1].tag = tokens[i + 1].tag = "div"; // a <p> holds no widget
      const json = new state.Token("deck_state", "script", 0);
      json.content = readFileSync(local(url.replace(/\.\w+$/, ".json"), folder), "utf8").replaceAll("<", "\\u003c");
      children.push(json);
    }),
  );
  md.renderer.rules.deck_state = (tokens, i) => `<script type="application/json">${tokens[i].content}</script>`;
}

/** @typedef {{ pt: string, en: string }} Words */
/** @typedef {{ text: Words, reply: Words, right?: boolean, see?: string }} Choice */
/** @typedef {{ id: string, text: Words, choices: Choice[] }} Question */

const TEXTS = {
  vote: {
    pt: "Votação: quem fica com A? Com B? Levantem a mão. Depois revele (tecla r) e abra as outras respostas.",
    en: "Vote: hands up for A, then for B, and so on. Then reveal (the key r), and unfold the other replies.",
  },
  reveal: { pt: "Revelar (r)", en: "Reveal (r)" },
  answer: { pt: "A resposta é", en: "The answer is" },
};

/** @param {number} i */
const letter = (i) => String.fromCharCode(65 + i);

/**
 * [ID](../notebooks/lessons/questions.json#en "question") becomes that question in that language: its text, its choices,
 * whose replies are folded, and what reveals the answer in a live page. What the presenter must know goes into notes, by
 * slide. Paths are seen from folder.
 *
 * @param {MarkdownIt} md
 * @param {string} folder
 * @param {string[]} notes
 */
export function questions(md, folder, notes) {
  md.core.ruler.after("block", "deck_questions", (state) =>
    eachBlock(state, (tokens, i, slide) => {
      const [, id, url, lang] = tokens[i].content.match(/^\[(\w+)\]\((\S+)#(pt|en) "question"\)$/) ?? [];
      if (lang !== "pt" && lang !== "en") return;
      /** @type {Question[]} */
      const all = JSON.parse(readFileSync(local(url, folder), "utf8"));
      const question = all.find((each) => each.id === id);
      if (!question) throw new Error(`${url} has no question ${id}`);
      const right = question.choices.findIndex((choice) => choice.right);
      const answer = `${TEXTS.answer[lang]} ${letter(right)}.`;

      /** @param {string} content */
      const inline = (content) => Object.assign(new state.Token("inline", "", 0), { content, children: [] });
      /** @type {(tag: string, attrs: Record<string, string>, ...inside: (string | Token[])[]) => Token[]} */
      const element = (tag, attrs, ...inside) => {
        const [open, close] = [new state.Token("deck_open", tag, 1), new state.Token("deck_close", tag, -1)];
        open.attrs = Object.entries(attrs);
        return [open, ...inside.flatMap((each) => (typeof each === "string" ? [inline(each)] : each)), close];
      };
      const choices = question.choices.map(({ text, reply }, i) => {
        const folded = element("details", {}, element("summary", {}, text[lang]), element("p", {}, reply[lang]));
        return element("li", i === right ? { "data-right": "" } : {}, folded);
      });
      const parts = [
        element("p", {}, question.text[lang]),
        element("ol", { type: "A" }, ...choices),
        element("button", { type: "button" }, TEXTS.reveal[lang]),
        element("p", { role: "status", "data-answer": answer }),
      ];
      tokens.splice(i - 1, 3, ...element("div", { "data-question": id }, ...parts));
      const replies = question.choices.map(
        ({ reply, see }, i) => `${letter(i)}. ${reply[lang]}${see ? ` (${see})` : ""}`,
      );
      notes[slide] = [TEXTS.vote[lang], answer, ...replies].join("\n").replace(/[`*$]/g, ""); // notes are plain text
    }),
  );
}

/**
 * Relative links, written as seen from one folder, lead to the same place from another; on paper they are text.
 *
 * @param {MarkdownIt} md
 * @param {string} from
 * @param {boolean} paper
 */
export function links(md, from, paper) {
  md.core.ruler.after("inline", "deck_links", ({ tokens }) => {
    for (const link of tokens.flatMap(({ children }) => children ?? []).filter(({ type }) => type === "link_open")) {
      const href = attribute(link, "href");
      if (/^([a-z]+:|#)/i.test(href)) continue;
      if (paper) link.attrs = [];
      else link.attrSet("href", posix.join(from, href));
    }
  });
}

/**
 * The first heading of each slide, by its number, into found.
 *
 * @param {MarkdownIt} md
 * @param {string[]} found
 */
export function headings(md, found) {
  md.core.ruler.after("inline", "deck_headings", (state) =>
    eachBlock(state, (tokens, i, slide) => {
      if (tokens[i].type === "heading_open") found[slide] ??= tokens[i + 1].content;
    }),
  );
}

/**
 * A formula is read aloud as its TeX comment says ("% Q times K transposed"); without one, as its TeX.
 *
 * @param {MarkdownIt} md
 */
export function formulas(md) {
  for (const name of ["marp_math_inline", "marp_math_block"]) {
    const render = /** @type {RenderRule} */ (md.renderer.rules[name]); // Marp's
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
