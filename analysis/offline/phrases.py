"""Many phrases looked for at once in a list of words. The cue tables are written in its small notation."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .words import Token, tokens

_GAP = 3


@dataclass(frozen=True, slots=True)
class _Element:
    exact: frozenset[str]
    stems: tuple[str, ...]
    gap: bool = False

    def matches(self, word: str) -> bool:
        return word in self.exact or (bool(self.stems) and word.startswith(self.stems))


class Hit(NamedTuple):
    """A phrase that was found: words `start` to `end` (exclusive), and what it stands for."""

    start: int
    end: int
    kind: str
    weight: float


@dataclass(frozen=True, slots=True)
class _Phrase:
    order: int
    elements: tuple[_Element, ...]
    anchored: bool
    kind: str
    weight: float


def _element(source: str) -> _Element:
    if source == "~":
        return _Element(frozenset(), (), gap=True)
    exact: set[str] = set()
    stems: list[str] = []
    for part in source.replace(",", "").replace(":", "").split("|"):
        if part.endswith("*"):
            stems.append(part[:-1])
        else:
            exact.add(part)
    return _Element(frozenset(exact), tuple(stems))


class PhraseIndex:
    """Phrases by their first word. Notation, words apart by spaces, phrases by `;` or a new line:

    `a|b` either word · `stem*` any ending · `~` up to three words between · `^` first: only where the sentence begins.
    """

    def __init__(self, entries: Iterable[tuple[str, float, str]]) -> None:
        """`entries`: (kind, weight, phrases)."""
        self._exact: dict[str, list[_Phrase]] = {}
        self._stems: dict[str, list[_Phrase]] = {}
        self._shortest = 99
        order = 0
        for kind, weight, block in entries:
            for source in block.replace("\n", ";").split(";"):
                parts = source.split()
                if not parts:
                    continue
                anchored = parts[0].startswith("^")
                parts[0] = parts[0].lstrip("^")
                elements = tuple(_element(part) for part in parts if part)
                self._add(_Phrase(order, elements, anchored, kind, weight))
                order += 1

    def _add(self, phrase: _Phrase) -> None:
        first = phrase.elements[0]
        for word in first.exact:
            self._exact.setdefault(word, []).append(phrase)
        for start in first.stems:
            self._stems.setdefault(start, []).append(phrase)
            self._shortest = min(self._shortest, len(start))

    def find(self, words: Sequence[Token], leads: Collection[int] = (0,)) -> list[Hit]:
        """Every hit in order of place. Anchored phrases match only at the words `leads`."""
        hits: list[Hit] = []
        for place, token in enumerate(words):
            word = token.low
            candidates = list(self._exact.get(word, ()))
            for length in range(self._shortest, len(word) + 1):
                candidates.extend(self._stems.get(word[:length], ()))
            for phrase in candidates:
                if phrase.anchored and place not in leads:
                    continue
                end = _rest(phrase.elements, 1, words, place + 1)
                if end:
                    hits.append(Hit(place, end, phrase.kind, phrase.weight))
        return hits

    def leading(self, words: Sequence[Token], start: int = 0) -> int:
        """Where the longest phrase that begins at word `start` ends; `start` when none does."""
        best = start
        if start < len(words):
            word = words[start].low
            candidates = list(self._exact.get(word, ()))
            for length in range(self._shortest, len(word) + 1):
                candidates.extend(self._stems.get(word[:length], ()))
            for phrase in candidates:
                best = max(best, _rest(phrase.elements, 1, words, start + 1))
        return best


def _rest(elements: tuple[_Element, ...], index: int, words: Sequence[Token], place: int) -> int:
    """The end of a match of elements from `index` on at `place`, or 0."""
    while index < len(elements):
        element = elements[index]
        if element.gap:
            for skip in range(_GAP + 1):
                end = _rest(elements, index + 1, words, place + skip)
                if end:
                    return end
            return 0
        if place >= len(words) or not element.matches(words[place].low):
            return 0
        index, place = index + 1, place + 1
    return place


def phrase_words(source: str) -> list[str]:
    """The words of a plain phrase as `tokens` reads them."""
    return [token.low for token in tokens(source)]
