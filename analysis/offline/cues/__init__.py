"""The languages that the engine knows, and which of them a text is in."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from ..phrases import PhraseIndex
from ..words import Token
from .base import Language
from .de import LANGUAGE as DE
from .en import LANGUAGE as EN
from .es import LANGUAGE as ES
from .fr import LANGUAGE as FR
from .pl import LANGUAGE as PL
from .pt import LANGUAGE as PT
from .ru import LANGUAGE as RU
from .uk import LANGUAGE as UK

LANGUAGES: dict[str, Language] = {language.code: language for language in (EN, UK, RU, DE, ES, PL, FR, PT)}

_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_TELLING = 25  # letters
_UKRAINIAN = re.compile(r"[іїєґ]", re.IGNORECASE)
_RUSSIAN = re.compile(r"[ыэъё]", re.IGNORECASE)
# Letters that one of the Latin languages has and the others do not.
_LETTERS = {
    "de": re.compile(r"[äöüß]"),
    "pl": re.compile(r"[ąęłśźżćń]"),
    "es": re.compile(r"[ñ¿¡]"),
    "pt": re.compile(r"[ãõ]"),
    "fr": re.compile(r"[èêœûî]"),
}

ALL_STOP: frozenset[str] = frozenset().union(*(language.stop for language in LANGUAGES.values()))
ALL_WEAK: frozenset[str] = frozenset().union(*(language.weak for language in LANGUAGES.values()))
ALL_NEGATIONS: frozenset[str] = frozenset().union(*(language.negations for language in LANGUAGES.values()))
ALL_PRONOUNS: frozenset[str] = frozenset().union(*(language.pronouns for language in LANGUAGES.values()))


def detect(text: str, words: Sequence[Token]) -> str:
    """The code of the language of `text`, by script, letters and function words; English when nothing tells."""
    if len(_CYRILLIC.findall(text)) * 2 > sum(1 for letter in text if letter.isalpha()):
        ukrainian, russian = len(_UKRAINIAN.findall(text)), len(_RUSSIAN.findall(text))
        if ukrainian != russian:
            return "uk" if ukrainian > russian else "ru"
        if not ukrainian and sum(1 for letter in text if "\u0400" <= letter <= "\u04ff") >= _TELLING:
            return "ru"  # hardly a Ukrainian sentence of that length has none of its letters
        votes = _votes(words, ("uk", "ru"))
        return "ru" if votes["ru"] > votes["uk"] else "uk"
    latin = ("en", "de", "es", "pl", "fr", "pt")
    votes = _votes(words, latin)
    low = text.lower()
    for code, letters in _LETTERS.items():
        if letters.search(low):
            votes[code] += 2
    best = max(votes.values())
    tied = [code for code in latin if votes[code] == best]
    if len(tied) == 1 or "en" in tied:
        return "en" if "en" in tied else tied[0]
    # Neighbours such as Spanish and Portuguese share their small words: the one whose cues are found.
    return max(tied, key=lambda code: len(cue_index(code).find(words)))


def _votes(words: Iterable[Token], codes: Iterable[str]) -> dict[str, float]:
    seen = [word.low for word in words]
    return {code: float(sum(1 for word in seen if word in LANGUAGES[code].stop)) for code in codes}


@cache
def cue_index(code: str) -> PhraseIndex:
    """The cues that apply to a sentence in a language: its own, and those of English, whose terms everyone mixes in."""
    entries = list(LANGUAGES[code].cues)
    if code != "en":
        entries += [entry for entry in EN.cues if entry[0] in ("problem", "urgent", "severe") and entry[1] >= 0.5]
    if code in ("uk", "ru"):  # neighbours that are mixed in one sentence
        entries += LANGUAGES["ru" if code == "uk" else "uk"].cues
    return PhraseIndex(entries)


@cache
def opener_index(code: str) -> PhraseIndex:
    """What a headline leaves out at the beginning."""
    return PhraseIndex([("opener", 1.0, LANGUAGES[code].openers)])


@cache
def tag_table(code: str) -> dict[str, str]:
    """Word -> the kind it announces, in a language and in English."""
    return {
        word: kind
        for language in (EN, LANGUAGES[code])
        for kind, forms in language.tags.items()
        for word in forms.split("|")
    }
