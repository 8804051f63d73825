"""When are two findings the same? Fingerprints for equality, trigrams and shared evidence for likeness. Pure.

A fingerprint unites proposals without asking, so it forgives only what cannot change a meaning: case, punctuation,
the order of words in a name, stop words and plain endings. Words that negate are never dropped.
"""

import hashlib
import re
import unicodedata
from collections.abc import Set
from functools import cache, lru_cache

from ingestion.text import WORD_MARKS

_WORD = re.compile(rf"(?:[^\W_]|[{WORD_MARKS}])+")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_STOP_WORDS = """
    a an the of to for in on at by with from into as is are was were be been it its this that these those and or we our
    us you your they their i my has have had do does did will would should can could there here so just also please when
    der die das den dem des ein eine einen einem einer und oder zu zum zur im in am an auf mit von vom für bei ist sind
    war waren wird werden wir ihr sie es ich hat haben dass auch noch bitte wenn
    и в во на с со к ко о об по за из у от до для при как что чтобы это этот эта эти мы вы они он она оно я его её их
    наш ваш есть был была были будет же ли бы а но или также уже ещё еще пожалуйста когда
    і й та у в на з зі із до для при як що щоб це цей ця ці ми ви вони він вона воно я його її їх наш ваш є був була
    були буде ж би чи або але також вже ще будь ласка коли
    """
# The longest ending that leaves a stem of four letters: enough for case and plural, not for derivation.
_CYRILLIC_ENDINGS = tuple(
    sorted(
        {
            *("иями", "ями", "ами", "ией", "ією", "ого", "его", "ому", "ему", "ыми", "ими"),
            *(
                "ов",
                "ів",
                "ев",
                "їв",
                "ей",
                "ой",
                "ый",
                "ий",
                "ій",
                "ая",
                "яя",
                "ое",
                "ее",
                "ые",
                "ие",
                "ую",
                "юю",
                "ої",
            ),
            *("ых", "их", "ах", "ях", "ам", "ям", "ом", "ем", "ою", "ею", "ия", "ии", "ию", "ія", "ії", "ію", "ья"),
            *("а", "я", "о", "е", "и", "ы", "у", "ю", "ь", "і", "ї", "й", "є"),
        },
        key=lambda ending: (-len(ending), ending),
    )
)
_SHORTEST_STEM = 4
_UNORDERED_KINDS = frozenset({"topic"})  # a name has no order, but "move A to B" is not "move B to A"


def fingerprint(kind: str, title: str, extra: str = "") -> str:
    """32 hex digits for a finding of `kind` (topic, atom, task) with `title`.

    `extra` is compared as it is, but for case and white space: an atom's type, a task's project. Topics are the same
    in any order of words, atoms and tasks are not.
    """
    stems = _stems(title)
    words = sorted(set(stems)) if kind in _UNORDERED_KINDS else stems
    parts = (kind, " ".join(_fold(extra).split()), " ".join(words))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


@lru_cache(maxsize=4_096)
def trigrams(text: str) -> frozenset[str]:
    """The sets of three letters of each word, as PostgreSQL's pg_trgm pads them: two spaces before, one after."""
    found: set[str] = set()
    for word in _WORD.findall(_fold(text)):
        padded = f"  {word} "
        found.update(padded[at : at + 3] for at in range(len(padded) - 2))
    return frozenset(found)


def trigram_jaccard(a: str, b: str) -> float:
    """0 to 1: the share of trigrams that two texts have in common; 0 when one has no words."""
    return evidence_jaccard(trigrams(a), trigrams(b))


def evidence_jaccard(a: Set[object], b: Set[object]) -> float:
    """0 to 1: the share of what two sets (of messages, of quotes) have in common; 0 when one is empty."""
    if not a or not b:
        return 0.0
    common = len(a & b)
    return common / (len(a) + len(b) - common)


def _fold(text: str) -> str:
    """NFKC and case folded to the end: folding may undo the normal form and the other way round."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _stems(title: str) -> list[str]:
    """The words that tell, without endings; all of them when only stop words are left, else the bare characters."""
    folded = _fold(title)
    words = _WORD.findall(folded)
    telling = [_stem(word) for word in words if word not in _stop_words()]
    return telling or words or folded.split()


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(_STOP_WORDS.split())


def _stem(word: str) -> str:
    if any(map(str.isdigit, word)):
        return word  # a version, an id, a code
    if _CYRILLIC.search(word):
        return _without(word, _CYRILLIC_ENDINGS)
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > _SHORTEST_STEM - 1:
        word = word[:-1]
    word = _without(_without(word, ("ing", "ed", "en")), ("e",))
    return word[:-1] + "i" if word.endswith("y") and len(word) > _SHORTEST_STEM else word


def _without(word: str, endings: tuple[str, ...]) -> str:
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word
