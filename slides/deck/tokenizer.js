// One token for each word, its accents composed: what WordTokenizer of mini_gpt/tokenizer.py does.

/** @param {string} text */
const split = (text) => text.normalize("NFC").split(/\s+/).filter(Boolean);

export class WordTokenizer {
  /**
   * From the content of its tokenizer.json.
   *
   * @param {{ model: { vocab: Record<string, number> } }} content
   */
  constructor({ model: { vocab } }) {
    this.ids = new Map(Object.entries(vocab)); // a plain object would know words like "constructor", too
    this.words = Object.keys(vocab).sort((a, b) => vocab[a] - vocab[b]);
  }

  /**
   * The words of a text that have no id, each once.
   *
   * @param {string} text
   */
  unknown(text) {
    return [...new Set(split(text))].filter((word) => !this.ids.has(word));
  }

  /**
   * @param {string} text
   * @returns {number[]}
   */
  encode(text) {
    const unknown = this.unknown(text);
    if (unknown.length > 0) throw new Error(`text has words that are not known: ${unknown.join(", ")}`);
    return split(text).map((word) => /** @type {number} */ (this.ids.get(word)));
  }

  /** @param {number[]} ids */
  decode(ids) {
    return ids.map((id) => this.words[id]).join(" ");
  }
}
