"""Is everything installed? The first output of lesson 00."""

import importlib.metadata
import platform
import socket

import torch
from huggingface_hub import constants, try_to_load_from_cache

from mini_gpt.config import PRESETS
from mini_gpt.lesson.words import in_language, local
from mini_gpt.sizes import in_units, weight_bytes

PACKAGES = ("torch", "jupyterlab", "matplotlib", "ipywidgets", "anywidget", "bertviz")
TEXTS = {
    "missing": {
        "pt": "✗ {package} não está instalado: rode make lab",
        "en": "✗ {package} is not installed: run make lab",
    },
    "device": {"pt": "✓ cálculo em: {device}", "en": "✓ computing on: {device}"},
    "online": {
        "pt": "✓ internet: sim (só é usada para baixar o GPT-2 de verdade)",
        "en": "✓ internet: yes (used only to download the real GPT-2)",
    },
    "offline": {"pt": "✓ internet: não, e não é necessária", "en": "✓ internet: no, and none is needed"},
    "cached": {
        "pt": "✓ GPT-2 de verdade: já está neste computador",
        "en": "✓ the real GPT-2: already on this computer",
    },
    "not cached": {
        "pt": "✓ GPT-2 de verdade: não está neste computador; as lições funcionam sem ele",
        "en": "✓ the real GPT-2: not on this computer; the lessons work without it",
    },
    "absent": {
        "pt": """{name} não está neste computador, e a lição funciona sem ele. Para tê-lo: conecte-se e rode
mini_gpt.load('{name}') uma vez (cerca de {size}); ou copie um cache do Hugging Face e aponte HF_HOME para ele.""",
        "en": """{name} is not on this computer, and the lesson works without it. To have it: connect, and run
mini_gpt.load('{name}') once (about {size}); or copy a Hugging Face cache, and set HF_HOME to it.""",
    },
}


def checkup(lang: str) -> None:
    """Print the versions, the device, whether there is internet, and whether the real GPT-2 is in the cache."""
    texts = in_language(TEXTS, lang)
    print(f"✓ Python {platform.python_version()}")
    for package in PACKAGES:
        try:
            print(f"✓ {package} {importlib.metadata.version(package).partition('+')[0]}")
        except importlib.metadata.PackageNotFoundError:
            print(texts["missing"].format(package=package))
    print(texts["device"].format(device=best_device()))
    print(texts["online" if is_online() else "offline"])
    print(texts["cached" if in_cache("gpt2") else "not cached"])


def best_device() -> str:
    """The fastest device available: cuda, mps or cpu."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def in_cache(name: str) -> bool:
    """Whether the weights of "gpt2", "gpt2-medium", … are on this computer, without asking the network.

    >>> in_cache("gpt2-of-another-world")
    False
    """
    return isinstance(try_to_load_from_cache(f"openai-community/{name}", "model.safetensors"), str)


def is_here(name: str, lang: str) -> bool:
    """Whether the weights of a model are on this computer; if not, print how to get them.

    >>> is_here("mini", "en")     # ships with the lesson
    True
    """
    here = name not in PRESETS or in_cache(name)
    if not here:
        size = local(in_units(weight_bytes(PRESETS[name]), "B"), lang)
        print(in_language(TEXTS, lang)["absent"].format(name=name, size=size))
    return here


def is_online() -> bool:
    """Whether the hub of the real weights answers; with HF_HUB_OFFLINE set, False without asking."""
    if constants.HF_HUB_OFFLINE:
        return False
    try:
        socket.create_connection(("huggingface.co", 443), timeout=2).close()
        return True
    except OSError:
        return False
