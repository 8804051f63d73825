"""What the readers say of rows that they were not fitted on: of a set left out, and of other talks of known sets."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.offline.classify import RULE_WEIGHTS, Weighed

from .features import Table
from .fit import Floats, Sparse
from .readers import familiarity, fit_categories, fit_likeness, fit_two, likeness_of, shares
from .seeds import SOURCE

FOLDS = 5


@dataclass(frozen=True)
class HeldOut:
    """For each row: shares of the categories by the mix, the rules and what was learnt, and the likeness."""

    mixed: Floats
    ruled: Floats
    learnt: Floats
    likeness: Floats

    def found(self) -> npt.NDArray[np.int64]:
        """The place of each row's best category."""
        made: npt.NDArray[np.int64] = self.mixed.argmax(axis=1)
        return made

    def weighed(self, row: int) -> Weighed:
        """What was said of one row, as the engine says it."""
        likeness = float(self.likeness[row])
        known = float(familiarity(self.likeness[row : row + 1])[0])
        return Weighed(self.mixed[row], self.ruled[row], self.learnt[row], likeness, known)


def sets_left_out(rows: Table) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """(rows to fit, rows to ask), one set after another."""
    for source in np.unique(rows.source):
        if source != SOURCE:
            yield np.flatnonzero(rows.source != source), np.flatnonzero(rows.source == source)


def talks_left_out(rows: Table) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """(rows to fit, rows to ask): each conversation whole on one side."""
    fold = np.array([zlib.crc32(f"{row.source}/{row.group}".encode()) % FOLDS for row in rows.rows])
    for number in range(FOLDS):
        own = rows.source == SOURCE
        yield np.flatnonzero((fold != number) | own), np.flatnonzero((fold == number) & ~own)


def ask_held_out(
    rows: Table, plain: Sparse, splits: Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]
) -> HeldOut:
    """Fit on one side of each split, ask on the other; gives every row's answer in the order of `rows`."""
    ruled = shares(rows.dense @ RULE_WEIGHTS)
    learnt, likeness = np.zeros_like(ruled), np.zeros(len(ruled))
    for to_fit, to_ask in splits:
        known = rows.take(to_fit)
        fitted = fit_categories(known)
        asked = rows.sparse.take(to_ask)
        learnt[to_ask] = shares(fitted.logits(rows.dense[to_ask], asked))
        likeness[to_ask] = likeness_of(fit_likeness(known, plain), asked)
    share = familiarity(likeness)[:, None]
    return HeldOut(share * learnt + (1 - share) * ruled, ruled, learnt, likeness)


def ask_two_held_out(
    rows: Table, name: str, splits: Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]
) -> Floats:
    """How surely each row is of a category, by a yes-or-no reader that was not fitted on it."""
    made = np.zeros(len(rows.rows))
    for to_fit, to_ask in splits:
        fitted = fit_two(rows.take(to_fit), name)
        made[to_ask] = shares(fitted.logits(rows.dense[to_ask], rows.sparse.take(to_ask)))[:, 0]
    return made
