"""What is measured: the perplexity of a running text, LAMBADA's last word, the Children's Book Test's choice."""

import torch
from torch import Tensor

from mini_gpt.evaluation.formats import Cloze, RunningText
from mini_gpt.evaluation.results import Result
from mini_gpt.evaluation.scoring import Row, Scorer, nats, windows
from mini_gpt.tokenizer import END_OF_TEXT

# Articles and pronouns, conjunctions, prepositions, auxiliary verbs, adverbs that need another word.
STOP_WORDS = frozenset(
    """a an the this that these those my your his her its our their some any no every each both all such what which
    whose i me you he him she it we us they them who whom myself yourself himself herself itself ourselves themselves
    mine yours hers ours theirs and or but nor if than because while although though unless until whether as so of at by
    for with about against between into through during before after above below to from up down in out on off over
    under toward towards upon within without be am is are was were been being have has had having do does did doing will
    would shall should can could may might must not very too just only also even quite then there here when where why
    how again once ever""".split()
)


def running_text(scorer: Scorer, text: RunningText) -> Result:
    """Every token of a text; <|endoftext|> goes before each document, so that its first token is predicted too."""
    rows: list[Row] = []
    for document in text.documents:
        ids = torch.tensor([scorer.tokenizer.end_of_text, *scorer.encode(document)])
        spans = windows(len(ids), scorer.context_length, scorer.stride)
        rows += [Row(ids[start:stop], first - start) for start, stop, first in spans]
    [total] = scorer.processes.sum(scorer.score(rows[scorer.share], nats).sum().item())
    protocol = {
        "model": scorer.model_size,
        "context": f"windows of {scorer.context_length:,} tokens; {END_OF_TEXT} goes before the text",
        "stride": f"{scorer.stride:,} tokens (the paper does not state its own); each token is predicted once",
        **text.protocol,
    }
    tokens = sum(len(row.ids) - row.first for row in rows)
    return Result(scorer.task, scorer.data, protocol, tokens=tokens, words=text.words, bytes=text.bytes, nats=total)


def last_word(scorer: Scorer, clozes: list[Cloze]) -> Result:
    """LAMBADA: the probability of the last word, and whether the model guesses it.

    The guess is the likeliest token, then the likeliest after that one, as many as the word has. With the filter, the
    first token is the likeliest among those that contain a letter or digit and are not a stop word by themselves.
    """
    tokenizer = scorer.tokenizer
    texts = [tokenizer.decode([i]).strip().lower() for i in range(tokenizer.vocab_size)]
    banned = torch.ones(scorer.model.config.vocab_size, dtype=torch.bool)
    banned[: len(texts)] = torch.tensor([text in STOP_WORDS or not any(map(str.isalnum, text)) for text in texts])
    banned[tokenizer.end_of_text] = True
    n_banned, banned = int(banned.sum()), banned.to(scorer.device)

    def misses(logits: Tensor, targets: Tensor, begins: Tensor) -> Tensor:
        return logits[:, : len(texts)].argmax(-1) != targets  # what pads a vocabulary is no guess

    def misses_filtered(logits: Tensor, targets: Tensor, begins: Tensor) -> Tensor:
        return logits.masked_fill(banned & begins[:, None], -torch.inf)[:, : len(texts)].argmax(-1) != targets

    rows = [row for cloze in clozes for row in scorer.fit(scorer.cloze_rows(cloze))]
    costs, missed, missed_filtered = scorer.score(rows[scorer.share], nats, misses, misses_filtered).T
    found = [costs.sum().item(), (missed == 0).sum().item(), (missed_filtered == 0).sum().item()]
    total, right, right_filtered = scorer.processes.sum(*found)
    protocol = {
        "model": scorer.model_size,
        "context": f"at most {scorer.context_length:,} tokens: {END_OF_TEXT} and the text up to its last word",
        "predicted": "all tokens of the last word; the perplexity is per last word",
        "filter": f"on, {len(STOP_WORDS)} stop words (the paper does not list its own): "
        f"{n_banned:,} of {len(banned):,} tokens may not begin the guess",
        "de-tokenizer": "none",
    }
    tokens, n = sum(len(row.ids) - row.first for row in rows), len(rows)
    return Result(scorer.task, scorer.data, protocol, examples=n, tokens=tokens, words=n, nats=total,
                  accuracy=100 * right_filtered / n, accuracy_without_filter=100 * right / n)  # fmt: skip


def choice(scorer: Scorer, clozes: list[Cloze]) -> Result:
    """The Children's Book Test: the likeliest ending is chosen; each is the last sentence with another candidate."""
    mine = clozes[scorer.share]
    groups = [scorer.fit(scorer.cloze_rows(cloze)) for cloze in mine]
    costs = scorer.score([row for group in groups for row in group], nats)[:, 0]
    chosen = [group.argmin().item() for group in costs.split([len(group) for group in groups])]
    [right] = scorer.processes.sum(sum(i == cloze.answer for i, cloze in zip(chosen, mine, strict=True)))
    protocol = {
        "model": scorer.model_size,
        "context": f"at most {scorer.context_length:,} tokens: {END_OF_TEXT} and 20 sentences separated by spaces",
        "predicted": "the sentence with the candidate in it; the likeliest is chosen",
        "de-tokenizer": "on",
        "part": "the paper's figures are for the validation part",
    }
    return Result(scorer.task, scorer.data, protocol, examples=len(clozes), accuracy=100 * right / len(clozes))
