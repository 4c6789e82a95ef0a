"""Models side by side: the numbers on the figures."""

from mini_gpt.lesson.figures import above_floor_figure, bits_figure, tuning_figure


def test_each_model_has_its_bar_and_its_number():
    [axes] = above_floor_figure({"bigram": 1.25, "nano": 0.05}, "en").axes
    assert [bar.get_width() for bar in axes.containers[0]] == [1.25, 0.05]
    assert [text.get_text() for text in axes.texts] == ["1.25", "0.05"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["bigram", "nano"]


def test_bits_per_byte_are_named_in_both_languages():
    for lang, label, number in (("pt", "bits por byte", "1,50"), ("en", "bits per byte", "1.50")):
        [axes] = bits_figure({"xz": 2.5, "GPT": 1.5}, lang).axes
        assert axes.get_xlabel() == label
        assert axes.texts[1].get_text() == number


def test_what_is_to_learn_and_what_is_forgotten_stand_side_by_side_the_first_model_on_top():
    for lang, number in (("pt", "0,38"), ("en", "0.38")):
        one, other = tuning_figure({"mini": (12.7, 0.01), "LoRA": (0.08, 0.38)}, lang).axes
        assert [bar.get_width() for bar in one.containers[0]] == [12.7, 0.08]
        assert [text.get_text() for text in other.texts][1] == number
        assert [label.get_text() for label in one.get_yticklabels()] == ["mini", "LoRA"]
        assert one.get_ylim()[0] > one.get_ylim()[1] and one.get_ylim() == other.get_ylim()
