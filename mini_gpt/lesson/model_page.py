"""One HTML file with a model inside: write with it, see what comes next and where each head looks, on any phone."""

import copy
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from mini_gpt.config import GPTConfig
from mini_gpt.files import write_text
from mini_gpt.lesson.palette import STYLE_SHEET
from mini_gpt.lesson.widgets import widget
from mini_gpt.lesson.widgets.next_token import NextToken
from mini_gpt.lesson.widgets.widget import ROOT, modules, script_url
from mini_gpt.lesson.words import Words, in_language, local
from mini_gpt.model import GPT
from mini_gpt.sizes import parameters, weight_bytes
from mini_gpt.weights import load, save

LIMIT = 30_000_000  # bytes of a file that is still easy to send
HALF = 2  # bytes of one weight
FILES = ("config.json", "tokenizer.json", "model.safetensors")
ENTRY = Path(__file__).resolve().with_suffix(".js")
WIDGETS = Path(widget.__file__).parent
SHEETS = [STYLE_SHEET, WIDGETS / "page.css", WIDGETS / "next_token.css", ENTRY.with_suffix(".css")]
SCRIPT = '<script type="application/octet-stream;base64" data-model="model" data-file="{file}">{content}</script>'
TEXTS: Mapping[str, Words] = {
    "locale": {"pt": "pt-BR", "en": "en"},
    "my_model": {"pt": "Meu GPT", "en": "My GPT"},
    "what": {
        "pt": (
            "Um GPT de {parameters} parâmetros: {n_layer} camadas de {n_head} cabeças, {vocab_size} tokens; "
            "lê {context_length} por vez. Ele está dentro desta página, que funciona sem internet."
        ),
        "en": (
            "A GPT of {parameters} parameters: {n_layer} layers of {n_head} heads, {vocab_size} tokens; it reads "
            "{context_length} at a time. It is inside this page, which works without internet."
        ),
    },
    "opening": {"pt": "Abrindo o modelo…", "en": "Opening the model…"},
    "no_script": {
        "pt": "Aqui a página não pode rodar o modelo: abra o arquivo em um navegador.",
        "en": "The page cannot run the model here: open the file in a browser.",
    },
    "failed": {
        "pt": "Este navegador não conseguiu abrir o modelo; um mais novo talvez consiga.",
        "en": "This browser could not open the model; a newer one may.",
    },
    "write": {"pt": "Escrever {n} tokens", "en": "Write {n} tokens"},
    "stop": {"pt": "Parar", "en": "Stop"},
    "title": {"pt": "Para onde ele olha", "en": "Where it looks"},
    "how": {
        "pt": (
            "Toque em um token: cada quadro mostra para onde uma cabeça olha a partir dele. A faixa é o texto até ali, "
            "mais azul onde o peso é maior; embaixo, o token de maior peso. Toque em um quadro: os pesos dessa cabeça "
            "colorem o texto."
        ),
        "en": (
            "Tap a token: each tile shows where one head looks from there. The strip is the text up to that token, "
            "bluer where the weight is larger; below it is the token with the largest weight. Tap a tile, and that "
            "head's weights colour the text."
        ),
    },
    "tokens": {"pt": "O texto, em tokens", "en": "The text, in tokens"},
    "heads": {"pt": "As cabeças de cada camada", "en": "The heads of each layer"},
    "in_layer": {"pt": "camada {layer}", "en": "layer {layer}"},
    "head": {"pt": "camada {layer}, cabeça {head}", "en": "layer {layer}, head {head}"},
    "said": {
        "pt": "Camada {layer}, cabeça {head}: de “{query}” ela olha para {list}.",
        "en": "Layer {layer}, head {head}: from “{query}” it looks at {list}.",
    },
}
PLAIN = ("locale", "no_script", "opening", "failed", "how")  # those that the page takes as they are
# Nothing may be fetched: scripts stand in the page, or are modules that its import map holds.
PAGE = """<!doctype html>
<html lang="{locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{what}</p>
<noscript><p><strong>{no_script}</strong></p></noscript>
<p id="opening">{opening}</p>
<p id="failed" role="alert" hidden>{failed}</p>
<section data-widget="next_token"><script type="application/json">{state}</script></section>
<section>
<h2>{looks}</h2>
<p>{how}</p>
<div id="looks"></div>
</section>
</main>
<script id="texts" type="application/json">{texts}</script>
{model}
<script type="importmap">{modules}</script>
<script>
import("{entry}").catch((error) => {{
  document.getElementById("opening").hidden = true;
  document.getElementById("failed").hidden = false;
  console.error(error);
}});
</script>
</body>
</html>
"""


def write_page(model: GPT, path: str | Path, lang: str = "pt", title: str | None = None) -> None:
    """Write a page that holds the model, with its weights in 16 bits: see page_of."""
    write_text(page_of(model, lang, title), Path(path))


def page_of(model: GPT, lang: str = "pt", title: str | None = None) -> str:
    """A whole HTML page that runs the model, without Python, internet or other files.

    model  a GPT with its tokenizer; all that the page holds of it are its weights, its sizes and its tokens
    lang   of the page, "pt" or "en"
    title  by default "Meu GPT" or "My GPT"

    Raises ValueError for another kind of model, one without a tokenizer, one with weights beyond the largest number of
    16 bits, and one whose page would be larger than 30 MB.

    >>> from mini_gpt.lesson.recipes import NANO, TOKENIZER
    >>> model = GPT(NANO)
    >>> model.tokenizer = TOKENIZER
    >>> page = page_of(model, "en", title="</title> is no end")
    >>> "<title>&lt;/title&gt; is no end</title>" in page
    True
    """
    texts = in_language(TEXTS, lang)
    if type(model) is not GPT:
        raise ValueError(f"model is of class {type(model).__name__}, and must be a GPT, which writes on from a text")
    if model.tokenizer is None:
        raise ValueError("model.tokenizer=None must be the tokenizer that goes with the weights")
    if not isinstance(title, str | None):
        raise ValueError(f"title={title!r} must be a text, or None for {texts['my_model']!r}")
    check_size(model.config, page_bytes(model.config))
    files, rounded = stored(model)
    if not all(parameter.isfinite().all() for parameter in rounded.parameters()):
        raise ValueError("model has weights that are not finite in 16 bits, whose largest number is 65,504")
    sizes = {**asdict(model.config), "parameters": sum(parameter.numel() for parameter in model.parameters())}
    page = PAGE.format(
        **{name: escape(text) for name, text in texts.items() if name in PLAIN},
        title=escape(texts["my_model"] if title is None else title),
        what=escape(texts["what"].format(**{name: local(f"{number:,}", lang) for name, number in sizes.items()})),
        looks=escape(texts["title"]),
        style="".join(sheet.read_text(encoding="utf-8") for sheet in SHEETS),
        state=in_script(NextToken(rounded, lang=lang).page_state()),
        texts=in_script(texts),
        model="\n".join(SCRIPT.format(file=name, content=content) for name, content in files.items()),
        modules=in_script({"imports": {name: script_url(source) for name, source in modules(ENTRY).items()}}),
        entry=ENTRY.relative_to(ROOT).as_posix(),
    )
    check_size(model.config, len(page.encode()))
    return page


def in_script(content: object) -> str:
    """JSON that may stand in a script: no text in it ends the script.

    >>> in_script("</script>")
    '"\\\\u003c/script>"'
    """
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def stored(model: GPT) -> tuple[dict[str, str], GPT]:
    """The files of the model with its weights in 16 bits, each in base64; and the model that they hold, in 32 bits.

    They are written anew, so that nothing stays of the files that the model was read from.
    """
    with TemporaryDirectory() as folder:
        save(copy.deepcopy(model).half(), folder)
        rounded = load(folder)
        assert rounded.tokenizer is not None
        rounded.tokenizer.save(folder)  # as one file, whichever files it was in
        files = {name: Path(folder, name).read_bytes() for name in FILES}
    short = {name: compact(content) if name.endswith(".json") else content for name, content in files.items()}
    return {name: b64encode(content).decode() for name, content in short.items()}, rounded


def compact(content: bytes) -> bytes:
    """The same JSON without its spaces and line breaks.

    >>> compact(b'{ "a": 1 }')
    b'{"a":1}'
    """
    return json.dumps(json.loads(content), ensure_ascii=False, separators=(",", ":")).encode()


# ------------------------------------------------------------ how large it may be


def page_bytes(config: GPTConfig) -> int:
    """About how large the page of such a model is: base64 takes 4 bytes for 3, and a token about 60."""
    return weight_bytes(config, HALF) * 4 // 3 + 60 * config.vocab_size + 100_000


def fits(config: GPTConfig) -> bool:
    """True if such a model can be a page.

    >>> fits(GPTConfig(vocab_size=3072, context_length=256, n_layer=5, n_head=4, d_model=256)), fits(GPTConfig())
    (True, False)
    """
    return page_bytes(config) <= LIMIT


def check_size(config: GPTConfig, n_bytes: int) -> None:
    """Raise ValueError, which names shapes that would fit, if so many bytes are more than a page may have."""
    if n_bytes <= LIMIT:
        return
    widest = {V: widest_of_6_layers(V) for V in sorted({4096, config.vocab_size})}
    shapes = ", ".join(f"d_model={width} with {V:,} tokens" for V, width in widest.items() if width)
    n = sum(parameters(config).values())
    raise ValueError(f"model has {n:,} parameters: its page would take {n_bytes / 1e6:,.1f} MB, and the limit is "
                     f"{LIMIT / 1e6:.0f} MB. With 6 layers, these would fit: {shapes}")  # fmt: skip


def widest_of_6_layers(vocab_size: int) -> int:
    """The largest d_model, in heads of 64, of a GPT whose page is small enough; 0 if there is none.

    >>> widest_of_6_layers(4096)
    320
    """
    shapes = (GPTConfig(vocab_size, 256, 6, heads, 64 * heads) for heads in range(1, 9))
    return max((shape.d_model for shape in shapes if fits(shape)), default=0)
