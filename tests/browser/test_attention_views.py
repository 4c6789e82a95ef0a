"""BertViz in its frame: in a page of its own, and in JupyterLab with several of them, light and dark."""

import io
import re
from dataclasses import replace

import nbformat
import numpy as np
import pytest
import torch
from matplotlib.image import imread
from playwright.sync_api import expect

from browser.axe import axe_findings
from browser.page import JUPYTER_DARK, widget_pages
from mini_gpt import GPT
from mini_gpt.encoder import EncoderDecoder
from mini_gpt.lesson.attention_views import head_view, model_view, neuron_view
from mini_gpt.lesson.batches import with_mask_and_pad
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import TOKENIZER
from mini_gpt.tokenizer import WordTokenizer
from notebooks.build import METADATA

TEXT = "ana is at the beach"
TOKENS = ["<|endoftext|>", *TEXT.split()]
T = len(TOKENS)
LESSON = "pt/06_encoder_vs_decoder_attention.ipynb"
CELLS = (
    "import mini_gpt\n"
    "from mini_gpt.lesson.attention_views import head_view, model_view, neuron_view\n"
    "mini, encoder, translator = (mini_gpt.load(f'mini{name}') for name in ('', '-encoder', '-translator'))",
    "head_view(mini, 'ana is at the beach', lang='en')",
    "head_view(encoder, 'ana is at the beach', lang='en')",
    "model_view(mini, 'ana is at the beach', lang='en')",
    "neuron_view(mini, 'ana is at the beach', lang='en')",
    "neuron_view(encoder, 'ana is at the beach', lang='en')",
    "head_view(translator, 'the oranges are red .', 'as laranjas', lang='en')",
)
OPACITIES = """lines => lines.map(line => {
    const shown = getComputedStyle(line).visibility === "visible" && getComputedStyle(line.parentNode).opacity > 0;
    return shown ? Number(line.getAttribute("stroke-opacity")) : 0;
})"""


def made(kind, tokenizer=TOKENIZER):
    torch.manual_seed(0)
    model = kind(replace(NANO, vocab_size=tokenizer.vocab_size))
    for parameter in model.parameters():
        parameter.data.mul_(3)  # an untrained model attends almost evenly
    model.tokenizer = tokenizer
    return model


@pytest.fixture(scope="module")
def gpt():
    return made(GPT)


@pytest.fixture
def start(browser):
    """start(view) opens it in a page, and gives its frame."""
    with widget_pages(browser) as open_page:

        def start(view, **page):
            return open_page(view, [], lambda state: None, **page).frame_locator("iframe")

        yield start


@pytest.fixture(scope="module")
def views(lab, server):
    """A notebook with several views, run."""
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=METADATA), server.root / "views.ipynb")
    lab.open("views.ipynb")
    lab.run_all()
    return lab


def drawn(frame, lines="#attention line"):
    """How opaque each line is that can be seen."""
    frame.locator("svg").first.wait_for()
    return frame.locator(lines).evaluate_all(OPACITIES)


def weights(view, layer, filter=0):
    return torch.tensor(view.parameters["attention"][filter]["attn"][layer])


def contrast(locator):
    """Between the lightest and the darkest pixel of what a reader sees."""
    pixels = imread(io.BytesIO(locator.screenshot()))[..., :3]
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    light = linear @ [0.2126, 0.7152, 0.0722]
    return (light.max() + 0.05) / (light.min() + 0.05)


# ------------------------------------------------------------ each view, by mouse


def test_the_lines_are_as_opaque_as_the_weights(start, gpt):
    view = head_view(gpt, TEXT, layer=1, heads=[0, 2])
    shown = torch.tensor(drawn(start(view))).view(4, T, T)
    torch.testing.assert_close(shown[[0, 2]], weights(view, 1)[[0, 2]] / 2)
    assert shown[[1, 3]].sum() == 0


def test_another_layer_draws_its_own_lines(start, gpt):
    view = head_view(gpt, TEXT)
    frame = start(view)
    for layer in (2, 0):
        frame.locator("#layer").select_option(str(layer))
        torch.testing.assert_close(torch.tensor(drawn(frame)).view(4, T, T), weights(view, layer) / 4)


def test_pointing_at_a_token_leaves_only_its_lines(start, gpt):
    view = head_view(gpt, TEXT)
    frame = start(view)
    frame.locator("#left text").nth(3).hover()
    only = torch.tensor(drawn(frame)).view(4, T, T)
    torch.testing.assert_close(only[:, 3], weights(view, 0)[:, 3] / 4)
    assert only[:, [0, 1, 2, 4, 5]].sum() == 0
    frame.locator("#right text").nth(1).hover()
    only = torch.tensor(drawn(frame)).view(4, T, T)
    torch.testing.assert_close(only[..., 1], weights(view, 0)[..., 1] / 4)
    assert only[..., [0, 2, 3, 4, 5]].sum() == 0
    frame.locator("#layer").hover()
    assert sum(map(bool, drawn(frame))) == (weights(view, 0) > 0).sum()


def test_the_model_view_has_a_square_for_each_head_and_a_click_shows_it_from_near(start, gpt):
    view = model_view(gpt, TEXT, lang="en")
    frame = start(view)
    shown = torch.tensor(drawn(frame, "[source-index] line")).view(3, 4, T, T)
    torch.testing.assert_close(shown, torch.tensor(view.parameters["attention"][0]["attn"]))
    frame.locator("rect[data-click]").nth(6).click()
    expect(frame.locator("text.detail")).to_have_text("Layer 1, Head 2")
    near = torch.tensor(drawn(frame, ".attn-line-group line")).view(T, T)
    torch.testing.assert_close(near, weights(view, 1)[2])


def test_the_neuron_view_shows_the_numbers_of_the_chosen_query(start, gpt):
    view = neuron_view(gpt, TEXT, layer=1, head=2)
    frame = start(view)
    frame.locator("#collapsed #leftText text").nth(4).hover()
    frame.locator("#collapsed #leftText g").nth(4).locator("rect[data-click]").click()
    expect(frame.locator("#expanded")).to_be_visible()
    (shown,) = view.parameters["attention"]
    q, k = (torch.tensor(shown[name][1][2], dtype=torch.float64) for name in ("queries", "keys"))
    values = "elements => elements.map(element => Number(element.dataset.value))"
    products = torch.tensor(frame.locator("#product .element").evaluate_all(values), dtype=torch.float64)
    torch.testing.assert_close(products.view(T, -1), q[4] * k)
    scores = torch.tensor(frame.locator("#dotproducts rect").evaluate_all(values), dtype=torch.float64)
    torch.testing.assert_close(scores, k @ q[4] / q.size(1) ** 0.5)


def test_a_translators_three_kinds_of_attention_can_be_chosen(start):
    tokenizer = with_mask_and_pad(TOKENIZER)
    view = head_view(made(EncoderDecoder, tokenizer), "the oranges are red .", "as laranjas", lang="en")
    frame = start(view)
    for i, (name, left, right) in enumerate((("Cross", 3, 5), ("Decoder", 3, 3), ("Encoder", 5, 5))):
        frame.get_by_label("Attention").select_option(label=name)
        assert (frame.locator("#left text").count(), frame.locator("#right text").count()) == (left, right)
        torch.testing.assert_close(torch.tensor(drawn(frame)).view(4, left, right), weights(view, 0, i) / 4)


# ------------------------------------------------------------ by keyboard, by ear, in Portuguese


def test_arrows_go_from_token_to_token_and_show_its_lines(start, gpt):
    view = head_view(gpt, TEXT)
    frame = start(view)
    page = frame.locator("body").page
    frame.locator("#layer").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    only = torch.tensor(drawn(frame)).view(4, T, T)
    torch.testing.assert_close(only[:, 2], weights(view, 0)[:, 2] / 4)
    assert only[:, [0, 1, 3, 4, 5]].sum() == 0
    page.keyboard.press("Tab")  # to the keys on the right
    assert torch.tensor(drawn(frame)).view(4, T, T)[..., 1:].sum() == 0
    page.keyboard.press("Tab")  # to the heads' colours, so no token is pointed at
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    shown = torch.tensor(drawn(frame)).view(4, T, T)
    torch.testing.assert_close(shown[[0, 2, 3]], weights(view, 0)[[0, 2, 3]] / 3)
    assert shown[1].sum() == 0


def test_enter_opens_a_square_and_a_calculation(start, gpt):
    frame = start(model_view(gpt, TEXT))
    frame.locator("rect[data-click]").nth(5).press("Enter")
    expect(frame.locator("text.detail")).to_have_text("Camada 1, Cabeça 1")
    frame = start(neuron_view(gpt, TEXT))
    frame.locator("#collapsed #leftText g").nth(3).press("Enter")
    expect(frame.locator("#expanded")).to_be_visible()


@pytest.mark.parametrize(("lang", "said"), [("pt", "Visão dos neurônios"), ("en", "Neuron view")])
def test_a_screen_reader_hears_what_it_is_and_where_the_weights_go(start, gpt, lang, said):
    view = neuron_view(gpt, TEXT, lang=lang)
    page = start(view).locator("#vis").page
    frame = page.get_by_title(f"BertViz · {said}: {' '.join(TOKENS)}")
    expect(frame).to_be_visible()
    page.locator("summary").click()
    assert page.locator("li").all_inner_texts() == view.words
    expect(frame.content_frame.get_by_label("Camada" if lang == "pt" else "Layer")).to_be_visible()


@pytest.mark.parametrize(
    ("view", "page_style"), [(head_view, ""), (head_view, JUPYTER_DARK), (model_view, JUPYTER_DARK), (neuron_view, "")]
)
def test_axe_finds_nothing_around_the_frame_and_nothing_in_it(start, gpt, view, page_style):
    svg = start(view(gpt, TEXT), page_style=page_style).locator("svg")
    svg.wait_for()
    assert axe_findings(svg.page, "main") == axe_findings(svg.page.frames[1], "body") == []


def test_bertviz_speaks_portuguese_but_not_its_tokens(start):
    tokenizer = WordTokenizer(["<|endoftext|>", "Layer", "Key"])
    frame = start(neuron_view(made(GPT, tokenizer), "Layer Key"))
    frame.locator("#collapsed #leftText g").nth(1).press("Enter")
    heading = frame.locator("#heading").text_content()
    assert all(word in heading for word in ("Consulta q", "Chave k", "por elemento")) and "Query" not in heading
    assert frame.locator("#expanded #leftText text").all_text_contents() == ["<|endoftext|>", "Layer", "Key"]
    frame = start(model_view(made(GPT, tokenizer), "Layer Key"))
    expect(frame.locator("svg")).to_contain_text("Cabeças")
    expect(frame.locator("svg")).to_contain_text("Camadas")


# ------------------------------------------------------------ alone


@pytest.mark.parametrize("view", [head_view, model_view, neuron_view])
def test_a_token_is_never_markup(start, view):
    tokens = ["</script>", "<img/src=x>", "{draw}", "$&", "<b>ana</b>"]
    tokenizer = WordTokenizer(["<|endoftext|>", *tokens, "<svg/onload=parent.postMessage(1e6,'*')>"])
    frame = start(view(made(GPT, tokenizer), " ".join(tokens)))
    if view is model_view:
        frame.locator("rect[data-click]").first.click()
    shown = frame.locator("svg text").all_text_contents()
    assert all(token in shown for token in tokens)
    assert frame.locator("img, b, svg svg").count() == 0


def test_the_frame_can_reach_neither_the_page_nor_the_network(start, gpt):
    frame = start(head_view(gpt, TEXT))
    expect(frame.locator("svg")).to_be_visible()
    assert frame.locator("body").evaluate(
        "() => { try { return parent.document.title } catch (e) { return e.name } }"
    ) == ("SecurityError")
    page = frame.locator("body").page
    assert page.locator("iframe").get_attribute("sandbox") == "allow-scripts"
    policy = frame.locator("meta[http-equiv]").get_attribute("content")
    assert policy.startswith("default-src 'none'") and "http" not in policy


@pytest.mark.parametrize(
    ("view", "width"), [(head_view, 320), (head_view, 1200), (model_view, 320), (neuron_view, 320)]
)
def test_the_frame_is_as_high_as_its_view_and_no_wider_than_the_page(start, gpt, view, width):
    frame = start(view(gpt, TEXT), width=width)
    page = frame.locator("svg").page
    page.wait_for_function("document.querySelector('iframe').style.height !== ''")
    inner = frame.locator("body").evaluate("body => [body.scrollHeight, innerHeight]")
    assert inner[0] == inner[1] > 100
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# ------------------------------------------------------------ in JupyterLab


def frame_of(lab, cell):
    lab.output(cell).locator("iframe").scroll_into_view_if_needed()
    return lab.output(cell).frame_locator("iframe")


def test_in_jupyterlab_several_live_on_one_page_and_each_answers_alone(views):
    gpt_frame, encoder_frame = frame_of(views, 1), frame_of(views, 2)
    before = drawn(encoder_frame)
    causal = torch.tensor(drawn(gpt_frame)).view(4, T, T)
    assert causal.triu(1).sum() == 0 < torch.tensor(before).view(4, T, T).triu(1).sum()
    gpt_frame.locator("#layer").select_option("3")
    assert not torch.equal(torch.tensor(drawn(gpt_frame)).view(4, T, T), causal)
    gpt_frame.locator("#left text").nth(2).hover()
    assert torch.tensor(drawn(gpt_frame)).view(4, T, T)[:, [0, 1, 3, 4, 5]].sum() == 0
    assert drawn(encoder_frame) == before
    first, second = frame_of(views, 4), frame_of(views, 5)
    second.locator("#collapsed #leftText g").nth(3).press("Enter")
    expect(second.locator("#expanded")).to_be_visible()
    expect(first.locator("#expanded")).to_be_hidden()
    for cell in range(1, len(CELLS)):
        expect(frame_of(views, cell).locator("svg")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_in_jupyterlab_every_label_can_be_read(views, theme):
    views.theme(theme)
    for cell, label in ((1, "#right text"), (1, "label"), (3, "svg text"), (4, "#collapsed #rightText text")):
        assert contrast(frame_of(views, cell).locator(label).last) >= 4.5
    ground = imread(io.BytesIO(frame_of(views, 1).locator("label").screenshot()))[0, 0, :3].mean()
    assert ground > 0.9 if theme == "light" else ground < 0.1


def test_in_jupyterlab_nothing_is_asked_of_the_network_and_nothing_complains(views):
    assert (views.error_outputs(), views.external, views.errors) == ([], [], [])


def test_in_an_untrusted_notebook_a_picture_stands_for_each_view(lab, server):
    lab.open(LESSON)
    cells = nbformat.read(server.root / LESSON, as_version=4).cells
    views = [i for i, cell in enumerate(cells) if cell.cell_type == "code" and re.search("_view\\(", cell.source)]
    assert len(views) == 4
    for i in views:
        expect(lab.output(i).locator("img")).to_be_visible()
        assert lab.output(i).locator("iframe").count() == 0
    assert lab.error_outputs() == []
