// One token for each word: what WordTokenizer of mini_gpt/tokenizer.py does.

const split = (text) => text.split(/\s+/).filter(Boolean);

export class WordTokenizer {
  /** From the content of its tokenizer.json. */
  constructor({ model: { vocab } }) {
    this.ids = new Map(Object.entries(vocab)); // a plain object would know words like "constructor", too
    this.words = [...this.ids.keys()].sort((a, b) => this.ids.get(a) - this.ids.get(b));
  }

  /** The words of a text that have no id, each once. */
  unknown(text) {
    return [...new Set(split(text))].filter((word) => !this.ids.has(word));
  }

  encode(text) {
    const unknown = this.unknown(text);
    if (unknown.length > 0) throw new Error(`text has words that are not known: ${unknown.join(", ")}`);
    return split(text).map((word) => this.ids.get(word));
  }

  decode(ids) {
    return ids.map((id) => this.words[id]).join(" ");
  }
}
