"""Words of a text in any language: tokens with their places, stems, and what counts as a word that says something."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from .blocks import word_list, word_set

_WORD = re.compile(r"[^\W_](?:(?:\w|['’.\-](?=[^\W_]))*[^\W_])?")
_MARKS = re.compile(r"[\u0300-\u036f]")
_ELISION = re.compile(r"^(?:l|d|qu|j|n|s|c|m|t|jusqu|lorsqu|puisqu)['’](?=\w)", re.IGNORECASE)

# What English runs together, with and without the apostrophe; the cue tables then need one spelling only.
_JOINED = {
    "can't": ("can", "not"),
    "cannot": ("can", "not"),
    "cant": ("can", "not"),
    "won't": ("will", "not"),
    "wont": ("will", "not"),
    "shan't": ("shall", "not"),
    "dont": ("do", "not"),
    "doesnt": ("does", "not"),
    "didnt": ("did", "not"),
    "isnt": ("is", "not"),
    "wasnt": ("was", "not"),
    "havent": ("have", "not"),
    "couldnt": ("could", "not"),
    "wouldnt": ("would", "not"),
    "shouldnt": ("should", "not"),
    "im": ("i", "am"),
    "ive": ("i", "have"),
    "let's": ("let's",),
    "lets": ("let's",),
    "gonna": ("going", "to"),
    "wanna": ("want", "to"),
    "gotta": ("have", "to"),
}
_TAILS = (("n't", "not"), ("'re", "are"), ("'ve", "have"), ("'ll", "will"), ("'m", "am"), ("'d", "would"))
_IS_AFTER = word_set("it that what there he she who here how where when which this everything something")

_CYRILLIC_ENDS = word_list(
    "ування овання ювання еннями аннями еться ється ються яться ається иться ється ується ювати увати ировать "
    "ення ання ості остi ость остей ация ації ацію ацией ями ами ого ому ыми ими іми ові еві ться ать ять ити ать "
    "ить ів їв ев ов ах ях ам ям ем ом им ім ый ий ій ой ою ею ої ую юю ая яя ое ее ые ие ых их іх ут ют ат ят ає "
    "ає ив ла ло ли у ю а я і ї и ы е є о ь й"
)
_CYRILLIC = tuple(sorted(set(_CYRILLIC_ENDS), key=lambda end: (-len(end), end)))


class Token(NamedTuple):
    """A word: `low` is folded for comparing, `start` and `end` are code points of the text it came from."""

    low: str
    start: int
    end: int


def _split(word: str) -> tuple[str, ...]:
    joined = _JOINED.get(word)
    if joined:
        return joined
    for tail, full in _TAILS:
        if word.endswith(tail) and len(word) > len(tail):
            return (word[: -len(tail)], full)
    if word.endswith("'s"):
        return (word[:-2], "is") if word[:-2] in _IS_AFTER else (word[:-2],)
    return (word,)


def tokens(text: str) -> list[Token]:
    """The words of `text` in order. Two tokens may share a place: `doesn't` is read as `does` and `not`."""
    found: list[Token] = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        raw = match.group()
        low = raw.lower()
        if "'" not in low and "’" not in low and low not in _JOINED:
            found.append(Token(low, start, end))
            continue
        elided = _ELISION.match(raw)
        if elided:
            found.append(Token(elided.group()[:-1].lower(), start, start + elided.end()))
            start, low = start + elided.end(), low[elided.end() :]
        found.extend(Token(part, start, end) for part in _split(low.replace("’", "'")))
    return found


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A rough stem of a lower-case word, for matching only, never shown. Words with digits or marks stay whole."""
    if not word.isalpha() or len(word) < 4:
        return word
    if "\u0400" <= word[0] <= "\u04ff":
        for end in _CYRILLIC:
            if word.endswith(end) and len(word) - len(end) >= 3:
                return word[: -len(end)]
        return word
    word = _MARKS.sub("", unicodedata.normalize("NFKD", word))
    if word.endswith("ungen"):
        word = word[:-2]
    elif word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "xes", "ches", "shes", "zes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for end in ("ing", "ed"):
        if word.endswith(end) and len(word) - len(end) >= 3:
            word = word[: -len(end)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    if word.endswith("e") and len(word) > 4:
        word = word[:-1]
    return word


def is_acronym(raw: str) -> bool:
    """Whether a word as written is in capitals: "EU" is no pronoun, whatever "eu" is in Portuguese."""
    return len(raw) > 1 and raw.isalpha() and raw.isupper() and raw != "OK"


def folded(text: str) -> str:
    """`text` for comparing: NFKC, case folded, only its words, one space between."""
    return " ".join(token.low for token in tokens(unicodedata.normalize("NFKC", text).casefold()))


def is_shouted(word: str) -> bool:
    """Whether a word as written is an acronym or an identifier rather than a plain word (`VAT`, `v2`, `core.rs`)."""
    return bool(re.search(r"[A-Z]{2}|\d|[_./]|[a-z][A-Z]", word))
