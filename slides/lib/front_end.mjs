// What makes widgets live: the notebooks' own front ends, the deck's runtime, and the models that answer in it.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { FILES } from "../../mini_gpt/lesson/runtime/models.js";

const SLIDES = fileURLToPath(new URL("..", import.meta.url));
const LESSON = resolve(SLIDES, "../mini_gpt/lesson");
const WIDGETS = resolve(LESSON, "widgets");

/** The models that a deck carries, by their folders: widgets ask the first, or the one that they name. */
const MODELS = ["mini", "mini-books"];

/** The names of all widgets: those that have a style of their own. */
export const known = readdirSync(WIDGETS)
  .filter((file) => file.endsWith(".css") && file !== "page.css")
  .map((file) => file.slice(0, -4));

/**
 * A module as a data: URL, with each module that it imports inside. Notebooks join by the same rule: see joined in
 * mini_gpt/lesson/widgets/widget.py.
 *
 * @param {string} path
 * @returns {string}
 */
function moduleUrl(path) {
  const source = readFileSync(path, "utf8").replace(
    /from "(\.[^"]+)";/g,
    (_, imported) => `from "${moduleUrl(resolve(dirname(path), imported))}";`,
  );
  return `data:text/javascript;base64,${Buffer.from(source).toString("base64")}`;
}

/**
 * The scripts that end a deck and mount the named widgets in it, and the widgets' style.
 *
 * @param {string[]} names
 */
export function frontEnd(names) {
  const imports = names.map((name) => `import ${name} from "${moduleUrl(resolve(WIDGETS, `${name}.js`))}";`);
  const deck = moduleUrl(resolve(SLIDES, "deck/deck.js"));
  const script = `${imports.join("")} import { mount } from "${deck}"; mount({ ${names} });`;
  const sheets = [resolve(LESSON, "palette.css"), ...["page", ...names].map((name) => resolve(WIDGETS, `${name}.css`))];
  const carried = MODELS.flatMap((model) =>
    FILES.map((file) => {
      const bytes = readFileSync(resolve(LESSON, "checkpoints", model, file));
      const short = file.endsWith(".json") ? Buffer.from(JSON.stringify(JSON.parse(String(bytes)))) : bytes;
      const base64 = short.toString("base64");
      return `<script type="application/octet-stream;base64" data-model="${model}" data-file="${file}">${base64}</script>`;
    }),
  );
  return {
    html: `${carried.join("")}<script type="module">${script}</script>`,
    css: sheets.map((sheet) => readFileSync(sheet, "utf8")).join(""),
  };
}
