// What the deck's page carries beside its slides: the files of mini, which answers inside the page (see mini.js).
// Each stands in it once, as <script type="application/octet-stream;base64" id="NAME">; paths are relative to slides/.

const mini = "../mini_gpt/lesson/checkpoints/mini";

export const data = {
  "mini-config": `${mini}/config.json`,
  "mini-tokenizer": `${mini}/tokenizer.json`,
  "mini-weights": `${mini}/model.safetensors`,
};
