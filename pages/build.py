"""Make the lessons and the deck into web pages that need neither Python nor a network: python -m pages.build

    build/site/index.html           the language, and what there is
    build/site/en/NN_name.html      a lesson, from the stored notebook; pt/ in the same way
    build/site/en/slides.html       the deck to read, with its notes
    build/site/en/deck.html         the deck to present
    build/site/worker.js            keeps the pages for when there is no network

All of it may be copied to any folder of any static host, or opened from a disk.
"""

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import nbformat
from bs4 import BeautifulSoup, PageElement, Tag
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from latex2mathml.converter import convert as mathml
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from traitlets.config import Config

from mini_gpt.lesson.for_pages import IN_PAGES
from mini_gpt.lesson.palette import STYLE_SHEET
from mini_gpt.lesson.widgets.widget import modules
from mini_gpt.lesson.words import LANGUAGES, in_language
from pages.colab import address

HERE = Path(__file__).parent
ROOT = HERE.parent
LESSON = ROOT / "mini_gpt" / "lesson"
FILES = ("config.json", "tokenizer.json", "model.safetensors")
TEXTS = {
    "site": {"pt": "GPT-2, slide a slide", "en": "GPT-2, slide by slide"},
    "what": {
        "pt": "Uma aula sobre o GPT-2 e o artigo que o apresentou, para ler e testar no navegador, sem instalar nada.",
        "en": "A lesson on GPT-2 and the paper that introduced it, to read and try in the browser; nothing to install.",
    },
    "contents": {"pt": "Conteúdo", "en": "Contents"},
    "lessons": {"pt": "As lições", "en": "The lessons"},
    "slides": {"pt": "Os slides, para ler", "en": "The slides, to read"},
    "deck": {"pt": "Os slides, para apresentar", "en": "The slides, to present"},
    "notes": {"pt": "Notas de quem apresenta", "en": "The presenter's notes"},
    "previous": {"pt": "Anterior", "en": "Previous"},
    "next": {"pt": "Próxima", "en": "Next"},
    "other": {"pt": "English", "en": "Português"},
    "download": {"pt": "Baixar o notebook", "en": "Download the notebook"},
    "colab": {"pt": "Abrir no Colab", "en": "Open in Colab"},
    "skip": {"pt": "Ir para o texto", "en": "Skip to the text"},
    "copy": {"pt": "Copiar", "en": "Copy"},
    "copied": {"pt": "Copiado", "en": "Copied"},
    "figure": {"pt": "Figura de “{section}”", "en": "Figure of “{section}”"},
    "only": {
        "pt": "Aqui, só uma figura; no notebook, ela responde ao mouse e ao teclado.",
        "en": "Only a picture here; in the notebook it answers to the mouse and the keyboard.",
    },
    "scroll": {"pt": "Figura; role para o lado", "en": "Figure; scroll sideways"},
}  # fmt: skip


class Page(NamedTuple):
    """One page of the site, in one language."""

    lang: str
    name: str  # of its file, without .html
    title: str
    body: BeautifulSoup
    notebook: str = ""  # the file that it shows, for who wants to run it


# ------------------------------------------------------------ lessons


def exporter() -> HTMLExporter:
    """Turns a stored notebook into the inside of a page."""
    quiet = {"exclude_input_prompt": True, "exclude_output_prompt": True}
    config = Config({"HTMLExporter": {"template_name": "lesson", "extra_template_basedirs": [str(HERE / "templates")]}})
    return HTMLExporter(config=config, **quiet)


def lesson_pages(lang: str) -> list[Page]:
    """The stored notebooks of a language, in their order; the glossary is the last."""
    export = exporter()
    pages = []
    for path in sorted((ROOT / "notebooks" / lang).glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if "outputs" in cell:
                cell.outputs = [output for output in cell.outputs if not is_bar(output)]
        soup = BeautifulSoup(export.from_notebook_node(notebook)[0], "html.parser")
        for anchor in soup.select("a.anchor-link"):
            anchor.decompose()
        formulas(soup)
        images(soup, lang)
        for code in soup.select(".code pre"):
            code["tabindex"] = "0"  # what scrolls, the keyboard must reach
        title = soup.h1.get_text() if soup.h1 else path.stem
        pages.append(Page(lang, path.stem, title, soup, path.name))
    return pages


def is_bar(output: NotebookNode) -> bool:
    """True for a progress bar, which stands in a stored notebook as it was before the first step.

    >>> is_bar(nbformat.v4.new_output("display_data", {"text/plain": "  0%|          | 0/120 [00:00<?, ?step/s]"}))
    True
    """
    return re.match(r" *0%\|", output.get("data", {}).get("text/plain", "")) is not None


FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(?!\s)([^$\n]+?)(?<!\s)\$", re.DOTALL)


def formulas(soup: BeautifulSoup) -> None:
    """TeX between dollars becomes MathML, which browsers draw themselves; not in code.

    >>> soup = BeautifulSoup("<p>$x^2$ costs <code>$5</code></p>", "html.parser")
    >>> formulas(soup)
    >>> soup.msup.get_text(), soup.code.get_text()
    ('x2', '$5')
    """
    for text in soup.find_all(string=FORMULA):
        if text.find_parent(["pre", "code", "script"]):
            continue
        made: list[PageElement | str] = []
        end = 0
        for tex in FORMULA.finditer(text):
            made += [text[end : tex.start()], BeautifulSoup(mathml(tex[1] or tex[2], display=kind(tex)), "html.parser")]
            end = tex.end()
        text.replace_with(*made, text[end:])


def kind(tex: re.Match[str]) -> str:
    return "block" if tex[1] else "inline"


def images(soup: BeautifulSoup, lang: str) -> None:
    """A figure without words of its own is named after its section; a picture of what only Python can do says so."""
    texts = in_language(TEXTS, lang)
    for image in soup.find_all("img"):
        heading = image.find_previous(["h1", "h2", "h3"])
        if not image.get("alt"):
            image["alt"] = texts["figure"].format(section=heading.get_text() if heading else "")
    for picture in soup.select("[data-notebook-only]"):
        said = soup.new_tag("p", attrs={"class": "only"})
        said.string = texts["only"]
        picture.insert_after(said)


# ------------------------------------------------------------ slides


def slides_page(lang: str) -> Page:
    """The deck as one page to read: each slide with its notes below it."""
    node = ["node", "lib/read.mjs", f"gpt2.{lang}.md"]
    made = json.loads(
        subprocess.run(node, cwd=ROOT / "slides", capture_output=True, check=True, encoding="utf-8").stdout
    )
    texts = in_language(TEXTS, lang)
    soup = BeautifulSoup("", "html.parser")
    for slide in made["slides"]:
        part = BeautifulSoup(slide["html"], "html.parser", multi_valued_attributes=None)
        section = part.section
        assert section is not None
        section.attrs = {"id": f"slide-{section['id']}", "class": f"slide {section.attrs.get('class', '')}".rstrip()}
        section.append(notes(part, slide["notes"], texts["notes"]))
        soup.append(section)
    for picture in soup.find_all("img"):
        draw_later(picture)
    return Page(lang, "slides", texts["slides"], soup)


def draw_later(picture: Tag) -> None:
    """Let the browser draw a picture when the reader comes near it, in a place of the right shape.

    >>> svg = base64.b64encode(b'<svg viewBox="0 0 720.5 360">').decode()
    >>> soup = BeautifulSoup(f'<img src="data:image/svg+xml;base64,{svg}">', "html.parser")
    >>> draw_later(soup.img)
    >>> soup.img["loading"], soup.img["width"], soup.img["height"]
    ('lazy', '720', '360')
    """
    picture["loading"], picture["decoding"] = "lazy", "async"
    drawn = base64.b64decode(str(picture["src"]).partition("base64,")[2])
    if size := re.search(rb'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn):
        picture["width"], picture["height"] = (str(round(float(number))) for number in size.groups())


def notes(soup: BeautifulSoup, comments: list[str], title: str) -> Tag:
    """A slide's notes, folded: a paragraph for each line, what it is for ("Ask:") in bold."""
    folded = soup.new_tag("details", attrs={"class": "notes"})
    summary = soup.new_tag("summary")
    summary.string = title
    folded.append(summary)
    for line in "\n".join(comments).split("\n"):
        paragraph = soup.new_tag("p")
        what = re.match(r"[^\W\d][\w ]{2,14}:(?= )", line)
        if what:
            bold = soup.new_tag("strong")
            bold.string = what[0]
            paragraph.append(bold)
        paragraph.append(line[len(what[0]) if what else 0 :])
        folded.append(paragraph)
    return folded


# ------------------------------------------------------------ the whole


def relink(page: Page, names: set[str], repository: str) -> None:
    """The page's links lead to pages of the site, or else to the repository's files.

    Without a repository a link to a file is only its words. Raises ValueError for one that leads nowhere.
    """
    for link in page.body.find_all("a", href=True):
        parts = urlsplit(str(link["href"]))
        if parts.scheme:
            link["rel"] = "noopener"
            continue
        if not parts.path:
            continue
        folder = ROOT / ("slides" if page.name == "slides" else f"notebooks/{page.lang}")
        target = (folder / parts.path).resolve()
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        if target.suffix == ".ipynb" and f"{target.parent.name}/{target.stem}" in names:
            link["href"] = f"../{target.parent.name}/{target.stem}.html{fragment}"
        elif re.fullmatch(r"gpt2\.(pt|en)\.(md|html)", target.name):
            link["href"] = f"../{target.name[5:7]}/slides.html{fragment}"
        elif target.is_relative_to(ROOT) and target.exists() and repository:
            link["href"] = f"{repository}/blob/main/{target.relative_to(ROOT)}"
        elif target.is_relative_to(ROOT) and target.exists():
            link.unwrap()
        else:
            raise ValueError(f"{page.lang}/{page.name} links to {link['href']}, which is not there")


def widen(soup: BeautifulSoup, label: str) -> None:
    """What may be wider than a phone gets a place of its own to scroll in, which the keyboard reaches."""
    for wide in soup.select("table, math[display=block], .slide > p > img, .widget > img, .outputs > img"):
        if not wide.find_parent(class_=["picture", "wide"]):
            wide.wrap(
                soup.new_tag("div", attrs={"class": "wide", "tabindex": "0", "role": "region", "aria-label": label})
            )


def build(out: Path, decks: Path = ROOT / "build" / "slides", repository: str = "") -> list[Path]:
    """Write the site into out, in place of the one that is there; return its files.

    decks       the folder of the built decks, gpt2.pt.html and gpt2.en.html
    repository  where the project's files are on the web, such as https://github.com/OWNER/NAME; without it, pages
                do not link to them, nor to Colab
    Raises ValueError for a folder that holds something else.
    """
    if out.exists() and any(out.iterdir()) and not (out / "worker.js").is_file():
        raise ValueError(f"out={str(out)!r} holds other files, and must be empty, new, or a site made before")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined)
    pages = {lang: [*lesson_pages(lang), slides_page(lang)] for lang in LANGUAGES}
    names = {f"{lang}/{page.name}" for lang in LANGUAGES for page in pages[lang]}
    for lang in LANGUAGES:
        texts = in_language(TEXTS, lang)
        (out / lang).mkdir()
        other = next(each for each in LANGUAGES if each != lang)
        for before, page, after in neighbours(pages[lang]):
            relink(page, names, repository)
            widen(page.body, texts["scroll"])
            shown = {"lang": lang, "other": other, "texts": texts, "page": page, "pages": pages[lang]}
            html = templates.get_template("page.html.j2").render(
                **shown, body=str(page.body), before=before, after=after,
                live=page.body.select_one("[data-widget], [data-question]") is not None,
                colab=address(repository, lang, page.notebook) if page.notebook else "",
            )  # fmt: skip
            (out / lang / f"{page.name}.html").write_text(html, encoding="utf-8")
            if page.notebook:
                shutil.copy(ROOT / "notebooks" / lang / page.notebook, out / lang)
        deck = (decks / f"gpt2.{lang}.html").read_text(encoding="utf-8")
        (out / lang / "deck.html").write_text(without_models(deck), encoding="utf-8")
    both = {lang: in_language(TEXTS, lang) for lang in LANGUAGES}
    index = templates.get_template("index.html.j2").render(both=both, pages=pages)
    (out / "index.html").write_text(index, encoding="utf-8")
    for path in (HERE / "static").iterdir():
        shutil.copy(path, out)
    live_parts(out)
    files = sorted(path for path in out.rglob("*") if path.is_file())
    keep(out, files)
    return files


def without_models(deck: str) -> str:
    """A built deck that takes its models from the site's folder, when they are asked for.

    >>> without_models('<html lang="en"><script type="application/octet-stream;base64" data-model="mini">AA</script>')
    '<html data-models="../models" lang="en">'
    """
    deck = re.sub(r'<script type="application/octet-stream;base64"[^>]*>[^<]*</script>', "", deck)
    return deck.replace("<html", '<html data-models="../models"', 1)


def live_parts(out: Path) -> None:
    """What brings widgets to life: their style, their code, and a script for each model that puts it into the page."""
    sheets = [STYLE_SHEET, *sorted((LESSON / "widgets").glob("*.css"), key=lambda path: path.name != "page.css")]
    with open(out / "style.css", "a", encoding="utf-8") as style:
        style.writelines(f"\n{sheet.read_text(encoding='utf-8')}" for sheet in sheets)
    said = f"const MODULES = {json.dumps(modules(HERE / 'live.js'), ensure_ascii=False)};\n"
    start = (HERE / "start.js").read_text(encoding="utf-8")
    (out / "live.js").write_text(f"{{\n{said}{start}}}\n", encoding="utf-8")
    (out / "models").mkdir()
    for model in IN_PAGES:
        folder = LESSON / "checkpoints" / model
        data = {file: base64.b64encode((folder / file).read_bytes()).decode() for file in FILES}
        carry = (HERE / "carry.js").read_text(encoding="utf-8")
        said = f"const MODEL = {json.dumps(model)};\nconst DATA = {json.dumps(data)};\n"
        (out / "models" / f"{model}.js").write_text(f"{{\n{said}{carry}}}\n", encoding="utf-8")


def neighbours(pages: list[Page]) -> Iterator[tuple[Page | None, Page, Page | None]]:
    """Each page, with the one before and the one after it."""
    return zip([None, *pages], pages, [*pages[1:], None], strict=False)


def keep(out: Path, files: list[Path]) -> None:
    """Tell the service worker which files to keep at once, and a version that changes with any file.

    Models are not among them: they are many times larger than all else, and kept when a reader first asks for one.
    """
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    names = [path.relative_to(out).as_posix() for path in files]
    kept = [
        "./",
        *(name for name in names if name.endswith((".html", ".css", ".js")) and not name.startswith("models/")),
    ]
    worker = out / "worker.js"
    said: dict[str, Any] = {"VERSION": digest.hexdigest()[:16], "FILES": kept}
    text = worker.read_text(encoding="utf-8")
    for name, value in said.items():
        text = text.replace(f'"{name}"', json.dumps(value))
    worker.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the lessons and the deck into web pages.")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site", help="where to (default: build/site)")
    parser.add_argument("--repository", default="", help="the project's address on the web, for links to its files")
    arguments = parser.parse_args()
    try:
        files = build(arguments.out, repository=arguments.repository.rstrip("/"))
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from error
    size = sum(path.stat().st_size for path in files)
    print(f"{len(files)} files, {size / 1e6:.1f} MB: {arguments.out / 'index.html'}", file=sys.stderr)


if __name__ == "__main__":
    main()
