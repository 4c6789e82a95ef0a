// GPT-2 in plain JavaScript, from its file to its logits: what mini_gpt/model.py does, for one text at a time.
//
//   T queries · S keys · C d_model = H*D, for H heads of D numbers · V vocabulary
//   A vector is a Float32Array, and so is a matrix [in, out], row after row; x is an array of T vectors.

import { softmax } from "../widgets/page.js";

/** @typedef {Float32Array} Vector */
/** @typedef {Vector[]} Vectors */
/** @typedef {{ weight: Float32Array, bias: Vector }} Layer */
/** @typedef {GPT["blocks"][number]} Block */
/** @typedef {boolean[][]} Mask  T rows of S: query t may attend to key s */

/**
 * A query sees the keys up to its own; the last query sees every key.
 *
 * @param {number} T
 * @returns {Mask}
 */
export const causalMask = (T, S = T) =>
  Array.from({ length: T }, (_, t) => Array.from({ length: S }, (_, s) => s <= t + S - T));

/** @type {(a: Vector, b: Vector) => Vector} */
const plus = (a, b) => a.map((value, i) => value + b[i]);
/** @type {(x: Vectors, y: Vectors) => Vectors} */
const add = (x, y) => x.map((vector, t) => plus(vector, y[t]));

/** @type {(a: Vector, b: Vector, start?: number, end?: number) => number} */
function dot(a, b, start = 0, end = a.length) {
  let sum = 0;
  for (let i = start; i < end; i++) sum += a[i] * b[i];
  return sum;
}

/** @type {(x: Vector, layer: Layer) => Vector}  x W + b */
function linear(x, { weight, bias }) {
  const y = bias.slice();
  const n = y.length;
  for (let i = 0; i < x.length; i++) {
    const value = x[i];
    const row = weight.subarray(i * n, (i + 1) * n);
    for (let j = 0; j < n; j++) y[j] += value * row[j];
  }
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

/** @type {(x: Vectors, block: Block) => Vectors} */
const mlp = (x, { expand, project }) => x.map((vector) => linear(linear(vector, expand).map(gelu), project));

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
      keys: /** @type {Vectors} */ ([]),
      values: /** @type {Vectors} */ ([]),
      weights: /** @type {Vectors[]} */ ([]), // of each query: for each head, one for each key
    }));
    /** @type {(matrix: Float32Array, n: number) => Vectors} */
    const rows = (matrix, n) => Array.from({ length: n }, (_, i) => matrix.subarray(i * n_embd, (i + 1) * n_embd));
    this.nHead = n_head;
    this.contextLength = n_positions;
    this.epsilon = layer_norm_epsilon;
    this.tokenEmbedding = rows(tensors["wte.weight"], vocab_size);
    this.unembedding = rows(tensors["lm_head.weight"] ?? tensors["wte.weight"], vocab_size);
    this.positionEmbedding = rows(tensors["wpe.weight"], n_positions);
    this.finalNorm = layer("ln_f");
    this.ids = /** @type {number[]} */ ([]); // what was read last
    this.stream = Array.from({ length: n_layer + 1 }, () => /** @type {Vectors} */ ([])); // before the blocks, after each
  }

  /**
   * T ids to T vectors. What these ids and those of the last call begin with alike is not computed again, since no token
   * sees a later one; under another mask, everything is. Throws for more tokens than there are positions.
   *
   * @type {(ids: number[], mask?: Mask) => Vectors}
   */
  read(ids, mask) {
    const { length } = ids;
    const most = this.contextLength;
    if (!(length >= 1 && length <= most)) throw new Error(`ids are ${length} tokens, and must be 1 to ${most}`);
    let start = 0;
    while (!mask && start < length && ids[start] === this.ids[start]) start++;
    const kept = this.blocks.flatMap(({ keys, values, weights }) => [keys, values, weights]);
    for (const each of [...this.stream, ...kept]) each.length = start;
    this.ids = ids.slice(0, start);

    const sees = mask ?? causalMask(length - start, length);
    const x = ids.slice(start).map((id, t) => plus(this.tokenEmbedding[id], this.positionEmbedding[start + t]));
    for (const [l, vectors] of this.through(x, this.blocks, sees).entries()) this.stream[l].push(...vectors);
    if (!mask) this.ids = [...ids];
    return this.stream[this.blocks.length].map(this.norm);
  }

  /** @type {(x: Vectors, blocks: Block[], sees: Mask) => Vectors[]}  x before these blocks, and after each of them */
  through(x, blocks, sees) {
    const stream = [x];
    for (const block of blocks) {
      /** @type {(layer: Layer) => Vectors} */
      const norm = (layer) => x.map((vector) => layerNorm(vector, layer, this.epsilon));
      x = add(x, this.attention(norm(block.attentionNorm), block, sees));
      x = add(x, mlp(norm(block.mlpNorm), block));
      stream.push(x);
    }
    return stream;
  }

  /**
   * Each head mixes the values of the keys that a query sees, by weights of its own.
   *
   * @type {(x: Vectors, block: Block, sees: Mask) => Vectors}
   */
  attention(x, { qkv, projection, keys, values, weights }, sees) {
    const C = projection.bias.length;
    const D = C / this.nHead;
    const queries = x.map((vector) => {
      const row = linear(vector, qkv); // 3*C: query, key, value, side by side
      keys.push(row.subarray(C, 2 * C));
      values.push(row.subarray(2 * C));
      return row.subarray(0, C);
    });
    return queries.map((query, t) => {
      const mixed = new Float32Array(C);
      /** @type {Vectors} */
      const heads = [];
      for (let [start, end] = [0, D]; start < C; start = end, end += D) {
        const scores = keys.map((key) => dot(query, key, start, end) / Math.sqrt(D));
        const head = softmax(scores.map((score, s) => (sees[t][s] ? score : -Infinity)));
        values.forEach((value, s) => {
          for (let i = start; i < end; i++) mixed[i] += head[s] * value[i];
        });
        heads.push(new Float32Array(head));
      }
      weights.push(heads);
      return linear(mixed, projection);
    });
  }

  /** @type {(vector: Vector) => Vector} */
  norm = (vector) => layerNorm(vector, this.finalNorm, this.epsilon);

  /** @type {(vector: Vector) => Vector}  V logits for the token that follows */
  head = (vector) => Float32Array.from(this.unembedding, (row) => dot(row, vector));

  /** @type {(ids: number[], mask?: Mask) => Vectors}  T times V, those at t for the token that follows ids[t] */
  logits = (ids, mask) => this.read(ids, mask).map(this.head);

  /** @type {(ids: number[]) => Vector}  V, for the token that follows them all */
  next = (ids) => this.head(this.read(ids)[ids.length - 1]);

  /**
   * The same, if another vector stands in the stream at place l, after l blocks, and token t: activation patching.
   *
   * @type {(ids: number[], l: number, t: number, vector: Vector) => Vector}
   */
  patched(ids, l, t, vector) {
    this.read(ids); // what stands before t is as it was, and so is this GPT afterwards: the blocks' keys are copies
    const blocks = this.blocks.slice(l).map((block) => {
      return { ...block, keys: block.keys.slice(0, t), values: block.values.slice(0, t), weights: [] };
    });
    const x = [vector, ...this.stream[l].slice(t + 1)];
    const after = this.through(x, blocks, causalMask(x.length, ids.length))[blocks.length];
    return this.head(this.norm(after[after.length - 1]));
  }
}
