"""How alike two short texts are: rare words in common, n-grams, and what makes like words say different things."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from .concepts import concept, named_concept, plainer
from .cues import ALL_NEGATIONS, ALL_STOP
from .embed import embed
from .plan import terms_of
from .words import folded, is_acronym, stem, tokens

SAME = 0.62  # the score from which two texts are called the same; below, "unsure" means different
_OTHERS = 100
_HOLDERS = 40  # texts that may share a word which still says something
_MOST_HOLDERS = 150  # however many texts there are: the pairs of a word grow with the square of its holders
_NAME = 0.5  # the weight of a name
_NOUNS_LARGE = 0.35
_NUMBER = re.compile(r"(?<![\w.])v?\d+(?:[.,]\d+)*(?![\w])")


def likeness(first: dict[str, float], second: dict[str, float]) -> float:
    """Weighted overlap of two bags of stems, 0 to 1, measured by the smaller one."""
    if not first or not second:
        return 0.0
    shared = sum(min(weight, second[term]) for term, weight in first.items() if term in second)
    return shared / max(1e-6, min(sum(first.values()), sum(second.values())))


def meanings(text: str) -> list[str]:
    """The stems of a text that say something, each as its concept where it has one."""
    found: dict[str, None] = {}
    for term in terms_of(plainer(text[:2000])):
        found[concept(term)] = None
        if "-" in term:  # "offline-mode" is of what "offline" is of
            found.update(dict.fromkeys(name for part in term.split("-") if (name := named_concept(stem(part)))))
    return list(found)


def weigh(bags: Sequence[Sequence[str]]) -> list[dict[str, float]]:
    """Bags of stems with the weight that each has among all of them: about 1 for one that only one bag holds."""
    df = Counter(term for bag in bags for term in set(bag))
    # A handful of texts says little of how common a word is: they are counted among others that lack it.
    size = len(bags) + _OTHERS
    return [{term: math.log(size / (df[term] + 0.5)) / math.log(size) for term in bag} for bag in bags]


class Likeness:
    """How alike the texts of a list are, pair by pair, 0 to about 1.

    From the angle between their vectors, the angle between their words, and the rare words that they have in common.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._vectors = embed(texts)
        names = _names(texts)
        self._bags = [
            {term: weight * (_NAME if term in names else 1.0) for term, weight in bag.items()}
            for bag in weigh([meanings(text) for text in texts])
        ]
        self._lengths = [math.sqrt(sum(weight * weight for weight in bag.values())) or 1.0 for bag in self._bags]
        self._known: dict[tuple[int, int], float] = {}

    def of(self, a: int, b: int) -> float:
        """The likeness of the texts at places `a` and `b`."""
        pair = (a, b) if a < b else (b, a)
        if pair not in self._known:
            self._known[pair] = self._measured(*pair)
        return self._known[pair]

    def shared(self, a: int, b: int) -> set[str]:
        """The meanings that both texts have."""
        return set(self._bags[a]) & set(self._bags[b])

    def _measured(self, a: int, b: int) -> float:
        first, second = self._bags[a], self._bags[b]
        shared = sum(weight * second[term] for term, weight in first.items() if term in second)
        cosine = max(0.0, float(self._vectors[a] @ self._vectors[b]))
        return 0.3 * cosine + 0.4 * shared / (self._lengths[a] * self._lengths[b]) + 0.1 * min(3.0, shared)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Pairs that have a word in common which not too many share, in order: the others are not alike."""
        holders: dict[str, list[int]] = {}
        for place, bag in enumerate(self._bags):
            for term in bag:
                holders.setdefault(term, []).append(place)
        most = min(max(_HOLDERS, len(self._bags) // 10), _MOST_HOLDERS)
        found: set[tuple[int, int]] = set()
        for places in holders.values():
            if len(places) <= most:
                found.update((a, b) for at, a in enumerate(places) for b in places[at + 1 :])
        return iter(sorted(found))


def _names(texts: Sequence[str]) -> frozenset[str]:
    """Stems that are always written large: whom something is about says less than what it is about.

    None where every noun is written large.
    """
    large: set[str] = set()
    small: set[str] = set()
    counts = [0, 0]
    for text in texts:
        for token in tokens(text[:2000]):
            raw = text[token.start : token.end]
            if token.low in ALL_STOP or not raw[:1].isalpha() or is_acronym(raw):
                continue
            begins = raw[0].isupper()
            counts[begins] += 1
            (large if begins else small).add(stem(token.low))
    if counts[1] > _NOUNS_LARGE * sum(counts):
        return frozenset()
    return frozenset(large - small)


# Complaints that exclude one another: what comes twice is not what does not come.
_COMPLAINTS = {
    "twice": 1,
    "slow": 2,
    "timeout": 2,
    "empty": 3,
    "vanish": 3,
    "missing": 3,
    "grey": 4,
    "crash": 5,
    "late": 6,
    "early": 6,
    "full": 7,
    "umlaut": 8,
    "rounding": 9,
    "gap": 10,
    "expire": 11,
    "leak": 12,
    "flaky": 13,
}


_DENIALS = frozenset((*_COMPLAINTS, "fail", "wrong", "error", "broken", "break", "stop"))


def complaints(text: str) -> frozenset[int]:
    """The kinds of complaint that a text names; that something does not come or work when it names none but denies."""
    found = named_complaints(text)
    if found:
        return found
    return (
        frozenset({3})
        if any(t.low in ALL_NEGATIONS or t.low in ("nothing", "nowhere") for t in tokens(text))
        else found
    )


def named_complaints(text: str) -> frozenset[int]:
    """The kinds of complaint that a text names."""
    return frozenset(_COMPLAINTS[term] for term in meanings(text) if term in _COMPLAINTS)


def same(a: str, b: str) -> tuple[bool, float]:
    """Whether two texts say the same, and how sure that answer is (0.5 to 0.99). False when unsure.

    Different numbers, and a "not" that only one of them has, make two texts different however alike their words are.
    """
    if folded(a) == folded(b) and folded(a):
        return True, 0.99
    first, second = meanings(a), meanings(b)
    if not first or not second:
        return False, 0.6
    vectors = embed([a, b])
    cosine = max(0.0, float(vectors[0] @ vectors[1]))
    shared = len(set(first) & set(second))
    jaccard = shared / len(set(first) | set(second))
    contained = shared / min(len(set(first)), len(set(second)))
    score = 0.45 * cosine + 0.25 * jaccard + 0.3 * contained * min(1.0, shared / 3)
    numbers = set(_NUMBER.findall(a)), set(_NUMBER.findall(b))
    if numbers[0] and numbers[1] and not numbers[0] & numbers[1]:
        score -= 0.25
    if _negated(a) != _negated(b):
        # "does not export" and "export fails" deny the same; "arrives" and "does not arrive" do not.
        plain = second if _negated(a) else first
        score -= 0.05 if any(term in _DENIALS for term in plain) else 0.45
    if score >= SAME:
        return True, round(min(0.97, 0.55 + 0.9 * (score - SAME)), 2)
    return False, round(min(0.97, 0.52 + 0.9 * (SAME - score)), 2)


def _negated(text: str) -> bool:
    return any(token.low in ALL_NEGATIONS for token in tokens(text))
