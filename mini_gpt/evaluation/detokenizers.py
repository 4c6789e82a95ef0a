"""De-tokenizers: from a data set's separated words ("do n't", "1 @,@ 000") to ordinary English, and back."""

import re
from dataclasses import dataclass
from functools import cached_property

MARK = re.compile("@([-,.])@")
ABBREVIATIONS = """Mr Mrs Ms Dr St Jr Sr Prof Rev Gen Col Maj Capt Lt Sgt Gov Sen Rep No Vol Co Corp Inc Ltd Bros vs
    Jan Feb Aug Sept Oct Nov Dec""".split()


@dataclass(frozen=True)
class Detokenizer:
    r"""Joins the words of a line as English is written; `split` undoes it.

    Words are joined only where `split` separates them again. So `split` of a joined line returns its words, except
    for a word that `split` would cut by itself: `ambiguous` counts those.

    closing, opening  characters that attach to the word before them, or to the word after them
    endings           a pattern for what is cut off the end of a word, such as n't
    marks             True if @-@ @,@ @.@ stand for a character inside a word

    >>> WIKITEXT('" It isn \'t mine , " said Mr. <unk> of the 1 @,@ 000 well @-@ known dogs ( in the U.S. ) . ')
    '"It isn\'t mine," said Mr. <unk> of the 1,000 well-known dogs (in the U.S.).'
    >>> WIKITEXT.split('well-known dogs (in the U.S.).')
    ['well', '@-@', 'known', 'dogs', '(', 'in', 'the', 'U.S.', ')', '.']
    >>> PTB(" mr. <unk> 's dogs do n't cost $ N million or N % of it ")
    "mr. <unk>'s dogs don't cost $N million or N% of it"
    >>> CBT('" Oh , it ca n\'t be ! " cried the king \'s dog .')
    '"Oh, it can\'t be!" cried the king\'s dog.'
    >>> ONE_BILLION_WORDS('It cost $ 2.5 million ( he didn \'t say why ) .')
    "It cost $2.5 million (he didn't say why)."
    """

    closing: str
    opening: str
    endings: str
    marks: bool = False

    def __call__(self, line: str) -> str:
        groups: list[list[str]] = []  # of words without a space between them
        open_quote = attach_next = False
        for word in line.split():
            mark = self.marks and MARK.fullmatch(word) is not None
            closes = word in self.closing or re.fullmatch(f"{self.endings}|'", word) is not None
            if groups and (attach_next or mark or (open_quote if word == '"' else closes)):
                groups[-1].append(word)
            else:
                groups.append([word])
            attach_next = mark or (not open_quote if word == '"' else word in self.opening)
            open_quote ^= word == '"'
        return " ".join(self.join(group) for group in groups)

    def join(self, words: list[str]) -> str:
        text = "".join(MARK.sub(r"\1", word) if self.marks else word for word in words)
        return text if self.split(text) == words else " ".join(words)

    def split(self, text: str) -> list[str]:
        """The words of a joined line."""
        return self.pattern.sub(lambda found: f" @{found[0]}@ " if found["mark"] else f" {found[0]} ", text).split()

    def ambiguous(self, line: str) -> int:
        """The number of words that `split` would cut in several."""
        return sum(self.split(word) != [word] for word in line.split())

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches whatever is a word of its own wherever it stands; group `mark`, if as a word it has @ around it."""
        parts = [r"(?<!\S)@[-,.]@(?!\S)", '"', rf"(?<=\S)(?:{self.endings})(?!\w)", r"(?<=s)'(?!\w)"]
        parts += [rf"{re.escape(character)}(?!\w)" for character in self.closing if character != "."]
        parts += [rf"(?<!\w){re.escape(character)}" for character in self.opening]
        if "." in self.closing:  # not after an initial, U.S or an abbreviation, where it is no full stop
            others = "".join(rf"(?<!\b{word})" for word in ("[A-Z]", *ABBREVIATIONS))
            parts.append(rf"{others}(?<!\.)(?<!\.\w)\.(?![\w.])")
        mark = r"(?<=\d)[,.](?=\d)|(?<=\S)-(?=\S)" if self.marks else "(?!)"
        return re.compile(f"(?P<mark>{mark})|" + "|".join(parts))


WIKITEXT = Detokenizer(",.;:!?%)]}", "([{$£#", "'(?:s|t|re|ve|ll|d|m)", marks=True)
PTB = Detokenizer("%", "$#", "n't|'(?:s|re|ve|ll|d|m)")  # PTB has no other punctuation
CBT = Detokenizer(",.;:!?%)]}", "([{$£#", "n't|'(?:s|re|ve|ll|d|m)")
ONE_BILLION_WORDS = Detokenizer(",.;:!?%)]}", "([{$£#", "'(?:s|t|re|ve|ll|d|m)")
