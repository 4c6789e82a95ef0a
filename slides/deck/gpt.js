// GPT-2 in plain JavaScript, from its file to its logits: what mini_gpt/model.py does, for one text at a time.
//
//   T queries · S keys · H heads · D d_head · C d_model = H*D · V vocabulary
//   A vector is a Float32Array, and so is a matrix [in, out], row after row; x is an array of T vectors.

import { softmax } from "../../mini_gpt/lesson/widgets/page.js";

/** @typedef {Float32Array} Vector */
/** @typedef {Vector[]} Vectors  T of them */
/** @typedef {{ weight: Float32Array, bias: Vector }} Layer */
/** @typedef {"attentionNorm" | "qkv" | "projection" | "mlpNorm" | "expand" | "project"} Part */
/** @typedef {Record<Part, Layer>} Block */
/** @typedef {boolean[][]} Mask  T rows of T: query t may attend to key s */

/**
 * The tensors of a safetensors file, by name. Its first 8 bytes say how long its header is, a JSON that says where each
 * tensor lies in the rest.
 *
 * @param {ArrayBuffer} buffer
 * @returns {Record<string, Float32Array>}
 */
export function readSafetensors(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  /** @type {Record<string, { dtype: string, data_offsets: [number, number] }>} */
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const tensors = Object.entries(header).filter(([name]) => name !== "__metadata__");
  return Object.fromEntries(
    tensors.map(([name, { dtype, data_offsets }]) => {
      if (dtype !== "F32") throw new Error(`tensor ${name} is of ${dtype}, and must be of F32`);
      const [start, end] = data_offsets.map((offset) => 8 + length + offset);
      return [name, new Float32Array(buffer.slice(start, end))];
    }),
  );
}

/**
 * @param {number} T
 * @returns {Mask}
 */
export const causalMask = (T) => Array.from({ length: T }, (_, t) => Array.from({ length: T }, (_, s) => s <= t));

/** @type {(a: Vector, b: Vector) => Vector} */
const plus = (a, b) => a.map((value, i) => value + b[i]);
/** @type {(x: Vectors, y: Vectors) => Vectors} */
const add = (x, y) => x.map((vector, t) => plus(vector, y[t]));

/** @type {(a: Vector, b: Vector) => number} */
function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/**
 * x W + b, for one vector.
 *
 * @type {(x: Vector, layer: Layer) => Vector}
 */
function linear(x, { weight, bias }) {
  const y = bias.slice();
  const n = y.length;
  x.forEach((value, i) => {
    for (let j = 0; j < n; j++) y[j] += value * weight[i * n + j];
  });
  return y;
}

/** @type {(x: Vector, layer: Layer, epsilon: number) => Vector} */
function layerNorm(x, { weight, bias }, epsilon) {
  const mean = x.reduce((a, b) => a + b) / x.length;
  const centred = x.map((value) => value - mean);
  const deviation = Math.sqrt(dot(centred, centred) / x.length + epsilon);
  return centred.map((value, i) => (value / deviation) * weight[i] + bias[i]);
}

/** @param {number} x */
const gelu = (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/** @type {(x: Vector, block: Block) => Vector} */
const mlp = (x, { expand, project }) => linear(linear(x, expand).map(gelu), project);

export class GPT {
  /**
   * From the config.json and the tensors of a checkpoint in GPT-2's layout.
   *
   * @param {Record<"n_layer" | "n_head" | "n_embd" | "n_positions" | "vocab_size" | "layer_norm_epsilon", number>} config
   * @param {Record<string, Float32Array>} tensors
   */
  constructor({ n_layer, n_head, n_embd, n_positions, vocab_size, layer_norm_epsilon }, tensors) {
    /** @param {string} name */
    const layer = (name) => ({ weight: tensors[`${name}.weight`], bias: tensors[`${name}.bias`] });
    this.blocks = Array.from({ length: n_layer }, (_, l) => ({
      attentionNorm: layer(`h.${l}.ln_1`),
      qkv: layer(`h.${l}.attn.c_attn`),
      projection: layer(`h.${l}.attn.c_proj`),
      mlpNorm: layer(`h.${l}.ln_2`),
      expand: layer(`h.${l}.mlp.c_fc`),
      project: layer(`h.${l}.mlp.c_proj`),
    }));
    /** @type {(matrix: Float32Array, n: number) => Vectors} */
    const rows = (matrix, n) => Array.from({ length: n }, (_, i) => matrix.subarray(i * n_embd, (i + 1) * n_embd));
    this.nHead = n_head;
    this.contextLength = n_positions;
    this.epsilon = layer_norm_epsilon;
    this.tokenEmbedding = rows(tensors["wte.weight"], vocab_size);
    this.positionEmbedding = rows(tensors["wpe.weight"], n_positions);
    this.finalNorm = layer("ln_f");
  }

  /**
   * T ids to T times V logits: those at t are for the token that follows ids[t]. mask[t][s] says whether query t may
   * attend to key s. Throws for more tokens than there are positions.
   *
   * @param {number[]} ids
   * @param {Mask} mask
   */
  logits(ids, mask = causalMask(ids.length)) {
    const { length } = ids;
    const most = this.contextLength;
    if (!(length >= 1 && length <= most)) throw new Error(`ids are ${length} tokens, and must be 1 to ${most}`);
    /** @type {(x: Vectors, layer: Layer) => Vectors} */
    const norm = (x, layer) => x.map((vector) => layerNorm(vector, layer, this.epsilon));
    let x = ids.map((id, t) => plus(this.tokenEmbedding[id], this.positionEmbedding[t]));
    for (const block of this.blocks) {
      x = add(x, this.attention(norm(x, block.attentionNorm), block, mask));
      x = add(
        x,
        norm(x, block.mlpNorm).map((vector) => mlp(vector, block)),
      );
    }
    return norm(x, this.finalNorm).map((vector) => Float32Array.from(this.tokenEmbedding, (row) => dot(row, vector)));
  }

  /**
   * Each head mixes the values of the keys that a query sees, by weights of its own.
   *
   * @param {Vectors} x
   * @param {Block} block
   * @param {Mask} mask
   */
  attention(x, block, mask) {
    const C = x[0].length;
    const D = C / this.nHead;
    const qkv = x.map((vector) => linear(vector, block.qkv)); // T times 3*C: queries, keys, values, side by side
    const mixed = x.map(() => new Float32Array(C));
    for (let start = 0; start < C; start += D) {
      const [q, k, v] = [0, C, 2 * C].map((part) => qkv.map((row) => row.subarray(part + start, part + start + D)));
      mixed.forEach((output, t) => {
        const weights = softmax(k.map((key, s) => (mask[t][s] ? dot(q[t], key) / Math.sqrt(D) : -Infinity)));
        v.forEach((value, s) => value.forEach((number, d) => (output[start + d] += weights[s] * number)));
      });
    }
    return mixed.map((vector) => linear(vector, block.projection));
  }
}
