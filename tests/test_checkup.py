"""What lesson 00 says of the computer it runs on."""

import importlib.metadata
import socket

import pytest
from huggingface_hub import constants

from mini_gpt.lesson import checkup
from mini_gpt.lesson.words import LANGUAGES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_package_is_listed_with_its_version(lang, capsys, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    checkup.checkup(lang)
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("✓ ") for line in lines)
    assert f"✓ jupyterlab {importlib.metadata.version('jupyterlab')}" in lines
    assert checkup.TEXTS["offline"][lang] in lines


def test_a_missing_package_is_named_with_the_remedy(capsys, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(checkup, "PACKAGES", ("torch", "no-such-package"))
    checkup.checkup("en")
    assert "✗ no-such-package is not installed: run make lab" in capsys.readouterr().out


def test_the_network_is_not_touched_when_offline_is_asked_for(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(socket, "create_connection", lambda *args, **kwargs: pytest.fail("asked the network"))
    assert checkup.is_online() is False


def test_a_network_that_refuses_is_no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("no route")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert checkup.is_online() is False


def test_the_real_gpt2_is_found_in_the_cache_and_only_if_its_weights_are_there(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / "models--openai-community--gpt2"
    snapshot = folder / "snapshots" / "abc"
    for path, text in {folder / "refs" / "main": "abc", snapshot / "config.json": "{}"}.items():
        path.parent.mkdir(parents=True)
        path.write_text(text)
    assert checkup.in_cache("gpt2") is False
    (snapshot / "model.safetensors").touch()
    assert checkup.in_cache("gpt2") is True
    assert checkup.in_cache("gpt2-medium") is False
    assert checkup.is_here("gpt2", "pt") and not checkup.is_here("gpt2-medium", "pt")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_whoever_lacks_the_real_gpt2_is_told_how_to_get_it_and_how_large_it_is(lang, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert checkup.is_here("mini", lang) and capsys.readouterr().out == ""
    assert not checkup.is_here("gpt2-xl", lang)
    said = capsys.readouterr().out
    assert "mini_gpt.load('gpt2-xl')" in said and {"pt": "5,8 GiB", "en": "5.8 GiB"}[lang] in said
