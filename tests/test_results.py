"""A result's table, and its figures where there is nothing to divide by."""

import math

from mini_gpt.evaluation import TASKS, Result
from mini_gpt.evaluation.results import FIGURES
from mini_gpt.facts import FACTS


def test_the_table_puts_the_papers_row_beside_the_result():
    protocol = {"context": "windows of 1,024 tokens", "de-tokenizer": "on"}
    result = Result("wikitext2", "wiki.test.tokens", protocol, tokens=250, words=200, bytes=1000, nats=500.0)
    lines = str(result).splitlines()
    assert lines[0] == "wikitext2: 250 tokens, 200 words, 1,000 bytes"
    assert "context       windows of 1,024 tokens" in lines and "de-tokenizer  on" in lines
    table = {line[:24].strip(): line[24:].split() for line in lines[lines.index("") + 4 :] if line}
    assert table[""] == ["here", "SOTA", "117M", "345M", "762M", "1542M"]
    assert table["perplexity per word"] == ["12.18", "39.14", "29.41", "22.76", "19.93", "18.34"]
    assert table["perplexity per token"] == ["7.39"]
    assert table["bits per byte"] == ["0.72"]
    assert lines[-1].endswith("Radford et al. 2019, table 3")


def test_a_task_that_the_paper_does_not_have_stands_alone():
    text = str(Result("text", "story.txt", tokens=4, words=3, bytes=16, nats=8.0))
    assert "SOTA" not in text and "Radford" not in text and "perplexity per word" in text


def test_every_figure_of_the_paper_has_its_place():
    for column in FACTS["zero_shot"]["columns"]:
        assert column["task"] in TASKS
        assert column["metric"] in {metric for _, metric in FIGURES.values()}


def test_a_text_without_words_has_no_perplexity_per_word_and_a_hopeless_one_has_an_infinite_one():
    assert set(Result("text8", "text8", tokens=4, words=0, bytes=16, nats=8.0).figures) == {
        "bits_per_byte", "perplexity_per_token"}  # fmt: skip
    assert Result("text", "story.txt", tokens=1, words=1, bytes=1, nats=1000.0).perplexity_per_word == math.inf
