"""Nothing is made on another device than the model's: tensors made without one would here be on the meta device."""

import pytest
import torch
from conftest import lively

from mini_gpt import GPTConfig, edit, generate, record
from mini_gpt.encoder import Encoder, EncoderDecoder, both_ways
from mini_gpt.model import causal_mask
from mini_gpt.training.data import Batch
from mini_gpt.training.train import TrainConfig, train, validation_loss


@pytest.fixture
def elsewhere():
    """A default device that computes nothing: whatever forgets the model's own device fails."""
    with torch.device("meta"):
        yield


def test_the_default_device_is_another(elsewhere):
    assert torch.zeros(1).device.type == "meta"


def test_a_gpt_reads_writes_and_is_looked_into_on_its_own_device(gpt, ids, elsewhere):
    mask = causal_mask(7, device="cpu")
    assert gpt(ids).device == gpt(ids, mask).device == ids.device
    with record(gpt) as trace, edit(gpt, "*.mlp", 0):
        gpt(ids)
    assert {tensor.device for tensor in trace.values()} == {ids.device}
    for use_cache in (True, False):
        assert generate(gpt, ids, 3, temperature=0, use_cache=use_cache).device == ids.device
        assert generate(gpt, ids, 3, temperature=0, mask=mask, stop=0, use_cache=use_cache).shape == (2, 10)


def test_the_models_that_read_do_so_on_their_own_device(ids, elsewhere):
    config = GPTConfig(vocab_size=23, context_length=40, n_layer=2, n_head=4, d_model=16)
    with torch.device("cpu"):
        encoder, translator = Encoder(config).eval(), EncoderDecoder(config).eval()
    real = ids > 3
    real[:, 0] = True
    assert encoder(ids, both_ways(real)).device == ids.device
    assert translator(ids, translator.encode(ids, real), real).device == ids.device
    assert translator.translate(ids, start=0, stop=1, max_new_tokens=4).device == ids.device


def test_training_and_validation_stay_on_the_models_device(ids, elsewhere):
    with torch.device("cpu"):
        model = lively(GPTConfig(vocab_size=23, context_length=40, n_layer=2, n_head=4, d_model=16))
    batch = Batch(ids[:, :-1], ids[:, 1:])
    for optimizer in ("adamw", "muon"):
        log = train(model, lambda step: [batch, batch], TrainConfig(steps=2, optimizer=optimizer))
        assert len(log) == 2
    assert validation_loss(model, [batch]) > 0
