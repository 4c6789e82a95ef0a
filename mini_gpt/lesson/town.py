"""The town: a small world that writes short documents in Portuguese and English, with every probability known.

Who is where, who gives what to whom, who stays. To extend it, add a line to a table, or a document to the list at the
end; language.py explains the templates. A form is named after what it says: {a.he} is "he" or "she", {x.um}
"um livro" or "uma bola", {n.está} "está" or "estão".

By design, it has words with two meanings, tasks that occur as text (questions, summaries, translations), agreement
and repetition over a distance, pairs held out of most documents, and a bias of known size.
"""

from collections.abc import Iterator

from mini_gpt.lesson.language import DocumentKind, Entry, Language, words_of
from mini_gpt.lesson.words import LANGUAGES
from mini_gpt.tokenizer import END_OF_TEXT, WordTokenizer

BIAS = 0.8  # p(the cliché's gender | job), for every job: planted, so that a model's bias can be measured against it
HE = {"he": "he", "ele": "ele"}
SHE = {"he": "she", "ele": "ela"}

# ---------------------------------------------------------------- people, places, food

WOMEN = [Entry({"": name, **SHE}) for name in "ana bia clara eva júlia lia nina sara".split()]
MEN = [Entry({"": name, **HE}) for name in "bruno caio davi hugo igor leo otávio tom".split()]
PEOPLE = WOMEN + MEN

PLACES = [
    Entry({"em": pt, "at": en})
    for pt, en in [
        ("na praça", "in the square"),
        ("na escola", "at the school"),
        ("na praia", "at the beach"),
        ("na biblioteca", "at the library"),
        ("na cozinha", "in the kitchen"),
        ("na estação", "at the station"),
        ("no mercado", "at the market"),
        ("no museu", "at the museum"),
        ("no quintal", "in the yard"),
        ("no parque", "in the park"),
        ("no sítio", "on the farm"),
        ("no hotel", "at the hotel"),
    ]
]

FOOD = [
    Entry({"pt": pt, "en": en})
    for pt, en in [
        ("leite", "milk"),
        ("pão", "bread"),
        ("queijo", "cheese"),
        ("arroz", "rice"),
        ("bolo", "cake"),
        ("sopa", "soup"),
        ("peixe", "fish"),
        ("mel", "honey"),
        ("café", "coffee"),
        ("chá", "tea"),
        ("suco", "juice"),
        ("feijão", "beans"),
    ]
]

# ---------------------------------------------------------------- things, one or many, and adjectives for them


def one(o: str, pt: str, en: str) -> Entry:
    forms = {"o": f"{o} {pt}", "um": f"{'um' if o == 'o' else 'uma'} {pt}", "está": "está"}
    forms |= {"the": f"the {en}", "a": f"{'an' if en[0] in 'aeiou' else 'a'} {en}", "is": "is"}
    return Entry(forms, agreement=o)


def many(o: str, pt: str, en: str) -> Entry:
    return Entry({"o": f"{o}s {pt}", "está": "estão", "the": f"the {en}", "is": "are"}, agreement=o + "s")


NOUNS = [
    ("o", "livro", "livros", "book", "books"),
    ("a", "carta", "cartas", "letter", "letters"),
    ("a", "bola", "bolas", "ball", "balls"),
    ("a", "caneta", "canetas", "pen", "pens"),
    ("a", "flor", "flores", "flower", "flowers"),
    ("o", "chapéu", "chapéus", "hat", "hats"),
    ("a", "bolsa", "bolsas", "bag", "bags"),
    ("o", "relógio", "relógios", "clock", "clocks"),
    ("a", "xícara", "xícaras", "cup", "cups"),
    ("a", "lâmpada", "lâmpadas", "lamp", "lamps"),
    ("o", "violão", "violões", "guitar", "guitars"),
    ("a", "bicicleta", "bicicletas", "bike", "bikes"),
    ("a", "boneca", "bonecas", "doll", "dolls"),
    ("o", "mapa", "mapas", "map", "maps"),
    ("a", "cadeira", "cadeiras", "chair", "chairs"),
    ("o", "espelho", "espelhos", "mirror", "mirrors"),
    ("o", "balde", "baldes", "bucket", "buckets"),
    ("a", "laranja", "laranjas", "orange", "oranges"),
    ("o", "casaco", "casacos", "coat", "coats"),
    ("o", "tambor", "tambores", "drum", "drums"),
]
THINGS = [one(o, pt, en) for o, pt, _, en, _ in NOUNS]
ONE_OR_MANY = [entry for o, pt, pts, en, ens in NOUNS for entry in (one(o, pt, en), many(o, pts, ens))]

ADJECTIVES = [
    Entry({"o": pt + "o", "a": pt + "a", "os": pt + "os", "as": pt + "as", "en": en})
    for pt, en in [
        ("velh", "old"),
        ("nov", "new"),
        ("limp", "clean"),
        ("suj", "dirty"),
        ("vermelh", "red"),
        ("amarel", "yellow"),
        ("quebrad", "broken"),
        ("molhad", "wet"),
    ]
]

# ---------------------------------------------------------------- jobs: the noun has no gender, the pronoun does

JOBS = [
    Entry({"pt": pt, "en": en, **gender}, weight=BIAS if gender == cliche else 1 - BIAS)
    for pt, en, cliche in [
        ("motorista", "a driver", HE),
        ("cientista", "a scientist", HE),
        ("policial", "an officer", HE),
        ("gerente", "a manager", HE),
        ("recepcionista", "a receptionist", SHE),
        ("diarista", "a cleaner", SHE),
        ("florista", "a florist", SHE),
        ("estilista", "a stylist", SHE),
    ]
    for gender in (HE, SHE)
]

# ---------------------------------------------------------------- words with two meanings, equally likely
# what is said of the word in either meaning; then, for each meaning, its translation and two clues


def senses(said: str, *meanings: tuple[str, str, str]) -> list[Entry]:
    word = said.split()[-1]
    return [
        Entry({"said": said, "clue": clue, "word": word, "translation": translation})
        for translation, *clues in meanings
        for clue in clues
    ]


AMBIGUOUS_PT = [
    *senses("está no banco", ("bank", "quer sacar dinheiro", "conta as moedas"),
            ("bench", "descansa na sombra", "olha as árvores")),
    *senses("olha a manga", ("mango", "quer comer fruta", "prepara uma salada"),
            ("sleeve", "costura uma camisa", "veste uma blusa")),
    *senses("pega a vela", ("candle", "tem medo do escuro", "acende o fogo"),
            ("sail", "conserta o barco", "espera o vento")),
    *senses("guarda a folha", ("leaf", "cuida da planta", "varre o chão"),
            ("sheet", "escreve um bilhete", "faz um desenho")),
    *senses("arruma a rede", ("hammock", "quer dormir", "está com sono"),
            ("net", "quer pescar", "volta do mar")),
    *senses("gosta do canto", ("corner", "senta no sofá", "decora a sala"),
            ("song", "ouve um pássaro", "ensaia com o coro")),
    *senses("procura a chave", ("key", "tranca a porta", "perdeu o cadeado"),
            ("wrench", "aperta o parafuso", "desmonta o motor")),
    *senses("precisa do macaco", ("monkey", "ensaia no circo", "filma um bicho"),
            ("jack", "troca o pneu", "levanta o carro")),
]  # fmt: skip

AMBIGUOUS_EN = [
    *senses("walks to the bank", ("banco", "needs cash", "counts the coins"),
            ("margem", "likes to fish", "swims across the river")),
    *senses("looks for the bat", ("morcego", "explores a cave", "studies wings"),
            ("taco", "plays baseball", "hits a home run")),
    *senses("sees the ring", ("anel", "plans a wedding", "polishes the gold"),
            ("ringue", "trains to box", "watches a fight")),
    *senses("talks about the spring", ("primavera", "plants tulips", "hates the winter"),
            ("mola", "repairs a watch", "jumps on the sofa")),
    *senses("points at the trunk", ("tromba", "draws an elephant", "visits the zoo"),
            ("mala", "loads the car", "drives home")),
    *senses("waits for the match", ("fósforo", "lights a candle", "smells the gas"),
            ("jogo", "cheers for the team", "loves football")),
    *senses("moves the mouse", ("rato", "sets a trap", "feeds the cat"),
            ("cursor", "opens a file", "uses the computer")),
    *senses("looks at the nail", ("unha", "wears red polish", "bites the thumb"),
            ("prego", "holds the hammer", "builds a shelf")),
]  # fmt: skip

SENSES = {  # a name for each meaning in the word's own language, by its translation
    "bank": "dinheiro", "bench": "praça", "mango": "fruta", "sleeve": "roupa", "candle": "luz", "sail": "barco",
    "leaf": "planta", "sheet": "papel", "hammock": "sono", "net": "pesca", "corner": "sala", "song": "música",
    "key": "porta", "wrench": "ferramenta", "monkey": "bicho", "jack": "carro",
    "banco": "money", "margem": "river", "morcego": "animal", "taco": "baseball", "anel": "wedding", "ringue": "boxing",
    "primavera": "season", "mola": "coil", "tromba": "elephant", "mala": "car", "fósforo": "fire", "jogo": "game",
    "rato": "animal", "cursor": "computer", "unha": "finger", "prego": "hammer",
}  # fmt: skip

LEXICON = {
    "abce": PEOPLE,
    "pq": PLACES,
    "fgh": FOOD,
    "xyz": THINGS,
    "n": ONE_OR_MANY,
    "d": ADJECTIVES,
    "j": JOBS,
    "w": AMBIGUOUS_PT,
    "v": AMBIGUOUS_EN,
}

# ---------------------------------------------------------------- documents


def kind(name: str, weight: float, pt: str, en: str, pair: tuple[str, str] | None = None) -> dict[str, DocumentKind]:
    return {"pt": DocumentKind(f"{name}-pt", pt, weight, pair), "en": DocumentKind(f"{name}-en", en, weight, pair)}


def gift(
    summary_pt: str = "{a} deu {x.o} para {b}", summary_en: str = "{a} gave {x.the} to {b}"
) -> dict[str, DocumentKind]:
    """Someone buys a thing and gives it away; then comes a question, a summary or nothing."""
    return kind(
        "gift",
        4,
        "{a} compra {x.um} {p.em} . {a.ele} dá {x.o} para {b} . [pergunta : quem tem {x.o} ? resposta : {b} ."
        f"|pergunta : quem deu {{x.o}} ? resposta : {{a}} .|em resumo : {summary_pt} .|]",
        "{a} buys {x.a} {p.at} . {a.he} gives {x.the} to {b} . [question : who has {x.the} ? answer : {b} ."
        f"|question : who gave {{x.the}} ? answer : {{a}} .|tl;dr {summary_en} .|]",
        pair=("b", "x"),
    )


DOCUMENTS = [
    kind(
        "errand",
        2,
        "{a} está {p.em} . {a.ele} [compra|acha|perde] {x.um} e [volta para casa|chama {b}|fica feliz] .",
        "{a} is {p.at} . {a.he} [buys|finds|loses] {x.a} and [goes home|calls {b}|is happy] .",
    ),
    gift(),
    kind(
        "day",
        1,
        "{a} está {p.em} e {b} está {q.em} . {a} acha {x.um} e {b} compra {y.um} . {a} dá {x.o} para {c} . "
        "[pergunta : quem tem {x.o} ? resposta : {c}|pergunta : quem tem {y.o} ? resposta : {b}"
        "|pergunta : onde está {a} ? resposta : {p.em}|pergunta : onde está {b} ? resposta : {q.em}"
        "|em resumo : {c} tem {x.o} e {b} tem {y.o}] .",
        "{a} is {p.at} and {b} is {q.at} . {a} finds {x.a} and {b} buys {y.a} . {a} gives {x.the} to {c} . "
        "[question : who has {x.the} ? answer : {c}|question : who has {y.the} ? answer : {b}"
        "|question : where is {a} ? answer : {p.at}|question : where is {b} ? answer : {q.at}"
        "|tl;dr {c} has {x.the} and {b} has {y.the}] .",
        pair=("c", "x"),
    ),
    kind(
        "owners",
        0.3,
        "{a} tem {x.um} , {b} tem {y.um} e {c} tem {z.um} . pergunta : quem tem "
        "[{x.o} ? resposta : {a}|{y.o} ? resposta : {b}|{z.o} ? resposta : {c}] .",
        "{a} has {x.a} , {b} has {y.a} and {c} has {z.a} . question : who has "
        "[{x.the} ? answer : {a}|{y.the} ? answer : {b}|{z.the} ? answer : {c}] .",
    ),
    kind(
        "shopping",
        2,
        "{a} quer {f.pt} , {g.pt} e {h.pt} . {p.em} , {a.ele} compra {f.pt} , {g.pt} e {h.pt} .",
        "{a} wants {f.en} , {g.en} and {h.en} . {p.at} , {a.he} buys {f.en} , {g.en} and {h.en} .",
    ),
    kind(
        "party",
        0.3,
        "{a} , {b} , {c} e {e} se encontram {p.em} . "
        "{a} leva {f.pt} , {b} leva {g.pt} , {c} leva {h.pt} e {e} leva {x.um} . pergunta : quem levou "
        "[{f.pt} ? resposta : {a}|{g.pt} ? resposta : {b}|{h.pt} ? resposta : {c}|{x.o} ? resposta : {e}] . "
        "em resumo : {a} leva {f.pt} , {b} leva {g.pt} , {c} leva {h.pt} e {e} leva {x.um} .",
        "{a} , {b} , {c} and {e} meet {p.at} . "
        "{a} brings {f.en} , {b} brings {g.en} , {c} brings {h.en} and {e} brings {x.a} . question : who brought "
        "[{f.en} ? answer : {a}|{g.en} ? answer : {b}|{h.en} ? answer : {c}|{x.the} ? answer : {e}] . "
        "tl;dr {a} brings {f.en} , {b} brings {g.en} , {c} brings {h.en} and {e} brings {x.a} .",
        pair=("e", "x"),
    ),
    kind(
        "stay",
        1,
        "{a} e {b} estão {p.em} . [{a} vai embora e {b} fica . pergunta : quem ficou ? resposta : {b}"
        "|{b} vai embora e {a} fica . pergunta : quem ficou ? resposta : {a}] .",
        "{a} and {b} are {p.at} . [{a} leaves and {b} stays . question : who stayed ? answer : {b}"
        "|{b} leaves and {a} stays . question : who stayed ? answer : {a}] .",
    ),
    kind(
        "state",
        2,
        "{n.o} que {a} deixou {p.em} {n.está} {d~n} .",
        "{n.the} that {a} left {p.at} {n.is} {d.en} .",
    ),
    kind(
        "job",
        2,
        "alguém trabalha como {j.pt} . {j.ele} está {p.em} e quer {f.pt} .",
        "someone works as {j.en} . {j.he} is {p.at} and wants {f.en} .",
    ),
    kind(
        "meaning-before",
        2,
        "{a} {w.clue} . depois {a.ele} {w.said} .",
        "{a} {v.clue} . then {a.he} {v.said} .",
    ),
    kind(
        "meaning-after",
        2,
        "{a} {w.said} . depois {a.ele} {w.clue} .",
        "{a} {v.said} . then {a.he} {v.clue} .",
    ),
]  # fmt: skip

SENTENCES = [  # weight, pair, Portuguese, English
    (2, ("a", "x"), "{a} compra {x.um} {p.em}", "{a} buys {x.a} {p.at}"),
    (2, ("b", "x"), "{a} dá {x.o} para {b}", "{a} gives {x.the} to {b}"),
    (1, None, "{n.o} {n.está} {d~n}", "{n.the} {n.is} {d.en}"),
    (1, None, "{a} quer {f.pt} e {g.pt}", "{a} wants {f.en} and {g.en}"),
]
BILINGUAL = [  # what only Town() writes
    kind(
        "dictionary",
        2,
        "{a} {w.clue} . depois {a.ele} {w.said} . em inglês , {w.word} quer dizer {w.translation} .",
        "{a} {v.clue} . then {a.he} {v.said} . in portuguese , {v.word} means {v.translation} .",
    ),
    *[
        kind(
            f"translation-{i}",
            weight,
            f"em português : {pt} . em inglês : {en} .",
            f"in english : {en} . in portuguese : {pt} .",
            pair,
        )
        for i, (weight, pair, pt, en) in enumerate(SENTENCES)
    ],
]

TRANSLATIONS = BILINGUAL[1:]

# what only Town(thanks=True) writes: whoever gets a gift calls to say thanks, and the summary says so
THANKS = gift("{b} tem {x.o} e chama {a}", "{b} has {x.the} and calls {a}")
THANKFUL = [THANKS if each["en"].name == THANKS["en"].name else each for each in DOCUMENTS]

# each person has one or two things that no document with a `pair` gives to that person
HELD_OUT_PAIRS = frozenset((PEOPLE[i % len(PEOPLE)], thing) for i, thing in enumerate(THINGS))
TOKENIZER = WordTokenizer([END_OF_TEXT, *words_of(LEXICON, [d for k in DOCUMENTS + BILINGUAL for d in k.values()])])


class Town(Language):
    """The town's language: Town("pt"), Town("en"), or Town() for both, which then also translates.

    The three share one vocabulary, so that a model of one can be tried on another.

    held_out: only documents about the pairs that all other documents leave out.
    thanks: a town with another rule: whoever gets a gift also says thanks, and the summary tells that. No model that
    ships has read it; lesson 14 teaches it to one.

    >>> town = Town("en")
    >>> document = next(town.documents(seed=11))
    >>> town.tokenizer.decode(document)
    'bruno needs cash . then he walks to the bank . <|endoftext|>'
    >>> after_he = town.next_token_probs(document[:6])      # whoever needs cash walks to the bank
    >>> town.tokenizer.decode(after_he.nonzero()[0])
    'walks'
    >>> story = town.tokenizer.encode("leo buys a map in the square . he gives the map to sara . tl;dr")
    >>> for each in (town, Town("en", thanks=True)):        # leo gave … or sara has the map and calls leo .
    ...     town.tokenizer.decode(each.next_token_probs(story).nonzero()[0])
    'leo'
    'sara'
    """

    def __init__(self, language: str | None = None, held_out: bool = False, thanks: bool = False) -> None:
        if language is not None and language not in LANGUAGES:
            raise ValueError(f"language={language!r} must be 'pt', 'en' or None for both")
        kinds = [*(THANKFUL if thanks else DOCUMENTS), *(() if language else BILINGUAL)]
        documents = [kind[code] for kind in kinds for code in LANGUAGES if language in (code, None)]
        super().__init__(LEXICON, documents, HELD_OUT_PAIRS, held_out, TOKENIZER)


def translation_pairs(seed: int | str, held_out: bool = False) -> Iterator[tuple[list[int], list[int]]]:
    """An endless stream of sentences and their translations, in either direction, as ids.

    The translation ends in <|endoftext|>. held_out: as in Town.

    >>> source, target = next(translation_pairs(seed=1))
    >>> TOKENIZER.decode(source), TOKENIZER.decode(target)
    ('ana dá a bola para leo .', 'ana gives the ball to leo . <|endoftext|>')
    """
    documents = [kind[code] for kind in TRANSLATIONS for code in LANGUAGES]
    colon = TOKENIZER.ids[":"]
    for document in Language(LEXICON, documents, HELD_OUT_PAIRS, held_out, TOKENIZER).documents(seed):
        first = document.index(colon)  # "em português : … . em inglês : … . <|endoftext|>"
        second = document.index(colon, first + 1)
        yield document[first + 1 : second - 2], document[second + 1 :]
