"""Rows of a labelled set as numbers, many at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.offline.classify import read_message
from analysis.offline.grams import SIZE

from .fit import Floats, Sparse
from .rows import CATEGORIES, Row


@dataclass(frozen=True)
class Table:
    """Rows and their numbers: `allowed` is rows x categories, `label` the place of the only one or -1."""

    rows: list[Row]
    dense: Floats
    sparse: Sparse
    allowed: npt.NDArray[np.bool_]
    weight: Floats
    label: npt.NDArray[np.int64]
    source: npt.NDArray[np.str_]

    def take(self, places: npt.NDArray[np.int64]) -> "Table":
        """Some of the rows."""
        return Table(
            [self.rows[place] for place in places],
            self.dense[places],
            self.sparse.take(places),
            self.allowed[places],
            self.weight[places],
            self.label[places],
            self.source[places],
        )


def table(rows: Sequence[Row]) -> Table:
    """The numbers of labelled rows."""
    read = [read_message(row.text) for row in rows]
    # Weak labels teach, but are not measured on.
    labels = [CATEGORIES.index(row.label) if row.label and row.weight == 1 else -1 for row in rows]
    return Table(
        rows=list(rows),
        dense=np.array([one.dense for one in read]),
        sparse=Sparse.of([(one.places, one.values) for one in read], SIZE),
        allowed=np.array([[name in row.allowed for name in CATEGORIES] for row in rows]),
        weight=np.array([row.weight for row in rows]),
        label=np.array(labels),
        source=np.array([row.source for row in rows]),
    )
