"""Models side by side: the numbers on the figures."""

from mini_gpt.lesson.figures import above_floor_figure, excess_figure


def test_each_model_has_its_bar_and_its_number():
    [axes] = above_floor_figure({"bigram": 1.25, "nano": 0.05}, "en").axes
    assert [bar.get_width() for bar in axes.containers[0]] == [1.25, 0.05]
    assert [text.get_text() for text in axes.texts] == ["1.25", "0.05"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["bigram", "nano"]


def test_each_kind_of_token_has_a_cell_whose_number_can_be_read():
    axes, _ = excess_figure(
        {"bigram": {"answer": 3.0, "rest": 0.5}, "nano": {"answer": 0.25, "rest": -0.001}}, "pt"
    ).axes
    assert [text.get_text() for text in axes.texts] == ["3,00", "0,50", "0,25", "0,00"]
    assert [text.get_color() == "white" for text in axes.texts] == [True, False, False, False]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["answer", "rest"]
