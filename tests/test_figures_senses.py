"""Words in context: the numbers and points on the figures."""

import numpy as np
import pytest

from mini_gpt.lesson.figures import sense_figure


def test_each_occurrence_is_a_point_in_every_layer():
    points = np.arange(12.0).reshape(2, 3, 2)
    first, second = sense_figure(points, ["bank", "bench", "bank"], "en").axes
    assert first.collections[0].get_offsets().tolist() == [[0, 1], [4, 5]]
    assert second.collections[1].get_offsets().tolist() == [[8, 9]]
    assert first.get_title(loc="left") == "layer 0"
    assert first.get_xlim() == second.get_ylim() == pytest.approx((-12.1, 12.1))  # one scale for all
