"""Zero-shot exams: what a model writes, documents cut into prompt and answer, the interval of a mark."""

import pytest
import torch

from mini_gpt import GPT, GPTConfig, generate, load
from mini_gpt.lesson.exams import TASKS, exam, interval, write
from mini_gpt.lesson.town import HELD_OUT_PAIRS, TOKENIZER, Town
from mini_gpt.lesson.words import LANGUAGES

TOWN = Town()
EXAMS = {(lang, held_out): exam(lang, held_out, n=5) for lang in LANGUAGES for held_out in (False, True)}


@pytest.fixture(scope="module")
def gpt() -> GPT:
    torch.manual_seed(0)
    model = GPT(GPTConfig(TOKENIZER.vocab_size, context_length=64, n_layer=1, n_head=1, d_model=8)).eval()
    model.tokenizer = TOKENIZER
    return model


def ids_of(text: str) -> list[int]:
    return [TOKENIZER.end_of_text, *TOKENIZER.encode(text)]


@torch.no_grad()
def test_prompts_of_any_length_are_continued_as_each_alone_and_so_probable(gpt):
    prompts = ["ana", "leo compra um mapa na praça .", "ana está"]
    for prompt, written in zip(prompts, write(gpt, prompts, max_new_tokens=4), strict=True):
        start = ids_of(prompt)
        [ids] = generate(gpt, torch.tensor([start]), 4, temperature=0, stop=TOKENIZER.end_of_text)
        assert written.text == TOKENIZER.decode(ids[len(start) :]).removesuffix("<|endoftext|>").strip()
        p = gpt(ids[None])[0, len(start) - 1 : -1].softmax(-1).gather(1, ids[len(start) :, None]).prod()
        assert written.p == pytest.approx(p.item(), rel=1e-4)


@torch.no_grad()
def test_the_probability_of_a_text_that_ends_includes_its_end():
    mini, prompt = load("mini"), "em português : leo dá o mapa para sara . em inglês :"
    [written] = write(mini, [prompt])
    start, ids = ids_of(prompt), torch.tensor([*ids_of(f"{prompt} {written.text}"), TOKENIZER.end_of_text])
    p = mini(ids[None])[0, len(start) - 1 : -1].softmax(-1).gather(1, ids[len(start) :, None]).prod()
    assert written.text == "leo gives the map to sara ." and written.p == pytest.approx(p.item(), rel=1e-4)


def test_a_model_without_a_tokenizer_is_told_so():
    with pytest.raises(ValueError, match="no tokenizer"):
        write(GPT(GPTConfig(10, 8, 1, 1, 4)), ["ana"])


@pytest.mark.parametrize("key", EXAMS)
def test_prompt_and_answer_together_are_a_document_of_the_town(key):
    for task, cases in EXAMS[key].items():
        assert len(cases) == 5, task
        for prompt, answer in cases:
            assert TOWN.writes([*TOKENIZER.encode(f"{prompt} {answer}"), TOKENIZER.end_of_text]) != key[1], prompt


@pytest.mark.parametrize("key", EXAMS)
def test_the_truth_leaves_no_doubt_about_the_answer(key):
    town = Town(held_out=key[1])
    for task, cases in EXAMS[key].items():
        for prompt, answer in cases:
            truth = town.next_token_probs(ids_of(prompt))
            assert truth[TOKENIZER.ids[answer.split()[0]]] > 0.99, (task, prompt)


def test_a_task_without_held_out_pairs_is_left_out_of_that_exam():
    for lang in LANGUAGES:
        tasks = list(TASKS[lang])
        assert list(EXAMS[lang, False]) == tasks and list(EXAMS[lang, True]) == tasks[:-1]


def test_held_out_cases_are_about_held_out_pairs():
    pairs = {(person.forms[""], thing.forms["o"]) for person, thing in HELD_OUT_PAIRS}
    for prompt, answer in EXAMS["pt", True]["quem tem? 1 objeto"]:
        thing = prompt.partition("quem tem ")[2].partition(" ?")[0]
        assert (answer.removesuffix(" ."), thing) in pairs


def test_an_interval_holds_its_share_and_narrows_with_more_cases():
    for n in (10, 1000):
        share, low, high = interval(n, n)
        assert low < share == 1 and high == pytest.approx(1)
    assert interval(50, 100)[1] < interval(500, 1000)[1] < 0.5
