// Text to ids and back: what mini_gpt/tokenizer.py does, and the names of tokens of mini_gpt/lesson/token_names.py.

export const END_OF_TEXT = "<|endoftext|>";

/**
 * The part of a tokenizer.json that is used here.
 *
 * @typedef {object} Content
 * @property {{ type: string, vocab: Record<string, number>, merges?: [string, string][] }} model
 * @property {{ content: string, id: number }[]} added_tokens
 */

/** What both tokenizers have: each token's id, and the tokens by their ids. */
class Vocabulary {
  /** @param {Content} content */
  constructor({ model, added_tokens }) {
    const added = added_tokens.map(({ content, id }) => /** @type {const} */ ([content, id]));
    this.ids = new Map([...Object.entries(model.vocab), ...added]); // an object would know words like "constructor"
    this.tokens = [...this.ids.keys()].sort((a, b) => this.id(a) - this.id(b));
  }

  /** @param {string} token */
  id(token) {
    return /** @type {number} */ (this.ids.get(token));
  }
}

// ------------------------------------------------------------ words

/** @param {string} text */
const split = (text) =>
  text
    .normalize("NFC")
    .split(/\p{White_Space}+/u)
    .filter(Boolean);

/** One token for each word, its accents composed. */
export class WordTokenizer extends Vocabulary {
  /**
   * The words of a text that have no id, each once.
   *
   * @param {string} text
   */
  unknown(text) {
    return [...new Set(split(text))].filter((word) => !this.ids.has(word));
  }

  /** @param {string} text */
  encode(text) {
    const unknown = this.unknown(text);
    if (unknown.length > 0) throw new Error(`text has words that are not known: ${unknown.join(", ")}`);
    return split(text).map((word) => this.id(word));
  }

  /** @param {number[]} ids */
  decode(ids) {
    return ids.map((id) => this.tokens[id]).join(" ");
  }

  /** @param {number} id */
  name(id) {
    return this.tokens[id];
  }
}

// ------------------------------------------------------------ bytes

// English contractions; letters; digits; other visible characters; white space, but for the space before the next word.
// JavaScript's \s is not Unicode's white space: it lacks U+0085, and has U+FEFF.
// A browser's edition of Unicode may be newer than the library's: then characters that only it knows are split otherwise.
const WORD = /'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\p{space}\p{L}\p{N}]+|\p{space}+(?!\P{space})|\p{space}+/gu;

// Each byte is shown as one character: itself if Latin-1 prints it, else one of the 68 from Ā on. The space is Ġ.
const PRINTED = /[!-~¡-¬®-ÿ]/;
let hidden = 256;
const CHARS = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return PRINTED.test(char) ? char : String.fromCharCode(hidden++);
});
const BYTES = new Map(CHARS.map((char, byte) => [char, byte]));

const SYNTAX = /[\\^$.*+?()[\]{}|/]/g; // what means something in a pattern

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // a text that begins with U+FEFF keeps it

/** GPT-2's byte-level BPE. Half a surrogate pair is no character: Python refuses it, and this reads �. */
export class ByteTokenizer extends Vocabulary {
  /** @param {Content} content */
  constructor(content) {
    super(content);
    const added = content.added_tokens.map((token) => token.content).sort((a, b) => b.length - a.length);
    this.added = new Set(added);
    this.split = new RegExp(`(${added.map((token) => token.replace(SYNTAX, "\\$&")).join("|")})`, "u");
    this.merges = content.model.merges ?? [];
    this.rank = new Map(this.merges.map(([left, right], i) => [`${left} ${right}`, i]));
    /** @type {Map<string, number[]>} */
    this.known = new Map(); // the ids of words that were met before
  }

  /** Every byte is known. */
  unknown() {
    return [];
  }

  /** @param {string} text */
  encode(text) {
    const parts = text.split(this.split); // every other one is an added token
    return parts.flatMap((part, i) =>
      i % 2 ? [this.id(part)] : (part.match(WORD) ?? []).flatMap((word) => this.encodeWord(word)),
    );
  }

  /** @param {string} word */
  encodeWord(word) {
    const known = this.known.get(word);
    if (known) return known;
    let tokens = Array.from(encoder.encode(word), (byte) => CHARS[byte]);
    for (;;) {
      const ranks = tokens.slice(1).map((right, i) => this.rank.get(`${tokens[i]} ${right}`) ?? Infinity);
      const first = ranks.reduce((a, b) => Math.min(a, b), Infinity); // of the pairs in it, what training merged first
      if (first === Infinity) break;
      tokens = merge(tokens, this.merges[first]);
    }
    const ids = tokens.map((token) => this.id(token));
    this.known.set(word, ids);
    return ids;
  }

  /**
   * The text of the ids, with � where they are not UTF-8.
   *
   * @param {number[]} ids
   */
  decode(ids) {
    return text(ids.flatMap((id) => this.bytes(id)));
  }

  /** @param {number} id */
  bytes(id) {
    const token = this.tokens[id];
    return this.added.has(token) ? [...encoder.encode(token)] : Array.from(token, (char) => BYTES.get(char) ?? 0);
  }

  /**
   * A token's text with its spaces as ·, and what does not print escaped; a byte that is only part of a character in hex.
   *
   * @param {number} id
   */
  name(id) {
    let [name, left] = ["", this.bytes(id)];
    while (left.length > 0) {
      const n = [1, 2, 3, 4].find((n) => isCharacter(left.slice(0, n)));
      name += n ? visible(text(left.slice(0, n))) : `‹${hex(left[0], 2).toUpperCase()}›`;
      left = left.slice(n ?? 1);
    }
    return name;
  }
}

/**
 * The tokens with each occurrence of the pair merged, from left to right.
 *
 * @param {string[]} tokens
 * @param {[string, string]} pair
 */
function merge(tokens, [left, right]) {
  /** @type {string[]} */
  const merged = [];
  for (let i = 0; i < tokens.length; i++) {
    const both = tokens[i] === left && tokens[i + 1] === right;
    merged.push(both ? left + right : tokens[i]);
    if (both) i++;
  }
  return merged;
}

/** @param {number[]} bytes */
const text = (bytes) => decoder.decode(Uint8Array.from(bytes));

/** @param {number[]} bytes */
const isCharacter = (bytes) => String(encoder.encode(text(bytes))) === String(bytes);

/** @type {(n: number, digits: number) => string} */
const hex = (n, digits) => n.toString(16).padStart(digits, "0");

/**
 * A character as it is, if it prints; else as Python writes it.
 *
 * @param {string} char
 */
function visible(char) {
  if (char === " ") return "·";
  if (!/[\p{C}\p{Z}]/u.test(char)) return char;
  const code = /** @type {number} */ (char.codePointAt(0));
  const escaped = code < 2 ** 8 ? `x${hex(code, 2)}` : code < 2 ** 16 ? `u${hex(code, 4)}` : `U${hex(code, 8)}`;
  return { "\t": "\\t", "\n": "\\n", "\r": "\\r" }[char] ?? `\\${escaped}`;
}

/**
 * The tokenizer of a tokenizer.json, as mini_gpt writes it.
 *
 * @param {Content} content
 */
export const tokenizerOf = (content) =>
  content.model.type === "BPE" ? new ByteTokenizer(content) : new WordTokenizer(content);
