// What makes widgets live: the notebooks' own front ends and the deck's runtime, as one script and one style sheet.

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const WIDGETS = fileURLToPath(new URL("../../mini_gpt/lesson/widgets/", import.meta.url));
const RUNTIME = fileURLToPath(new URL("../deck/deck.js", import.meta.url));

/** The names of all widgets: those that have a .js and a .css. */
export const known = readdirSync(WIDGETS).filter((file) => file.endsWith(".css")).map((file) => file.slice(0, -4));

/** The script that mounts the named widgets, and their style. */
export async function frontEnd(names) {
  const file = (name, ending) => JSON.stringify(`${WIDGETS}${name}.${ending}`);
  const imports = names.map((name) => `import ${name} from ${file(name, "js")}; import ${file(name, "css")};`);
  const { outputFiles } = await build({
    stdin: { contents: `${imports.join("\n")} import { mount } from ${JSON.stringify(RUNTIME)}; mount({ ${names} });`, resolveDir: WIDGETS },
    bundle: true, charset: "utf8", format: "esm", logLevel: "silent", minify: true, outdir: ".", write: false,
  });
  const text = (ending) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? "";
  return { js: text(".js"), css: text(".css") };
}
