"""`evaluate`: its arguments, where its data comes from, and how it leaves the model."""

import json
import math

import pytest
from characters import PRINTABLE, with_characters

from mini_gpt import GPT, GPTConfig, load
from mini_gpt.evaluation import TASKS, evaluate
from mini_gpt.facts import FACTS

CBT = "\n".join([*(f"{n} An owl ." for n in range(1, 21)), "21 A XXXXX .\towl\t\towl|hen\n"])


@pytest.fixture(scope="module")
def model() -> GPT:
    return with_characters(PRINTABLE, context_length=8)


def copy_of(model: GPT, dropout: float = 0.0) -> GPT:
    copy = GPT(GPTConfig(**{**vars(model.config), "dropout": dropout}))
    copy.load_state_dict(model.state_dict())
    copy.tokenizer = model.tokenizer
    return copy


def test_a_model_in_training_is_evaluated_without_dropout_and_left_in_training(model, data_file):
    path = data_file("the dog saw the cat")
    training = copy_of(model, dropout=0.5)
    assert evaluate(training, "text", path).nats == evaluate(model, "text", path).nats
    assert training.training and not model.training


def test_after_an_error_every_part_of_the_model_is_in_the_mode_it_was_in(model, data_file):
    training = copy_of(model)
    training.blocks[0].eval()
    modes = [module.training for module in training.modules()]
    with pytest.raises(ValueError, match=r"data='.*\.txt' is refused by the model's tokenizer: unknown \['ß'\]"):
        evaluate(training, "text", data_file("ß"))
    assert [module.training for module in training.modules()] == modes


def test_a_model_in_bfloat16_is_close_and_says_so(model, data_file):
    path = data_file("the dog saw the cat")
    result = evaluate(copy_of(model).bfloat16().eval(), "text", path)
    assert result.nats == pytest.approx(evaluate(model, "text", path).nats, rel=0.05)
    assert result.protocol["model"].endswith("parameters, bfloat16")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("task", TASKS)
def test_a_file_as_windows_writes_it_gives_the_result_of_the_published_one(task, encoding, tmp_path):
    model = with_characters(PRINTABLE, context_length=16)
    text = {"lambada": "ab cd\nab ef\n", "cbt-cn": CBT, "cbt-ne": CBT, "text8": "a dog", "ptb": " a\n b\n"}.get(
        task, " a dog\n \n saw\n"
    )
    exact = task in ("enwik8", "text8")
    published, windows = tmp_path / "published", tmp_path / "windows"
    published.write_bytes(text.encode())
    windows.write_bytes(text.replace("\n", "\n" if exact else "\r\n").encode(encoding))
    one, other = (evaluate(model, task, path) for path in (published, windows))
    assert (one.figures, one.words, one.bytes, one.tokens) == (other.figures, other.words, other.bytes, other.tokens)


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"caf\xe9", "'.*data.txt' is not UTF-8 at byte 3: save it as UTF-8$"),
     (b"a\r\nb\0", "'.*data.txt' has a NUL at byte 4"),
     ("a dog".encode("utf-16-le"), "data.txt' has a NUL at byte 1: it is no text, or UTF-16 without a byte order mark"),
     (b"\xff\xfea\x00\x00\xd8b\x00", "data.txt' is not UTF-16-LE at byte 4: save it as UTF-8$")],
)  # fmt: skip
def test_a_file_that_is_no_text_is_refused_with_its_place(model, data, message, tmp_path):
    (tmp_path / "data.txt").write_bytes(data)
    with pytest.raises(ValueError, match=message):
        evaluate(model, "text", tmp_path / "data.txt")


@pytest.mark.parametrize("task", TASKS)
def test_a_model_that_gives_no_numbers_gets_no_result(model, task, data_file):
    broken = copy_of(with_characters(PRINTABLE, context_length=16)).eval()
    broken.blocks[1].attention.projection.bias.data[0] = math.nan
    text = {"lambada": "ab cd", "cbt-cn": CBT, "cbt-ne": CBT, "text8": "a dog"}.get(task, " a dog\n")
    message = r"data='.*' is nan: NaN or infinity begins in blocks\.1\.attention\.projection, whose parameters hold it"
    with pytest.raises(FloatingPointError, match=message):
        evaluate(broken, task, data_file(text))


@pytest.mark.parametrize(
    "text", ["", " \n", "\ufeff\r\n", "\u2003", "\x1c", "<|endoftext|>", "<|endoftext|>\n<|endoftext|>\n"]
)
@pytest.mark.parametrize("task", TASKS)
def test_of_nothing_to_evaluate_only_what_may_be_words_gets_a_result(model, task, text, data_file):
    if "<" in text and task in ("ptb", "1bw", "enwik8"):  # in enwik8 it is ordinary text
        assert evaluate(model, task, data_file(text)).tokens >= 13
    else:
        with pytest.raises(ValueError, match=r"data='.*data\.txt' (is empty|has|does not match the format at line 1)"):
            evaluate(model, task, data_file(text))


def test_wikitext103_is_read_and_measured_as_wikitext2():
    assert TASKS["wikitext103"] == TASKS["wikitext2"]


@pytest.mark.parametrize("task", TASKS)
def test_a_result_is_json_and_comes_back(task, data_file):
    model = with_characters(PRINTABLE, context_length=16)
    texts = {"lambada": "ab cd", "cbt-cn": CBT, "cbt-ne": CBT, "text8": "a dog"}
    result = evaluate(model, task, data_file(texts.get(task, " a dog\n")))
    back = json.loads(json.dumps(result.as_dict()))
    assert back["task"] == task and back["protocol"] == result.protocol and "None" not in str(back)
    assert {name: back[name] for name in result.figures} == result.figures != {}
    assert all(isinstance(value, str) for value in result.protocol.values())
    shown = {column["metric"] for column in FACTS["zero_shot"]["columns"] if column["task"] == task}
    assert set(back["paper"]) == shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": "lambda"}, r"task='lambda' must be one of lambada, .*\(did you mean lambada"),
        ({"stride": 0}, r"stride=0 must be in 1\.\.context_length=8"),
        ({"stride": 9}, r"stride=9 must be in 1\.\.context_length=8"),
        ({"stride": 5, "context_length": 4}, r"stride=5 must be in 1\.\.context_length=4"),
        ({"context_length": 9}, r"context_length=9 must be in 1\.\.8"),
        ({"context_length": 0}, r"context_length=0 must be in 1\.\.8"),
        ({"batch_size": 0}, "batch_size=0 must be at least 1"),
        ({"task": "lambada", "stride": 2}, "stride=2 is for running text; task='lambada' has none"),
        ({"task": "lambada", "context_length": 1}, "context_length=1 must be at least 3 for an ending of 3 tokens"),
        ({"task": "text8"}, r"data='.*' has '\.', but only a to z"),
    ],
)
def test_an_argument_out_of_range_is_refused(model, data_file, arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluate(**{"model": model, "task": "text", "data": data_file("a do."), **arguments})


def test_a_model_without_a_tokenizer_is_refused(gpt, data_file):
    with pytest.raises(ValueError, match=r"model has no tokenizer; load it from a directory with tokenizer\.json"):
        evaluate(gpt, "text", data_file("a dog"))


def test_a_missing_file_and_a_directory_are_refused_with_what_the_task_reads(model, tmp_path):
    for path in (tmp_path, tmp_path / "no.txt"):
        with pytest.raises(FileNotFoundError, match=r"is not a file; task='wikitext2' reads wiki\.test\.tokens"):
            evaluate(model, "wikitext2", path)


@pytest.mark.parametrize(
    ("task", "lines"), [("text", ["nina guarda a bola ."] * 2), ("lambada", ["a bola\na nina"] * 3)]
)
def test_a_data_set_gives_what_its_file_gives(tmp_path, task, lines):
    folder, file = tmp_path / "set", tmp_path / "file"
    folder.mkdir()
    (folder / "test.jsonl").write_text("".join(json.dumps({"text": line}) + "\n" for line in lines))
    file.write_text("".join((json.dumps({"text": line}) if task == "lambada" else line) + "\n" for line in lines))
    by_set, by_file = (evaluate(load("mini"), task, data) for data in (f"hub:{folder}::test", file))
    assert by_set.figures == by_file.figures and by_set.data.startswith("hub:")


@pytest.mark.parametrize("data", ["hub:", "hub:a:b:c:d"])
def test_a_data_set_is_named_as_it_must_be(data):
    with pytest.raises(ValueError, match="hub:NAME, hub:NAME:CONFIG or hub:NAME:CONFIG:SPLIT"):
        evaluate(load("mini"), "text", data)
