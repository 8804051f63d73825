"""How alike two short texts are: rare words in common, n-grams, and what makes like words say different things."""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from .concepts import concept
from .cues import ALL_NEGATIONS
from .embed import embed
from .plan import terms_of
from .words import folded, tokens

SAME = 0.62  # the score from which two texts are called the same; below, "unsure" means different
_NUMBER = re.compile(r"(?<![\w.])v?\d+(?:[.,]\d+)*(?![\w])")


def likeness(first: dict[str, float], second: dict[str, float]) -> float:
    """Weighted overlap of two bags of stems, 0 to 1, measured by the smaller one."""
    if not first or not second:
        return 0.0
    shared = sum(min(weight, second[term]) for term, weight in first.items() if term in second)
    return shared / max(1e-6, min(sum(first.values()), sum(second.values())))


def meanings(text: str) -> list[str]:
    """The stems of a text that say something, each as its concept where it has one."""
    return list(dict.fromkeys(concept(term) for term in terms_of(text[:2000])))


def weigh(bags: Sequence[Sequence[str]]) -> list[dict[str, float]]:
    """Bags of stems with the weight that each has among all of them: 1 for one that only one bag holds, less for more."""
    df = Counter(term for bag in bags for term in set(bag))
    top = math.log(len(bags) + 1.5)
    return [{term: 0.15 + 0.85 * math.log((len(bags) + 1.5) / (df[term] + 0.5)) / top for term in bag} for bag in bags]


def scores(texts: Sequence[str]) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """How alike each pair of texts is, 0 to 1: half n-grams, half rare words in common."""
    vectors = embed(texts)
    cosine = np.clip(vectors @ vectors.T, 0.0, 1.0)
    bags = weigh([meanings(text) for text in texts])
    found = np.zeros((len(texts), len(texts)), dtype=np.float32)
    for a in range(len(texts)):
        for b in range(a, len(texts)):
            shared = sum(1 for term in bags[a] if term in bags[b])
            # One word in common is a coincidence, however rare it is.
            words = likeness(bags[a], bags[b]) * min(1.0, 0.35 + 0.325 * (shared - 1)) if shared else 0.0
            found[a, b] = found[b, a] = 0.5 * float(cosine[a, b]) + 0.5 * words
    return found


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
        score -= 0.12
    if score >= SAME:
        return True, round(min(0.97, 0.55 + 0.9 * (score - SAME)), 2)
    return False, round(min(0.97, 0.52 + 0.9 * (SAME - score)), 2)


def _negated(text: str) -> bool:
    return any(token.low in ALL_NEGATIONS for token in tokens(text))
