"""Figures of a grouping into conversations, as in the literature on disentangling chat. Pure.

Variation of information is given as 1 - VI / log2(n), so that 1 is best, like the others. One-to-one overlap is the
share of messages that the best pairing of found and true conversations agrees on. Exact match counts whole
conversations of two messages or more. See Kummerfeld et al. 2019, and Elsner and Charniak 2008 for the overlap.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from .pairing import best_pairing


@dataclass(frozen=True, slots=True)
class Grouping:
    """From 0 (worst; ARI may be below) to 1."""

    rows: int
    conversations: int
    found: int
    variation_of_information: float
    one_to_one: float
    exact_precision: float
    exact_recall: float
    exact_f1: float
    ari: float


def grouping(truth: Sequence[Hashable], found: Sequence[Hashable]) -> Grouping:
    """The figures of one grouping against the true one; a row's group is any name."""
    precision, recall = _exact(truth, found)
    both = precision + recall
    return Grouping(
        rows=len(truth),
        conversations=len(set(truth)),
        found=len(set(found)),
        variation_of_information=variation_of_information(truth, found),
        one_to_one=one_to_one(truth, found),
        exact_precision=precision,
        exact_recall=recall,
        exact_f1=2 * precision * recall / both if both else 0.0,
        ari=adjusted_rand_index(truth, found),
    )


def variation_of_information(truth: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    """1 - VI / log2(n); 1 for fewer than two rows."""
    total = len(truth)
    if total < 2:
        return 1.0
    rows, columns = Counter(truth), Counter(found)
    lost = 0.0
    for (row, column), count in Counter(zip(truth, found, strict=True)).items():
        lost -= count / total * (math.log2(count / rows[row]) + math.log2(count / columns[column]))
    return 1 - lost / math.log2(total)


def one_to_one(truth: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    """The share of rows in the best pairing of groups."""
    if not truth:
        return 1.0
    shared = Counter(zip(truth, found, strict=True))
    return best_pairing(shared) / len(truth)


def _exact(truth: Sequence[Hashable], found: Sequence[Hashable]) -> tuple[float, float]:
    true_groups, found_groups = _members(truth), _members(found)
    hits = len(true_groups & found_groups)
    return (
        hits / len(found_groups) if found_groups else 0.0,
        hits / len(true_groups) if true_groups else 0.0,
    )


def _members(groups: Sequence[Hashable]) -> set[frozenset[int]]:
    members: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        members[group].append(place)
    return {frozenset(places) for places in members.values() if len(places) > 1}


def adjusted_rand_index(truth: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    """Pairs put together or apart alike, corrected for chance: 0 by chance, 1 when the same."""
    pairs = sum(math.comb(count, 2) for count in Counter(zip(truth, found, strict=True)).values())
    of_truth = sum(math.comb(count, 2) for count in Counter(truth).values())
    of_found = sum(math.comb(count, 2) for count in Counter(found).values())
    everything = math.comb(len(truth), 2)
    expected = of_truth * of_found / everything if everything else 0.0
    most = (of_truth + of_found) / 2
    return 1.0 if most == expected else (pairs - expected) / (most - expected)
