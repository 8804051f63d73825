"""Figures of a ranking: how well scores part what is so from what is not, whatever threshold one takes. Pure."""

from collections.abc import Sequence
from itertools import groupby


def roc_auc(truth: Sequence[bool], scores: Sequence[float]) -> float | None:
    """The chance that a true row has a higher score than a false one, ties counting half; None without both kinds."""
    positives = sum(truth)
    negatives = len(truth) - positives
    if not positives or not negatives:
        return None
    beaten, total = 0, 0.0
    for _, group in groupby(sorted(zip(scores, truth, strict=True)), key=lambda pair: pair[0]):
        kinds = [is_so for _, is_so in group]
        here = sum(kinds)
        total += here * (beaten + (len(kinds) - here) / 2)
        beaten += len(kinds) - here
    return total / (positives * negatives)


def average_precision(truth: Sequence[bool], scores: Sequence[float]) -> float | None:
    """The precision at each threshold weighed by the recall it adds, highest score first; None without a true row."""
    positives = sum(truth)
    if not positives:
        return None
    seen, hits, total = 0, 0, 0.0
    ranked = sorted(zip(scores, truth, strict=True), key=lambda pair: -pair[0])
    for _, group in groupby(ranked, key=lambda pair: pair[0]):
        kinds = [is_so for _, is_so in group]
        seen += len(kinds)
        hits += sum(kinds)
        total += sum(kinds) * hits / seen
    return total / positives
