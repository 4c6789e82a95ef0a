"""Short passages of real language to measure a model on, written for this lesson: no model has read them."""

from collections.abc import Mapping

from mini_gpt.lesson.town import Town
from mini_gpt.lesson.words import LANGUAGES, Words, check_language
from mini_gpt.tokenizer import Tokenizer, UnknownWords

NAMES: Mapping[str, Words] = {
    "tale": {"pt": "conto", "en": "tale"},
    "manual": {"pt": "manual", "en": "manual"},
    "town": {"pt": "cidade", "en": "town"},
}
PASSAGES: Mapping[str, Words] = {  # the same in both languages
    "tale": {
        "pt": (
            "A velha fechou a janela antes de responder. Chovia desde a manhã, e já não se via a estrada que levava à "
            "vila. Disse por fim que ele não viria naquela noite, e tirou o lampião da mesa. O neto não acreditou. "
            "Sentou-se junto ao fogo, com o chapéu ainda na mão, e ficou a ouvir o vento nas árvores. Duas vezes "
            "julgou ouvir um cavalo na ponte; duas vezes era só a água. Quando o relógio deu dez horas, alguém bateu "
            "à porta."
        ),
        "en": (
            "The old woman closed the window before she answered. It had been raining since the morning, and the road "
            "to the village could no longer be seen. At last she said that he would not come that night, and took the "
            "lamp from the table. Her grandson did not believe her. He sat down by the fire, with his hat still in "
            "his hand, and listened to the wind in the trees. Twice he thought that he heard a horse on the bridge; "
            "twice it was only the water. When the clock struck ten, someone knocked at the door."
        ),
    },
    "manual": {
        "pt": (
            "Para atualizar o aplicativo, conecte o celular ao Wi-Fi e abra as Configurações. Se a bateria estiver "
            "abaixo de 20%, ligue antes o carregador: uma atualização que para no meio pode apagar as suas fotos. "
            "Toque em “Baixar”, espere o sinal verde e reinicie o celular. A senha e os contatos ficam como estão. Se "
            "a tela continuar preta por mais de cinco minutos, segure o botão de ligar por dez segundos."
        ),
        "en": (
            "To update the app, connect your phone to Wi-Fi and open Settings. If the battery is below 20%, plug in "
            "the charger first: an update that stops halfway may erase your photos. Tap “Download”, wait for the "
            "green light, and restart the phone. Your password and your contacts stay as they are. If the screen "
            "remains black for more than five minutes, hold the power button for ten seconds."
        ),
    },
}


def passages(tokenizer: Tokenizer, lang: str) -> dict[str, str]:
    """Passages by name, those in the language `lang` first: a tale and a page of a manual, in both languages.

    A tokenizer that knows only the town's words gets documents of the town instead.

    >>> from mini_gpt import load_tokenizer
    >>> list(passages(load_tokenizer("gpt2"), "en")), list(passages(load_tokenizer("mini"), "en"))
    (['tale, en', 'manual, en', 'tale, pt', 'manual, pt'], ['town, en', 'town, pt'])
    """
    check_language(lang)
    both = sorted(LANGUAGES, key=lambda each: each != lang)
    texts = {f"{NAMES[name][lang]}, {each}": PASSAGES[name][each] for each in both for name in PASSAGES}
    if reads(tokenizer, "".join(texts.values())):
        return texts
    return {f"{NAMES['town'][lang]}, {each}": of_the_town(each, 200) for each in both}


def readable(text: str, tokenizer: Tokenizer, lang: str) -> str:
    """The text; or, for a tokenizer that knows only the town's words, about as much of what the town writes.

    >>> from mini_gpt import load_tokenizer
    >>> readable("Any text.", load_tokenizer("gpt2"), "en")
    'Any text.'
    >>> len(readable("Any text." * 1000, load_tokenizer("mini"), "en")) > 9000
    True
    """
    return text if reads(tokenizer, text) else of_the_town(lang, len(text))


def reads(tokenizer: Tokenizer, text: str) -> bool:
    try:
        tokenizer.encode(text, special=False)
    except UnknownWords:
        return False
    return True


def of_the_town(lang: str, at_least: int) -> str:
    """Documents of the town in one language, one after the other, until there are so many characters."""
    town, text = Town(lang), ""
    for document in town.documents("passages"):
        text += town.tokenizer.decode(document[:-1]) + "\n"
        if len(text) >= at_least:
            return text
    raise AssertionError("the town writes without end")
