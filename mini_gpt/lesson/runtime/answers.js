// What Python answers to a widget in a notebook, a model answers in this page: the same traits, by the widget's name.
// Each takes the widget's model and returns the traits that change, or undefined if all is answered.

import { keyOf } from "../widgets/mask_painter.js";
import { fill, softmax } from "../widgets/page.js";
import { asked, expectModel } from "./models.js";
import { meanSurprise, nextTokenProbs, pick, ranked, uniform } from "./sampling.js";
import { END_OF_TEXT } from "./tokenizer.js";

/**
 * @template {object} Traits
 * @typedef {import("./model.js").Model<Traits>} Model
 */
/** @typedef {Record<string, Record<number, number>>} Truths  p of each possible token, along some prefixes only */
/** @typedef {import("../widgets/next_token.js").Traits & { known: Truths }} NextToken */
/** @typedef {{ stored: Record<string, unknown[][]> }} Stored  what a widget shows of a head, for each [layer][head] */
/** @typedef {import("../widgets/mask_painter.js").Traits & Stored} MaskPainter */
/** @typedef {import("../widgets/attention_explorer.js").Traits & Stored} AttentionExplorer */
/** @typedef {import("../widgets/patching_grid.js").Traits} PatchingGrid */

/**
 * Throws if the page does not carry the models that a widget asks.
 *
 * @param {{ models?: Record<string, unknown>, which?: string }} state
 */
export function expectModels({ models, which }) {
  for (const name of models ? Object.keys(models) : [which]) expectModel(name);
}

/** @param {string} prefix */
function withoutEnd(prefix) {
  const text = prefix.trimEnd();
  return text.endsWith(END_OF_TEXT) ? text.slice(0, -END_OF_TEXT.length) : prefix;
}

/**
 * The ids of a text that a model is asked to go on with, and with <|endoftext|> before them; one that closes the text is
 * left out. Throws for words that it does not know.
 *
 * @param {import("./models.js").Unpacked} model
 * @param {string} prefix
 */
export function idsOf({ tokenizer, written }, prefix) {
  const text = withoutEnd(prefix);
  const body = written.get(text) ?? tokenizer.encode(text);
  return { body, ids: opened(body, tokenizer.id(END_OF_TEXT)) };
}

/** @type {(ids: number[], end: number) => number[]}  opened of widget.py */
const opened = (ids, end) => (ids[0] === end ? ids : [end, ...ids]);

/** @type {(words: string[], texts: import("../widgets/page.js").Texts) => string}  unknown_words of widget.py */
function unknownWords(words, texts) {
  const named = words.slice(0, 3).map((word) => `“${word}”`);
  return `${texts.unknown} ${[...named, ...(words.length > 3 ? ["…"] : [])].join(", ")}`;
}

/** @param {ArrayLike<number>} logits */
const logSoftmax = (logits) => softmax(Array.from(logits)).map((p) => Math.max(Math.log(p), -1e4));

/**
 * NextToken.answer of next_token.py.
 *
 * @param {Model<NextToken>} model
 * @returns {Promise<Partial<NextToken> | undefined>}
 */
async function nextToken(model) {
  const [prefix, temperature, topK, topP] = [
    model.get("prefix"),
    model.get("temperature"),
    model.get("top_k"),
    model.get("top_p"),
  ];
  const seed = model.get("seed");
  const which = model.get("which");
  /** @type {NextToken["answered"]} */
  const answered = [prefix, temperature, topK, topP, seed, ...(which === undefined ? [] : [which])];
  const before = model.get("answered");
  if (answered.every((value, i) => before[i] === value)) return undefined;
  const texts = model.get("texts");
  const unpacked = await asked(which ?? model.asks);
  const { gpt, tokenizer, written } = unpacked;
  const unknown = tokenizer.unknown(withoutEnd(prefix));
  if (unknown.length > 0) return { answered, problem: unknownWords(unknown, texts), notes: [] };

  const { body, ids } = idsOf(unpacked, prefix);
  const known = new Map(Object.entries(model.get("models")?.[which ?? ""].known ?? model.get("known")));
  const sparse = known.get(tokenizer.decode(ids.slice(1)));
  const notes = [];
  if (!sparse && known.size > 0) notes.push(texts.along);
  if (ids.length > gpt.contextLength) notes.push(fill(texts.window, { n: gpt.contextLength }));

  const logits = gpt.next(ids.slice(-gpt.contextLength)).subarray(0, tokenizer.tokens.length); // the rest is padding
  const logProbs = logSoftmax(logits);
  const probs = nextTokenProbs(logProbs, temperature, topK, topP);
  const truth = sparse ? logProbs.map((_, i) => sparse[i] ?? 0) : null;
  const byModel = ranked(logProbs);
  const byTruth = truth ? ranked(truth).filter((i) => truth[i] > 0) : [];
  const likely = [...new Set([...byModel.slice(0, 8), ...byTruth, ...byModel])].slice(0, 12);
  const shown = likely.sort((a, b) => byModel.indexOf(a) - byModel.indexOf(b));
  /** @param {number[]} p */
  const rest = (p) => 1 - shown.reduce((sum, i) => sum + p[i], 0);
  /** @type {(i: number, seed: number, others: string[]) => import("../widgets/next_token.js").Step} */
  const chosen = (i, seed, others) => {
    let longer = tokenizer.decode([...body, i]);
    while (others.includes(longer)) longer += "\ufffd"; // bytes that are no character yet look alike
    written.set(longer, [...body, i]);
    return { name: tokenizer.name(i), p: probs[i], prefix: longer, seed };
  };
  const [point, next] = uniform(seed);
  const [best, drawn] = [ranked(probs)[0], pick(probs, point)];
  const take = chosen(best, seed, [prefix]);
  return {
    answered,
    problem: "",
    notes,
    rows: shown.map((i) => [tokenizer.name(i), Math.exp(logProbs[i]), probs[i] || null, truth?.[i] ?? null]),
    rest: [probs.length - shown.length, rest(probs), truth && rest(truth)],
    bits: {
      entropy: meanSurprise(probs, probs) ?? 0,
      truth: truth && meanSurprise(truth, truth),
      surprise: truth && meanSurprise(truth, probs),
    },
    take,
    draw: chosen(drawn, next, drawn === best ? [prefix] : [prefix, take.prefix]),
  };
}

/**
 * What is shown of the head that is now chosen, from what the page stores; the last of a layer may be "all".
 *
 * @template {MaskPainter | AttentionExplorer} Traits
 * @param {Model<Traits>} model
 * @returns {Partial<Traits> | undefined}
 */
function chosenHead(model) {
  const [layer, head] = [model.get("layer"), model.get("head")];
  const { of } = model.get("shown");
  if (of[0] === layer && of[1] === head) return undefined;
  const heads = Object.entries(model.get("stored"));
  const shown = Object.fromEntries(heads.map(([name, all]) => [name, all[layer].at(head === "all" ? -1 : head)]));
  return /** @type {Partial<Traits>} */ ({ shown: { of: [layer, head], ...shown } });
}

/**
 * MaskPainter.answer of mask_painter.py, if no preset has it.
 *
 * @param {Model<MaskPainter>} model
 * @returns {Promise<Partial<MaskPainter> | undefined>}
 */
async function maskPainter(model) {
  const head = chosenHead(model);
  if (head) return head;
  const mask = model.get("mask");
  const key = keyOf(mask);
  if (model.get("answered") === key || Object.hasOwn(model.get("known"), key)) return undefined;
  const { gpt, tokenizer } = await asked(model.asks);
  const ids = tokenizer.encode(model.get("tokens").join(" "));
  const logits = gpt.logits(ids, mask);
  return { answered: key, log_probs: ids.slice(1).map((id, t) => logSoftmax(logits[t])[id]) };
}

const [FEWEST, MOST] = [3, 32]; // tokens of a text, as in widget.py
const LIKELY = 8; // answers that each text offers, as in patching_grid.py

/**
 * The ids of a grid's two texts, and why they cannot be patched, or "".
 *
 * @type {(both: string[], unpacked: import("./models.js").Unpacked, texts: import("../widgets/page.js").Texts) =>
 *   { ids: number[][], problem: string }}
 */
function toPatch(both, { gpt, tokenizer }, texts) {
  const unknown = both.map((text) => tokenizer.unknown(text)).find((words) => words.length > 0);
  if (unknown) return { ids: [], problem: unknownWords(unknown, texts) };
  const ids = both.map((text) => opened(tokenizer.encode(text), tokenizer.id(END_OF_TEXT)));
  const most = Math.min(MOST, gpt.contextLength);
  const [n, m] = ids.map(({ length }) => length);
  const wrong = ids.findIndex(({ length }) => length < FEWEST || length > most);
  const size = { which: wrong + 1, n: ids[wrong]?.length, fewest: FEWEST, most };
  const [first, second] = ids.map((of) => of.map((id) => tokenizer.name(id)).join(" | "));
  const sizes = { n, m, first, second };
  const problem = wrong >= 0 ? fill(texts.length, size) : n === m ? "" : fill(texts.lengths, sizes);
  return { ids, problem };
}

/**
 * PatchingGrid.answer of patching_grid.py; once that is there, one row after another.
 *
 * @param {Model<PatchingGrid>} model
 * @returns {Promise<Partial<PatchingGrid> | undefined>}
 */
async function patchingGrid(model) {
  const [first, second] = model.get("answers");
  const both = [model.get("text"), model.get("source")];
  const answered = [...both, first, second];
  const [rows, chosen, before] = [model.get("rows"), model.get("chosen"), model.get("answered")];
  const known = answered.every((value, i) => before[i] === value);
  const place = [chosen[0], ...rows.keys()].find((n) => rows[n]?.length === 0);
  if (known && (model.get("problem") || place === undefined)) return undefined;

  const unpacked = await asked(model.asks);
  const { gpt, tokenizer } = unpacked;
  const { ids, problem } = toPatch(both, unpacked, model.get("texts"));
  if (problem) return { answered, problem };
  /** @type {(logits: Float32Array) => number[]} */
  const logProbs = (logits) => logSoftmax(logits.subarray(0, tokenizer.tokens.length)); // the rest is padding
  if (known && place !== undefined) {
    gpt.read(ids[1]);
    /** @type {number[][]} */
    const row = [];
    for (const [t, vector] of [...gpt.stream[place]].entries()) {
      await new Promise((done) => setTimeout(done)); // the page stays alive
      if (model.get("rows") !== rows || model.get("chosen") !== chosen) return undefined; // a newer question is asked
      const now = logProbs(gpt.patched(ids[0], place, t, vector));
      row.push(model.get("pair").map((id) => now[id]));
    }
    return { rows: rows.map((each, n) => (n === place ? row : each)) };
  }
  const ends = ids.map((of) => logProbs(gpt.next(of)));
  const likely = ends.map((of) => ranked(of).slice(0, LIKELY));
  const answer = first ?? likely[0].find((id) => id !== second) ?? 0;
  const other = second ?? likely[1].find((id) => id !== answer) ?? 0;
  return {
    answered,
    problem,
    tokens: ids.map((of) => of.map((id) => tokenizer.name(id))),
    likely: [...new Set([...likely.flat(), answer, other])].map((id) => [id, tokenizer.name(id)]),
    pair: [answer, other],
    ends: ends.map((of) => [of[answer], of[other]]),
    rows: gpt.stream.map(() => []),
  };
}

/** The widgets that ask a model; the others have all their answers in their state. */
export const asking = ["next_token", "mask_painter", "patching_grid"];

/** @type {Partial<Record<string, (model: Model<any>) => Promise<object | undefined>>>} */ // each its own widget's traits
export const answers = {
  next_token: nextToken,
  mask_painter: maskPainter,
  attention_explorer: async (model) => chosenHead(model),
  patching_grid: patchingGrid,
};
