"""Is everything here? What lesson 00 prints first."""

import importlib.metadata
import platform
import socket

import torch
from huggingface_hub import constants, try_to_load_from_cache

PACKAGES = ("torch", "jupyterlab", "matplotlib", "ipywidgets", "anywidget", "bertviz")
TEXTS = {
    "missing": {
        "pt": "✗ {package} não está instalado: rode make lab",
        "en": "✗ {package} is not installed: run make lab",
    },
    "device": {"pt": "✓ cálculo em: {device}", "en": "✓ computing on: {device}"},
    "online": {
        "pt": "✓ internet: sim (só o GPT-2 de verdade a usa)",
        "en": "✓ internet: yes (only the real GPT-2 uses it)",
    },
    "offline": {"pt": "✓ internet: não, e não faz falta", "en": "✓ internet: no, and it is not missed"},
    "cached": {
        "pt": "✓ GPT-2 de verdade: já está neste computador",
        "en": "✓ the real GPT-2: on this computer already",
    },
    "not cached": {
        "pt": "✓ GPT-2 de verdade: não está neste computador; as lições funcionam sem ele",
        "en": "✓ the real GPT-2: not on this computer; the lessons work without it",
    },
}


def checkup(lang: str) -> None:
    """Print the versions, the device, whether there is internet, and whether the real GPT-2 is in the cache."""
    print(f"✓ Python {platform.python_version()}")
    for package in PACKAGES:
        try:
            print(f"✓ {package} {importlib.metadata.version(package).partition('+')[0]}")
        except importlib.metadata.PackageNotFoundError:
            print(TEXTS["missing"][lang].format(package=package))
    print(TEXTS["device"][lang].format(device=best_device()))
    print(TEXTS["online" if is_online() else "offline"][lang])
    print(TEXTS["cached" if in_cache("gpt2") else "not cached"][lang])


def best_device() -> str:
    """cuda, mps or cpu: the fastest there is."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def in_cache(name: str) -> bool:
    """Whether the weights of "gpt2", "gpt2-medium", … are on this computer; no network is asked.

    >>> in_cache("gpt2-of-another-world")
    False
    """
    return isinstance(try_to_load_from_cache(f"openai-community/{name}", "model.safetensors"), str)


def is_online() -> bool:
    """Whether the hub of the real weights answers; not even asked when HF_HUB_OFFLINE is set."""
    if constants.HF_HUB_OFFLINE:
        return False
    try:
        socket.create_connection(("huggingface.co", 443), timeout=2).close()
        return True
    except OSError:
        return False
