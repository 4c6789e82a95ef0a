// What a page does beyond standing there: code is copied, the index speaks the reader's language, pages are kept for when
// there is no network. Without this script all text is still there.

for (const code of document.querySelectorAll(".code")) {
  const { copy, copied } = document.body.dataset;
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: copy });
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.querySelector("pre")?.textContent.trimEnd() ?? "");
    button.textContent = copied ?? "";
    setTimeout(() => {
      button.textContent = copy ?? "";
    }, 2000);
  });
  if (navigator.clipboard) code.append(button); // there is none at an address without https
}

if (document.body.matches(".index")) {
  const choose = () => {
    const asked = location.hash.slice(1) || (navigator.language.startsWith("pt") ? "pt" : "en");
    document.body.dataset.chosen = asked;
    document.documentElement.lang = asked === "pt" ? "pt-BR" : "en";
  };
  addEventListener("hashchange", choose);
  choose();
}

const script = /** @type {HTMLScriptElement} */ (document.currentScript).src;
if (location.protocol.startsWith("http") && "serviceWorker" in navigator) {
  navigator.serviceWorker.register(new URL("worker.js", script));
}
