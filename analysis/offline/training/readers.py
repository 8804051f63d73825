"""Fitting what ships: the learnt reader of categories, the two yes-or-no readers, and how familiar a text is."""

import numpy as np
import numpy.typing as npt

from analysis.offline.classify import RULE_WEIGHTS

from .features import Table
from .fit import Fitted, Floats, Sparse, Task, fit
from .rows import CATEGORIES

DENSE_PENALTY, SPARSE_PENALTY = 3e-3, 1e-4
PRIOR_SHARE = 0.3  # how much of the rules' weights the learnt reader begins with
BALANCE = 0.5  # 0: each row counts alike; 1: each label does
TWO_DENSE_PENALTY, TWO_SPARSE_PENALTY, TWO_BALANCE = 5e-4, 3e-5, 0.25  # the same for the yes-or-no readers
NEGATIVES = 0.05  # what rows that only rule something out weigh, as a share of the others
STEPS = 60  # of each fit
MIDDLE, WIDTH = 0.2, 0.12  # of the likeness, between new and familiar


def fit_categories(rows: Table) -> Fitted:
    """The learnt reader of the seven categories."""
    return fit(
        Task(
            rows.dense,
            rows.sparse,
            rows.allowed,
            _weights(rows),
            RULE_WEIGHTS * PRIOR_SHARE,
            DENSE_PENALTY,
            SPARSE_PENALTY,
        ),
        steps=STEPS,
    )


def _weights(rows: Table) -> Floats:
    single = rows.allowed.sum(axis=1) == 1
    only = rows.allowed.argmax(axis=1)
    weight = rows.weight.copy()
    for place in range(len(CATEGORIES)):
        here = single & (only == place)
        if here.any():
            weight[here] *= weight[here].sum() ** -BALANCE
    if (~single).any():
        weight[~single] *= NEGATIVES * weight[single].sum() / weight[~single].sum()
    made: Floats = weight / weight.mean()
    return made


def fit_two(rows: Table, name: str) -> Fitted:
    """A reader of one category against all others, from the rows that say which: [it, not it]."""
    place = CATEGORIES.index(name)
    it = rows.allowed[:, place] & (rows.allowed.sum(axis=1) == 1)
    known = it | ~rows.allowed[:, place]
    chosen = np.flatnonzero(known)
    kept, is_it = rows.take(chosen), it[chosen]
    weight = kept.weight.copy()
    for source in np.unique(kept.source):
        weight[kept.source == source] *= weight[kept.source == source].sum() ** -0.5
    for side in (is_it, ~is_it):
        weight[side] *= weight[side].sum() ** -TWO_BALANCE
    others = np.delete(RULE_WEIGHTS, place, axis=1)
    prior = np.stack([RULE_WEIGHTS[:, place], others.mean(axis=1)], axis=1) * PRIOR_SHARE
    allowed = np.stack([is_it, ~is_it], axis=1)
    return fit(
        Task(kept.dense, kept.sparse, allowed, weight / weight.mean(), prior, TWO_DENSE_PENALTY, TWO_SPARSE_PENALTY),
        steps=STEPS,
    )


def fit_likeness(rows: Table, plain: Sparse) -> Fitted:
    """Tells the labelled sets and, last, texts of no set apart, by their grams alone."""
    labelled = rows.take(np.flatnonzero(rows.label >= 0))
    names = np.unique(labelled.source)
    place = np.concatenate([np.searchsorted(names, labelled.source), np.full(len(plain.starts) - 1, len(names))])
    count = np.bincount(place, minlength=len(names) + 1).astype(np.float64)
    weight = count[place] ** -0.5
    return fit(
        Task(
            np.zeros((len(place), 1)),
            labelled.sparse.joined(plain),
            np.eye(len(names) + 1, dtype=np.bool_)[place],
            weight / weight.mean(),
            np.zeros((1, len(names) + 1)),
            1.0,
            SPARSE_PENALTY,
        ),
        steps=STEPS // 2,
    )


def likeness_of(fitted: Fitted, texts: Sparse) -> Floats:
    """How surely each text is of one of the sets: 0 to 1."""
    made: Floats = shares(fitted.logits(np.zeros((len(texts.starts) - 1, 1)), texts))[:, :-1].max(axis=1)
    return made


def familiarity(likeness: Floats) -> Floats:
    """0 (new) to 1."""
    made: Floats = 1 / (1 + np.exp(-np.clip((likeness - MIDDLE) / WIDTH, -50, 50)))
    return made


def shares(logits: Floats) -> Floats:
    """Each row's shares, which add up to 1."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    made: Floats = powers / powers.sum(axis=1, keepdims=True)
    return made


def small(weights: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Weights as whole numbers of one byte, and what one of them is worth in each column."""
    unit = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
    return np.round(weights / unit).astype(np.int8), unit
