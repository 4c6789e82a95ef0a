// `marp slides/gpt2.en.md`, called here, makes the same page as in slides/.

export { default } from "./slides/marp.config.mjs";
