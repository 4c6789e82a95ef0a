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
  const [text, end] = [withoutEnd(prefix), tokenizer.id(END_OF_TEXT)];
  const body = written.get(text) ?? tokenizer.encode(text);
  return { body, ids: body[0] === end ? body : [end, ...body] };
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
  if (unknown.length > 0) {
    const named = unknown.slice(0, 3).map((word) => `“${word}”`);
    const listed = [...named, ...(unknown.length > 3 ? ["…"] : [])].join(", ");
    return { answered, problem: `${texts.unknown} ${listed}`, notes: [] };
  }

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

/** The widgets that ask a model; the others have all their answers in their state. */
export const asking = ["next_token", "mask_painter"];

/** @type {Partial<Record<string, (model: Model<any>) => Promise<object | undefined>>>} */ // each its own widget's traits
export const answers = {
  next_token: nextToken,
  mask_painter: maskPainter,
  attention_explorer: async (model) => chosenHead(model),
};
