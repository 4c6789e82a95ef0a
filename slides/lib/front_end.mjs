// What makes widgets live: the notebooks' own front ends, the deck's runtime, and the data that it answers from.

import { readFileSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { data } from "../deck/data.mjs";

const SLIDES = fileURLToPath(new URL("..", import.meta.url));
const WIDGETS = "../mini_gpt/lesson/widgets"; // paths are seen from slides

/** The names of all widgets: those that have a style of their own. */
export const known = readdirSync(resolve(SLIDES, WIDGETS))
  .filter((file) => file.endsWith(".css") && file !== "page.css")
  .map((file) => file.slice(0, -4));

/** The scripts that end a deck and mount the named widgets in it, and the widgets' style. */
export async function frontEnd(names) {
  const imports = names.map((name) => `import ${name} from "${WIDGETS}/${name}.js"; import "${WIDGETS}/${name}.css";`);
  const contents = `import "${WIDGETS}/page.css"; ${imports.join("")} import { mount } from "./deck/deck.js"; mount({ ${names} });`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: SLIDES },
    bundle: true, charset: "utf8", format: "esm", logLevel: "silent", minify: true, outdir: ".", write: false,
  });
  const [script, style] = [".js", ".css"].map((end) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? "");
  const carried = Object.entries(data).map(([id, path]) => {
    const bytes = readFileSync(resolve(SLIDES, path), "base64");
    return `<script type="application/octet-stream;base64" id="${id}">${bytes}</script>`;
  });
  return { html: `${carried.join("")}<script type="module">${script}</script>`, css: style };
}
