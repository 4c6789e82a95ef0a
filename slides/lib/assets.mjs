// A deck is one file: whatever it shows stands in it.

import { existsSync, readFileSync } from "node:fs";
import { extname, resolve } from "node:path";

/** @type {Record<string, string>} */
const TYPES = { ".jpg": "image/jpeg", ".png": "image/png", ".svg": "image/svg+xml", ".woff2": "font/woff2" };

/**
 * The path of a file that url names, seen from folder. Throws where it is remote or missing.
 *
 * @param {string} url
 * @param {string} folder
 */
export function local(url, folder) {
  const remote = /^([a-z]+:|\/\/)/i.test(url);
  if (remote) throw new Error(`${url} is not in this repository, and a deck asks nothing of the network`);
  const path = resolve(folder, decodeURI(url));
  if (!existsSync(path)) throw new Error(`${url} does not exist`);
  return path;
}

/**
 * A picture or a font as a data: URI.
 *
 * @param {string} url
 * @param {string} folder
 */
export function dataUri(url, folder) {
  if (url.startsWith("data:")) return url;
  const path = local(url, folder);
  const type = TYPES[extname(path)];
  if (!type) throw new Error(`${url} must end in ${Object.keys(TYPES).join(", ")}`);
  return `data:${type};base64,${readFileSync(path, "base64")}`;
}

/**
 * A style sheet with the files of its url(…) inside.
 *
 * @param {string} css
 * @param {string} folder
 */
export const inlineUrls = (css, folder) =>
  css.replace(/url\((["']?)(.*?)\1\)/g, (_match, _quote, url) => `url("${dataUri(url, folder)}")`);
