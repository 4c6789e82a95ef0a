"""What makes the web pages: formulas, links, words for figures, and what a notebook keeps for them."""

import json
import re
import tomllib

import nbformat
import pytest
from bs4 import BeautifulSoup
from matplotlib import pyplot as plt

import mini_gpt
from mini_gpt.lesson.attention_views import head_view
from mini_gpt.lesson.for_pages import for_pages, in_words
from mini_gpt.lesson.widgets import MaskPainter
from notebooks.build import LANGUAGES
from pages import colab
from pages.build import FILES, ROOT, Page, exporter, formulas, images, modules, notes, relink, without_models


def soup_of(html):
    return BeautifulSoup(html, "html.parser")


def test_tex_becomes_mathml_but_not_in_code():
    soup = soup_of("<p>a $x_1 < 2$ b $$\\frac{1}{2}$$</p><pre>$a$ and $b$</pre><p>5 $ or $ 6</p>")
    formulas(soup)
    inline, block = soup.find_all("math")
    assert (inline["display"], block["display"]) == ("inline", "block")
    assert inline.get_text() == "x1<2" and block.mfrac.get_text() == "12"
    assert soup.pre.get_text() == "$a$ and $b$"


def links(body, repository="", name="01_x"):
    page = Page("en", name, "title", soup_of(body))
    relink(page, {"en/02_tokens", "pt/02_tokens", "en/glossary"}, repository)
    return str(page.body)


def test_links_lead_to_pages_or_to_the_repository_or_are_words():
    assert links('<a href="02_tokens.ipynb#here">x</a>') == '<a href="../en/02_tokens.html#here">x</a>'
    assert links('<a href="../pt/02_tokens.ipynb">x</a>') == '<a href="../pt/02_tokens.html">x</a>'
    assert links('<a href="../../slides/gpt2.pt.md">x</a>') == '<a href="../pt/slides.html">x</a>'
    assert links('<a href="../../LICENSE">x</a>') == "x"
    at = "https://example.org/owner/name"
    assert links('<a href="../../LICENSE">x</a>', at) == f'<a href="{at}/blob/main/LICENSE">x</a>'
    assert (
        links('<a href="../notebooks/en/glossary.ipynb">x</a>', name="slides") == '<a href="../en/glossary.html">x</a>'
    )
    with pytest.raises(ValueError, match=r"en/01_x links to 99_gone.ipynb, which is not there"):
        links('<a href="99_gone.ipynb">x</a>')


def test_a_slides_notes_are_folded_and_their_kinds_stand_out():
    made = notes(soup_of(""), ["2 min\nAsk: why? Because: x\nThe figure: <b>", "A. no"], "Notes")
    assert [p.get_text() for p in made.find_all("p")] == ["2 min", "Ask: why? Because: x", "The figure: <b>", "A. no"]
    assert [bold.get_text() for bold in made.find_all("strong")] == ["Ask:", "The figure:"]
    assert made.b is None


def test_a_deck_leaves_its_models_to_the_site():
    script = '<script type="application/octet-stream;base64" data-model="mini" data-file="config.json">{}</script>'
    deck = f"<!doctype html><html lang='en'><body>{script.format('AA==')}<script>1</script></body></html>"
    assert without_models(deck) == (
        "<!doctype html><html data-models=\"../models\" lang='en'><body><script>1</script></body></html>"
    )


def test_each_module_stands_once_and_after_what_it_imports():
    found = modules(ROOT / "pages" / "live.js")
    names = list(found)
    assert names[-1] == "pages/live.js"
    for i, source in enumerate(found.values()):
        assert all(name not in source for name in names[i + 1 :])
    assert 'from "mini_gpt/lesson/widgets/page.js";' in found["mini_gpt/lesson/runtime/gpt.js"]


def test_the_pages_know_every_widget():
    script = (ROOT / "pages/live.js").read_text(encoding="utf-8")
    known = re.search(r"const widgets = {([^}]*)}", script)
    names = {path.stem for path in (ROOT / "mini_gpt/lesson/widgets").glob("*.css")} - {"page"}
    assert known and set(re.findall(r"\w+", known[1])) == names


def test_a_figure_in_words_has_its_titles_axes_and_legend_once_each():
    figure, axes = plt.subplots(1, 2)
    for each in axes:
        each.plot([1, 2], label="loss")
        each.set(xlabel="step", ylabel="bits")
    axes[1].legend()
    axes[0].set_title("Training")
    plt.close(figure)
    assert in_words(figure, "en") == "Training; horizontally: step; vertically: bits; legend: loss"
    drawing, axes = plt.subplots()
    axes.text(0, 0, "attention")
    plt.close(drawing)
    assert in_words(drawing, "pt") == "nela se lê: attention"


def test_a_notebook_keeps_a_widgets_state_and_the_name_of_its_model():
    widget = MaskPainter(mini_gpt.load("mini"), "ana is", lang="en")
    kept = for_pages({2: "text", 5: widget}, "en")
    assert list(kept) == [5]
    stored = kept[5]["mini_gpt"]
    assert (stored["widget"], stored["model"]) == ("mask_painter", "mini")
    assert json.loads(stored["state"])["tokens"] == ["<|endoftext|>", "ana", "is"]
    json.dumps(kept)


def test_what_only_a_notebook_can_do_keeps_its_picture_and_says_so():
    mini = mini_gpt.load("mini")
    view = head_view(mini, "ana is", lang="en")
    nano = mini_gpt.load("nano")
    kept = for_pages({1: view, 2: MaskPainter(nano, "ana is", lang="en")}, "en")
    assert all(each["mini_gpt"] == {"notebook_only": True} for each in kept.values())
    assert kept[1]["image/png"]["alt"].startswith("BertViz · ")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[
        nbformat.v4.new_output("execute_result", {"image/png": "aaaa"}, metadata=kept[1])])])  # fmt: skip
    soup = soup_of(exporter().from_notebook_node(notebook)[0])
    images(soup, "en")
    assert soup.img["alt"] == kept[1]["image/png"]["alt"]
    assert "in the notebook it answers" in soup.select_one("img + p.only").get_text()


def test_the_models_of_the_pages_have_all_their_files():
    folder = ROOT / "mini_gpt/lesson/checkpoints/mini"
    assert all((folder / file).is_file() for file in FILES)


def test_a_notebook_for_colab_installs_first_and_is_the_same_from_there_on(tmp_path):
    at = "https://github.com/owner/name"
    colab.write(tmp_path, at)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for lang in LANGUAGES:
        stored = sorted((ROOT / "notebooks" / lang).glob("*.ipynb"))
        assert [path.name for path in stored] == sorted(path.name for path in (tmp_path / lang).iterdir())
        made = nbformat.read(tmp_path / lang / stored[1].name, as_version=4)
        nbformat.validate(made)
        *rest, install = made.cells[0].source.splitlines()
        compile("\n".join(rest), "cell", "exec")
        asked = re.fullmatch(r'%pip install --quiet --constraint keep.txt "mini-gpt\[(\w+)\] @ git\+(.*)"', install)
        assert asked and asked[1] in extras and asked[2] == at
        assert made.cells[1:] == nbformat.read(stored[1], as_version=4).cells
        assert colab.address(at, lang, stored[1].name).endswith(
            f"/github/owner/name/blob/colab/{lang}/{stored[1].name}"
        )
    assert colab.address("https://example.org/owner/name", "en", "x.ipynb") == ""


def test_what_colab_installs_leaves_the_laboratory_to_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.match(r"[\w-]+", each)[0] for each in project["optional-dependencies"]["notebook"]}
    assert not names & {"jupyterlab", "ipykernel", "ipywidgets", "notebook", "torch"}
