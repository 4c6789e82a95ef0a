// How a token is chosen: the same as mini_gpt/sampling.py, and the draws of mini_gpt/lesson/widgets/next_token.py.

import { softmax } from "../widgets/page.js";

/**
 * The ids from the largest value to the smallest; of equal ones, the first id first.
 *
 * @param {number[]} values
 */
export const ranked = (values) => values.map((_, i) => i).sort((a, b) => values[b] - values[a]);

/** @type {(values: number[], ids: number[]) => number[]} */
function only(values, ids) {
  const kept = values.map(() => -Infinity);
  for (const i of ids) kept[i] = values[i];
  return kept;
}

/**
 * The distribution to sample from: first temperature, then top-k, then top-p; null leaves a knob out.
 *
 * @param {number[]} logits
 * @param {number} temperature
 * @param {number | null} topK
 * @param {number | null} topP
 */
export function nextTokenProbs(logits, temperature = 1, topK = null, topP = null) {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const cold = temperature === 0;
  let kept = cold ? only(logits, ranked(logits).slice(0, 1)) : logits.map((x) => (x - largest) / temperature);
  if (topK !== null) kept = only(kept, ranked(kept).slice(0, topK));
  if (topP !== null && topP < 1) {
    const probs = softmax(kept);
    let before = 0;
    const inside = ranked(probs).filter((i) => {
      before += probs[i];
      return before - probs[i] < topP;
    });
    kept = only(kept, inside);
  }
  return softmax(kept);
}

/**
 * The mean of -log2 q over what p draws: p's entropy if q is p, more bits if it is not, and null if infinitely many.
 *
 * @param {number[]} p
 * @param {number[]} q
 */
export function meanSurprise(p, q) {
  const bits = p.reduce((sum, x, i) => (x > 0 ? sum - x * Math.log2(q[i]) : sum), 0);
  return bits === Infinity ? null : bits;
}

/**
 * [a number in [0, 1), the next seed]: equal seeds draw equal tokens. The generator is mulberry32.
 *
 * @param {number} seed
 * @returns {[number, number]}
 */
export function uniform(seed) {
  const next = (seed + 0x6d2b79f5) >>> 0;
  let x = Math.imul(next ^ (next >>> 15), next | 1);
  x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
  return [((x ^ (x >>> 14)) >>> 0) / 2 ** 32, next];
}

/**
 * The id whose share of [0, 1) holds u.
 *
 * @param {number[]} probs
 * @param {number} u
 */
export function pick(probs, u) {
  let [last, left] = [0, u];
  for (let i = 0; i < probs.length; i++) {
    if (probs[i] === 0) continue;
    last = i;
    left -= probs[i];
    if (left < 0) break;
  }
  return last;
}
