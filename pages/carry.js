for (const [file, content] of Object.entries(DATA)) {
  const script = document.createElement("script");
  Object.assign(script, { type: "application/octet-stream;base64", textContent: content });
  Object.assign(script.dataset, { model: MODEL, file });
  document.head.append(script);
}
