"""The published files: what is read of them, how it is counted, and what is refused."""

import json

import pytest

from mini_gpt.evaluation import formats
from mini_gpt.evaluation.tasks import TASKS

WIKI = " \n = A Dog = \n \n The dog @-@ house , built 1 @,@ 900 years ago , isn 't <unk> . \n"
READ = "\n= A Dog =\n\nThe dog-house, built 1,900 years ago, isn't <unk>.\n"


@pytest.mark.parametrize(
    ("task", "text", "documents", "words"),
    [
        ("wikitext2", WIKI, [READ], 0 + 4 + 0 + 16 + 4),
        ("ptb", " mr. <unk> 's dog did n't \n N % \n", ["mr. <unk>'s dog didn't\nN%\n"], 6 + 2 + 2),
        ("1bw", "He 's here .\nSo is she .\n", ["He's here.\nSo is she.\n"], 4 + 4 + 2),
        ("text8", "a dog saw a cat", ["a dog saw a cat"], 5),
        ("enwik8", "<page>a dog</page>\n", ["<page>a dog</page>\n"], 2),
        ("text", "é→ a", ["é→ a"], 2),
    ],
)
def test_a_text_is_read_without_artefacts_but_counted_as_published(task, text, documents, words):
    data = text.encode()
    content = TASKS[task].parse(data)
    assert (content.documents, content.words, content.bytes) == (documents, words, len(data))


def test_end_of_text_separates_documents_and_does_not_count():
    content = formats.parse_text(b"<|endoftext|>a dog<|endoftext|>two cats sat<|endoftext|>\n")
    assert (content.documents, content.words, content.bytes) == (["a dog", "two cats sat"], 2 + 3, 5 + 12)


def test_enwik8s_last_bytes_are_read_without_a_character_that_is_cut(monkeypatch):
    monkeypatch.setattr(formats, "TEST_BYTES", 7)
    content = formats.parse_enwik8("long ago →dogs\n".encode())
    assert (content.documents, content.bytes) == (["dogs\n"], 5)
    assert content.protocol["part"] == "the last 5 bytes of 17"


def test_lambadas_last_word_is_the_ending_of_a_line_or_of_a_text_in_json():
    texts = ["ab cd ab", "dd cc.", "ab  dd"]
    clozes = formats.parse_lambada("\n".join(texts).encode())
    assert clozes == [("ab cd", [" ab"], 0), ("dd", [" cc."], 0), ("ab", [" dd"], 0)]
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    assert formats.parse_lambada(lines.encode()) == clozes


BLOCK = "\n".join([*(f"{n} The owl n't said : `` {n} . ''" for n in range(1, 21)),
                   "21 `` A XXXXX , '' he said -LRB- low -RRB- .\towl\t\tdog|owl||hen", "", ""])  # fmt: skip


def test_a_block_of_the_childrens_book_test_is_its_sentences_and_an_ending_for_each_candidate():
    context = " ".join(f'The owln\'t said: "{n}."' for n in range(1, 21))
    endings = [f' "A {candidate}," he said (low).' for candidate in ("dog", "owl", "hen")]
    assert formats.parse_cbt((BLOCK + BLOCK).encode()) == [(context, endings, 1)] * 2


@pytest.mark.parametrize(
    ("task", "data", "message"),
    [
        ("text", "", "is empty"),
        ("text", "<|endoftext|>\n<|endoftext|>", r"has no text besides <\|endoftext\|>"),
        ("enwik8", " \n", "is empty"),
        ("lambada", " \n\u2003\n", "is empty"),
        ("text", b"a dog \xff", "is not UTF-8 at byte 6"),
        ("enwik8", b"\xff" * 7, "is not UTF-8 in its last 7 bytes"),
        ("enwik8", "a\0b", "holds a NUL: it is no text in UTF-8"),
        ("text8", "a Dog", "has 'D', but only a to z and spaces are expected"),
        ("lambada", "two words\none\n", "line 2: expected a text of at least two words"),
        ("lambada", '{"txt": "two words"}', r"line 1: expected a text .* or \{\"text\": …\}"),
        ("lambada", '{"text": 5}', "line 1: expected"),
        ("lambada", '{"text": ' + "[" * 100_000, "line 1: expected"),
        ("cbt-cn", "1 A dog .\n3 A cat .", "line 2: expected sentence 2 of 21 after its number"),
        ("cbt-cn", "A dog .", "line 1: expected sentence 1 of 21"),
        ("cbt-cn", "1 A dog .\n", "expected sentence 2 of 21, not the end of the file"),
        ("cbt-ne", BLOCK.replace("XXXXX", "dog"), "line 21: expected a sentence with XXXXX, tab, the answer"),
        ("cbt-ne", BLOCK.replace("\t\t", "\t"), "line 21: expected"),
        ("cbt-ne", BLOCK.replace("\towl", "\tworm"), "line 21: expected"),
        ("wikitext2", " A dog . \nA cat . \n", "line 2: expected a space before the first word"),
        ("ptb", " a dog \n The cat \n", "line 2: expected lower-case words, and N for numbers"),
        ("1bw", "A dog .\n\nA cat .\n", "line 2: expected a sentence"),
    ],
)
def test_a_file_in_another_format_is_refused_with_the_line_and_what_was_expected(task, data, message):
    with pytest.raises(ValueError, match=message):
        TASKS[task].parse(data.encode() if isinstance(data, str) else data)
