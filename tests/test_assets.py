"""What the slides show is what the code makes, all of it is used, and it can be read from the back row."""

import json
import re
import xml.etree.ElementTree as ET

import pytest
from matplotlib.text import Text

from assets import build, live, pictures
from mini_gpt.lesson.words import LANGUAGES

pytestmark = pytest.mark.slow

ROOT = build.HERE.parent
NAMES = sorted(build.makers())
BOTH = pytest.mark.parametrize("lang", LANGUAGES)


# ---------------------------------------------------------------- the stored files


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_file_is_what_the_code_makes(name):
    assert not build.is_stale(name), "run `make figures`"


def test_no_stored_file_is_left_over():
    assert build.stored() == set(NAMES)


def test_every_file_is_used_and_every_used_file_is_there():
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "slides").glob("*.md")]
    texts += [path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *(ROOT / "slides/theme").glob("*.css"))]
    used = {name for text in texts for name in re.findall(r"assets/([\w.]+\.(?:svg|json))", text)}
    states = {re.sub("svg$", "json", name) for name in used} & set(NAMES)  # a live widget's is beside its picture
    assert used | states | {"numbers.json"} == set(NAMES)


def test_a_picture_is_small_and_whole_and_asks_nothing_of_the_network():
    for name in (name for name in NAMES if name.endswith(".svg")):
        text = (build.HERE / name).read_text(encoding="utf-8")
        root = ET.fromstring(text)
        assert len(text) < 150_000 and root.get("viewBox"), name
        addresses = [value for each in root.iter() for key, value in each.attrib.items() if key.endswith("href")]
        assert all(address.startswith("#") for address in addresses), name
        assert not {each.tag.split("}")[1] for each in root.iter()} & {"image", "script", "text", "date"}, name


@BOTH
def test_a_live_widget_has_its_state_and_its_picture(lang):
    for name in live.WIDGETS:
        state = (build.HERE / f"{name}.{lang}.json").read_text(encoding="utf-8")
        assert len(state) < 300_000 and json.loads(state)["live"] is False
        assert name in pictures.PICTURES


def test_a_number_says_what_it_is():
    numbers = json.loads((build.HERE / "numbers.json").read_text(encoding="utf-8"))
    assert numbers["town_vocabulary"]["value"] == 478
    assert all(set(entry) == {"value", "what"} and entry["what"] for entry in numbers.values())


# ---------------------------------------------------------------- the pictures


@BOTH
@pytest.mark.parametrize("name", pictures.PICTURES)
def test_a_picture_can_be_read_from_the_back_row(name, lang):
    figure = pictures.PICTURES[name](lang)
    shown = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    assert min(text.get_fontsize() for text in shown) >= pictures.TYPE
    width, height = figure.get_size_inches() * 96
    assert width <= 1152 and height <= 500


# ---------------------------------------------------------------- the builder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of its own, with two files to make."""
    monkeypatch.setattr(build, "HERE", tmp_path)
    monkeypatch.setattr(build, "makers", lambda: {"one.svg": lambda: "<svg/>", "two.json": lambda: "{}"})
    return tmp_path


def test_check_names_what_is_stale_missing_or_left_over_and_writes_nothing(folder, monkeypatch, capsys):
    (folder / "one.svg").write_text("old")
    (folder / "three.svg").write_text("nobody makes it")
    monkeypatch.setattr("sys.argv", ["build", "--check"])
    assert build.main() == 1
    assert re.findall(r"assets/(\S+)", capsys.readouterr().err) == ["one.svg", "three.svg", "two.json"]
    assert (folder / "one.svg").read_text() == "old"


def test_building_writes_what_is_asked_for_and_removes_what_nobody_makes(folder, monkeypatch, capsys):
    (folder / "three.svg").write_text("nobody makes it")
    monkeypatch.setattr("sys.argv", ["build", "one"])
    assert build.main() == 0
    assert build.stored() == {"one.svg", "three.svg"}
    monkeypatch.setattr("sys.argv", ["build"])
    assert build.main() == 0
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"one.svg": "<svg/>", "two.json": "{}"}
    monkeypatch.setattr("sys.argv", ["build", "--check"])
    assert build.main() == 0
