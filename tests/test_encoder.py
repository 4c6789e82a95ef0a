"""The same blocks as readers: BERT's encoder, 2017's encoder and decoder, and what they are trained on."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close

from mini_gpt import GPTConfig, edit, generate, load, record, save
from mini_gpt.encoder import Encoder, EncoderDecoder, both_ways
from mini_gpt.lesson.batches import MASK, PAD, masked, masked_loss, pair_batch, pair_loss, with_mask_and_pad
from mini_gpt.model import Block, causal_mask, padding_mask
from mini_gpt.tokenizer import WordTokenizer
from mini_gpt.training.data import IGNORE, document_batch

SHAPE = GPTConfig(vocab_size=23, context_length=40, n_layer=2, n_head=4, d_model=16)
TOKENIZER = with_mask_and_pad(WordTokenizer(["<|endoftext|>", *(f"word{i}" for i in range(20))]))
PAD_ID = TOKENIZER.ids[PAD]


def lively(kind, seed=0):
    torch.manual_seed(seed)
    model = kind(SHAPE)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn(parameter.shape)
    return model.eval()


@pytest.fixture(scope="module")
def encoder():
    return lively(Encoder)


@pytest.fixture(scope="module")
def translator():
    return lively(EncoderDecoder)


# ---------------------------------------------------------------- one block, three uses


def test_an_encoder_is_a_gpt_that_is_allowed_to_see_everything(encoder, gpt, ids):
    gpt.load_state_dict(encoder.state_dict())
    assert_close(encoder(ids), gpt(ids, torch.ones(7, 7, dtype=torch.bool)))
    assert (encoder(ids) - gpt(ids)).abs().max() > 0.1
    assert_close(encoder(ids, causal_mask(7)), gpt(ids))


def test_what_an_encoder_makes_of_a_token_depends_on_both_sides(encoder, ids):
    for t in range(7):
        changed = ids.clone()
        changed[:, t] = (ids[:, t] + 1) % 21
        difference = (encoder.hidden_states(changed) - encoder.hidden_states(ids)).abs().amax(-1)
        assert difference.min() > 1e-4


def test_an_encoder_looked_into_says_the_same(encoder, ids):
    before = encoder(ids)
    with record(encoder, "*.weights") as trace:
        assert_close(encoder(ids), before)
    weights = trace.layers("attention.weights")
    assert weights.shape == (2, 2, 4, 7, 7)
    assert weights.min() > 0
    assert_close(weights.sum(-1), torch.ones(2, 2, 4, 7))


def test_padding_changes_nothing_for_what_is_real(encoder, ids):
    padded = F.pad(ids, (0, 3), value=PAD_ID)
    hidden = encoder.hidden_states(padded, both_ways(padded != PAD_ID))
    assert_close(hidden[:, :7], encoder.hidden_states(ids))


def test_a_decoders_block_is_pytorchs_own_when_that_normalises_first():
    """torch.nn.TransformerDecoderLayer: self-attention, cross-attention, MLP, as in 2017 but for the norms' place."""
    block = lively(EncoderDecoder).blocks[0]
    oracle = nn.TransformerDecoderLayer(16, 4, 64, 0.0, lambda x: F.gelu(x, approximate="tanh"), batch_first=True,
                                        norm_first=True)  # fmt: skip
    own, cross = block.attention, block.cross_attention
    pairs = {
        "self_attn.in_proj_weight": own.qkv.weight, "self_attn.in_proj_bias": own.qkv.bias,
        "multihead_attn.in_proj_weight": torch.cat([cross.query.weight, cross.key_value.weight]),
        "multihead_attn.in_proj_bias": torch.cat([cross.query.bias, cross.key_value.bias]),
    }  # fmt: skip
    modules = {"self_attn.out_proj": own.projection, "multihead_attn.out_proj": cross.projection,
               "linear1": block.mlp.expand, "linear2": block.mlp.project, "norm1": block.attention_norm,
               "norm2": block.cross_norm, "norm3": block.mlp_norm}  # fmt: skip
    for name, module in modules.items():
        pairs |= {f"{name}.weight": module.weight, f"{name}.bias": module.bias}
    oracle.load_state_dict(pairs)
    x, memory, real = torch.randn(2, 5, 16), torch.randn(2, 6, 16), torch.arange(6) < torch.tensor([[6], [4]])
    theirs = oracle(x, memory, tgt_mask=~causal_mask(5), memory_key_padding_mask=~real)
    assert_close(block(x, memory=memory, memory_mask=padding_mask(real)[:, None]), theirs, rtol=1e-4, atol=1e-5)


def test_a_gpt_block_has_no_cross_attention_and_refuses_a_memory(gpt, ids, translator):
    assert not hasattr(Block(SHAPE), "cross_attention")
    with pytest.raises(TypeError, match="memory"):
        gpt(ids, memory=translator.encode(ids))
    with pytest.raises(ValueError, match="memory must be given: what `encode` made of another text"):
        translator(ids)
    with pytest.raises(ValueError, match="memory must be given"):
        generate(translator, ids, 1)


# ---------------------------------------------------------------- encoder and decoder


def test_the_decoder_sees_the_whole_source_and_its_own_past_only(translator, ids):
    source = ids.flip(1)
    before = translator(ids, memory=translator.encode(source))
    changed = source.clone()
    changed[:, -1] = (source[:, -1] + 1) % 21
    assert (translator(ids, memory=translator.encode(changed)) - before).abs().amax(-1).min() > 1e-4
    future = ids.clone()
    future[:, 4:] = (ids[:, 4:] + 1) % 21
    assert_close(translator(future, memory=translator.encode(source))[:, :4], before[:, :4])


def test_cross_attention_weights_are_one_row_for_each_word_written_over_the_words_read(translator, ids):
    with record(translator, "blocks.*.cross_attention.weights") as trace:
        translator(ids, memory=translator.encode(ids[:, :4]))
    weights = trace.layers("cross_attention.weights")
    assert weights.shape == (2, 2, 4, 7, 4)
    assert_close(weights.sum(-1), torch.ones(2, 2, 4, 7))


def test_without_its_cross_attention_the_source_is_gone(translator, ids):
    with edit(translator, "blocks.*.cross_attention", 0):
        one = translator(ids, memory=translator.encode(ids))
        other = translator(ids, memory=translator.encode(ids.flip(1)))
    assert_close(one, other)


def test_encoder_decoder_and_head_share_one_embedding(translator):
    assert translator.encoder.token_embedding.weight is translator.token_embedding.weight is translator.head.weight
    names = [name for name, parameter in translator.named_parameters() if parameter is translator.head.weight]
    assert names == ["token_embedding.weight"]


@pytest.mark.parametrize("kind", [Encoder, EncoderDecoder])
def test_they_are_saved_and_loaded_as_what_they_are(kind, ids, tmp_path):
    model = lively(kind)
    model.tokenizer = TOKENIZER
    save(model, tmp_path)
    again = load(tmp_path)
    assert type(again) is kind
    assert again.tokenizer.words == TOKENIZER.words
    assert {name: p.tolist() for name, p in again.named_parameters()} == {
        name: p.tolist() for name, p in model.named_parameters()
    }
    given = {"memory": model.encode(ids)} if kind is EncoderDecoder else {}
    assert_close(again(ids, **given), model(ids, **given))


# ---------------------------------------------------------------- what they are trained on


def test_masking_hides_as_many_as_it_says_in_berts_proportions():
    documents = [[1 + i % 20 for i in range(k, k + 38)] + [0] for k in range(200)]
    batch = document_batch(documents, end_of_text=0)
    inputs, targets = masked(batch, TOKENIZER, 0.15, torch.Generator().manual_seed(0))
    whole = torch.tensor([[0, *document] for document in documents])
    chosen = targets != IGNORE
    assert torch.equal(targets[chosen], whole[chosen])
    assert torch.equal(inputs[~chosen], whole[~chosen])
    assert chosen.float().mean().item() == pytest.approx(0.15, abs=0.01)
    spoiled = inputs[chosen] == TOKENIZER.ids[MASK]
    kept = inputs[chosen] == whole[chosen]
    assert spoiled.float().mean().item() == pytest.approx(0.8, abs=0.03)
    assert kept.float().mean().item() == pytest.approx(0.1 + 0.1 / 21, abs=0.03)  # a random word may be the same
    assert inputs[chosen & (inputs != TOKENIZER.ids[MASK])].max() < TOKENIZER.ids[MASK]


def test_padding_is_never_hidden_nor_asked_for():
    inputs, targets = masked(document_batch([[1, 2, 3, 0], [4, 0]], 0), TOKENIZER, 0.999, torch.Generator())
    assert inputs[1, 3:].tolist() == [PAD_ID, PAD_ID]
    assert targets[1, 3:].tolist() == [IGNORE, IGNORE]


def test_the_encoders_loss_is_of_the_hidden_tokens_and_does_not_see_padding(encoder):
    inputs, targets = torch.tensor([[0, 5, 21, 7]]), torch.tensor([[IGNORE, IGNORE, 6, IGNORE]])
    loss = masked_loss(encoder, inputs, targets, PAD_ID)
    assert_close(loss, -encoder(inputs)[0, 2].log_softmax(-1)[6])
    padded = F.pad(inputs, (0, 2), value=PAD_ID), F.pad(targets, (0, 2), value=IGNORE)
    assert_close(masked_loss(encoder, *padded, PAD_ID), loss)


def test_the_translators_loss_is_that_of_each_pair_alone(translator):
    pairs = [([1, 2, 3, 4], [5, 6, 0]), ([7, 8], [9, 10, 11, 0])]
    together = pair_loss(translator, *pair_batch(pairs, TOKENIZER), PAD_ID)
    alone = 0.0
    for source, text in pairs:
        logits = translator(torch.tensor([[0, *text[:-1]]]), memory=translator.encode(torch.tensor([source])))
        alone -= logits[0].log_softmax(-1).gather(-1, torch.tensor(text)[:, None]).sum()
    assert_close(together, alone)


def test_what_cannot_be_translated_for_want_of_numbers_is_found_in_the_model(translator, ids):
    broken = copy.deepcopy(translator)
    broken.encoder.blocks[1].mlp.expand.bias.data[0] = torch.nan
    with pytest.raises(FloatingPointError, match=r"NaN or infinity begins in encoder\.blocks\.1\.mlp\.expand, whose"):
        broken.translate(ids, start=0, stop=5, max_new_tokens=6)


def test_translating_is_to_write_the_most_likely_token_until_each_row_has_stopped(translator, ids):
    written = translator.translate(ids, start=0, stop=5, max_new_tokens=6)
    memory = translator.encode(ids)
    for row in range(2):
        text = [0]
        for _ in range(written.size(1) - 1):
            text.append(int(translator(torch.tensor([text]), memory=memory[row : row + 1])[0, -1].argmax()))
            if text[-1] == 5:
                break
        assert written[row, : len(text)].tolist() == text
        assert set(written[row, len(text) :].tolist()) <= {5}
