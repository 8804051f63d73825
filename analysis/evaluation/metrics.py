"""Figures of a classification: accuracy, macro-F1, each label, and how right each confidence tier is. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tasktracker.core.enums import Tier


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """One label: how many rows truly have it, how many were given it; shares from 0 to 1."""

    rows: int
    found: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class TierFigures:
    """The answers of one confidence tier: how many, which share of all, and which share of them is right."""

    rows: int
    coverage: float
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Classification:
    """All figures of one task on one set."""

    rows: int
    accuracy: float
    macro_f1: float
    tiers: dict[str, TierFigures]
    labels: dict[str, LabelFigures]


def classification(truth: Sequence[str], found: Sequence[str], confidence: Sequence[float]) -> Classification:
    """The figures of `found` against `truth`, row by row. Macro-F1 is the mean over the labels that some row truly has:
    of the others a set can tell nothing, though giving one is a miss of the label that is true.

    A row without an answer is given as "" with confidence 0: it counts as wrong, and is no label of its own.
    """
    labels = {name: _label(truth, found, name) for name in sorted({*truth, *found} - {""})}
    right = [one == other for one, other in zip(truth, found, strict=True)]
    return Classification(
        rows=len(truth),
        accuracy=_share(sum(right), len(right)),
        macro_f1=_share(sum(one.f1 for one in labels.values()), len(set(truth))),
        tiers=_tiers(right, confidence),
        labels=labels,
    )


def _label(truth: Sequence[str], found: Sequence[str], name: str) -> LabelFigures:
    both = sum(1 for one, other in zip(truth, found, strict=True) if one == other == name)
    rows, given = Counter(truth)[name], Counter(found)[name]
    return LabelFigures(rows, given, _share(both, given), _share(both, rows), _share(2 * both, rows + given))


def _tiers(right: Sequence[bool], confidence: Sequence[float]) -> dict[str, TierFigures]:
    made = {}
    for tier in Tier:
        inside = [good for good, sure in zip(right, confidence, strict=True) if Tier.of(sure) == tier]
        accuracy = sum(inside) / len(inside) if inside else None
        made[tier.value] = TierFigures(len(inside), _share(len(inside), len(right)), accuracy)
    return made


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
