"""How often an answer is right, from answers about rows that were held out."""

import numpy as np
import numpy.typing as npt

from analysis.offline.coefficients import NOT_RULED_OUT

from .features import Table
from .fit import Floats
from .held_out import HeldOut
from .readers import familiarity

KNOTS = np.linspace(0.2, 1.0, 17)
WANTED = 0.955  # of the answers above "plain" in talks of known kinds; the promise is 0.95
LEAST_LIKENESS = 0.8


def curve(share: Floats, right: npt.NDArray[np.bool_], weight: Floats) -> Floats:
    """How right answers of each share are at `KNOTS`: an even slope, never falling (pool adjacent violators)."""
    bins = np.clip(np.digitize(share, (KNOTS[:-1] + KNOTS[1:]) / 2), 0, len(KNOTS) - 1)
    blocks: list[list[float]] = []
    for place in range(len(KNOTS)):
        here = bins == place
        total = float(weight[here].sum())
        # A little of the diagonal, so that an empty bin has a value.
        blocks.append([float((weight[here] * right[here]).sum()) + 2 * KNOTS[place], total + 2.0, 1.0])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [first + second for first, second in zip(blocks[-1], last, strict=True)]
    return np.concatenate([np.full(int(count), hits / total) for hits, total, count in blocks])


def least_share(rows: Table, talks: HeldOut) -> float:
    """The least share from which answers about familiar rows were right as often as `WANTED`."""
    best = talks.mixed.max(axis=1)
    ruled = np.take_along_axis(talks.ruled, talks.found()[:, None], axis=1)[:, 0]
    inside = (rows.label >= 0) & (talks.likeness > LEAST_LIKENESS) & (ruled > NOT_RULED_OUT)
    right = talks.found() == rows.label
    for bound in np.arange(0.80, 0.99, 0.01):
        above = inside & (best > bound)
        if above.sum() >= 50 and right[above].mean() >= WANTED:
            return float(bound)
    return 1.0


def fit_trust(rows: Table, talks: HeldOut, sets: HeldOut) -> tuple[Floats, Floats]:
    """(knots, familiar, new) as three rows, and (least likeness, least share)."""
    measured = rows.label >= 0
    size = np.array([(measured & (rows.source == source)).sum() for source in rows.source])
    even = 1 / np.sqrt(np.maximum(size, 1))
    even *= len(even) / even.sum()
    made = []
    for held, familiar in ((talks, True), (sets, False)):
        share = familiarity(held.likeness)
        weight = (even if not familiar else np.ones_like(even)) * (share if familiar else 1 - share)
        right = held.found() == rows.label
        made.append(curve(held.mixed.max(axis=1)[measured], right[measured], weight[measured]))
    return np.stack([KNOTS, *made]), np.array([LEAST_LIKENESS, least_share(rows, talks)])
