"""The paper's table, the planted bias, the cost of tokens, drawn."""

import pytest

from mini_gpt.facts import FACTS
from mini_gpt.lesson.figures import bias_figure, document_tokens_figure, language_cost_figure, results_figure, tokens


def texts(labels):
    return [label.get_text() for label in labels]


@pytest.mark.parametrize("lang", ["pt", "en"])
def test_every_cell_of_table_3_is_drawn(lang):
    figure = results_figure(lang)
    columns, rows = FACTS["zero_shot"]["columns"], FACTS["zero_shot"]["rows"]
    assert len(figure.axes) == len(columns)
    for axes, column in zip(figure.axes, columns, strict=True):
        gpt2, sota = (line.get_ydata().tolist() if hasattr(line.get_ydata(), "tolist") else line.get_ydata()
                      for line in axes.lines)  # fmt: skip
        assert gpt2 == [rows[name][column["key"]] for name in ("117M", "345M", "762M", "1542M")]
        assert set(sota) == {rows["SOTA"][column["key"]]}
        assert axes.get_title(loc="left") == column["data_set"]
        assert ("↑" in axes.get_ylabel()) == (column["better"] == "higher")


def test_the_bias_stands_beside_its_planted_size():
    [axes] = bias_figure({"driver": 0.79, "florist": 0.2}, {"florist": 0.2, "driver": 0.8}, "en").axes
    assert texts(axes.get_yticklabels()) == ["driver", "florist"]
    planted, model = axes.lines[1:]
    assert list(planted.get_xdata()) == [0.8, 0.2]
    assert list(model.get_xdata()) == [0.79, 0.2]


def test_tokens_fall_with_merges_beside_whole_words():
    [axes] = document_tokens_figure([0, 100], [60.0, 25.0], 20.0, "pt").axes
    assert axes.lines[0].get_xydata().tolist() == [[0, 60], [100, 25]]
    assert texts(axes.get_legend().get_texts()) == [tokens.TEXTS[name]["pt"] for name in ("bpe", "words")]
    assert axes.get_ylim()[0] == 0


def test_each_tokenizer_has_a_bar_for_each_language():
    [axes] = language_cost_figure({"english": {"pt": 20.0, "en": 10.0}, "both": {"pt": 12.0, "en": 11.0}}, "en").axes
    assert [bar.get_width() for bars in axes.containers for bar in bars] == [20, 12, 10, 11]
    assert texts(axes.get_yticklabels()) == ["english", "both"]
    assert texts(axes.get_legend().get_texts()) == ["pt", "en"]
