"""What confidence has meant: bins with intervals, and what an automatic approval would have taken. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

BINS = 10
HUNDREDTHS = 100
THRESHOLDS = tuple(hundredths / HUNDREDTHS for hundredths in range(70, 100))
Z = 1.959964  # 95 %


@dataclass(frozen=True, slots=True)
class Cell:
    """People's decisions on one `kind` with one confidence, cut to hundredths (0 to 100).

    `confidence` is the sum over all of them. `new` ones were proposed as something new, which is all that a policy may
    approve. Unedited, edited, rejected and merged make up all of them.
    """

    kind: str
    hundredths: int
    new: bool
    confidence: float = 0.0
    unedited: int = 0
    edited: int = 0
    rejected: int = 0
    merged: int = 0

    @property
    def decided(self) -> int:
        return self.unedited + self.edited + self.rejected + self.merged

    @property
    def approved(self) -> int:
        return self.unedited + self.edited


@dataclass(frozen=True, slots=True)
class Bin:
    """Decisions with a confidence from `low` to below `high`. The rest is None where there are none.

    `share` of them was approved; with 95 % it lies between `share_low` and `share_high` (Wilson).
    """

    low: float
    high: float
    decided: int
    approved: int
    mean: float | None
    share: float | None
    share_low: float | None
    share_high: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """Ten bins of one kind, or of "all", and the expected calibration error (0 is perfect; None of nothing)."""

    kind: str
    decided: int
    error: float | None
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What an automatic approval from `threshold` up would have taken, and what people did with the same.

    `wrong` ones were rejected, or merged into what was there already; edited ones are counted apart.
    """

    kind: str
    threshold: float
    approved: int = 0
    unedited: int = 0
    edited: int = 0
    rejected: int = 0
    merged: int = 0

    @property
    def wrong(self) -> int:
        return self.rejected + self.merged

    @property
    def agreement(self) -> float:
        """The share that people approved, edited or not; 0 of nothing."""
        return (self.approved - self.wrong) / self.approved if self.approved else 0.0


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The 95 % interval of a share, honest for few cases too; 0 to 1 of nothing."""
    if not whole:
        return 0.0, 1.0
    share, square = part / whole, Z * Z
    middle = share + square / (2 * whole)
    spread = Z * math.sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    below = 1 + square / whole
    # Rounding may leave the share itself outside, by one digit of the last place.
    return min(share, max(0.0, (middle - spread) / below)), max(share, min(1.0, (middle + spread) / below))


def curve(kind: str, cells: Iterable[Cell]) -> Curve:
    """The calibration of `cells`, whatever their kinds."""
    bins: list[list[Cell]] = [[] for _ in range(BINS)]
    for cell in cells:
        # The last bin has its upper end in it.
        bins[min(cell.hundredths * BINS // HUNDREDTHS, BINS - 1)].append(cell)
    made = tuple(_bin(place, inside) for place, inside in enumerate(bins))
    decided = sum(one.decided for one in made)
    off = sum(one.decided * abs(one.share - one.mean) for one in made if one.share is not None and one.mean is not None)
    return Curve(kind, decided, off / decided if decided else None, made)


def _bin(place: int, cells: Iterable[Cell]) -> Bin:
    cells = list(cells)
    decided, approved = sum(cell.decided for cell in cells), sum(cell.approved for cell in cells)
    low, high = place / BINS, (place + 1) / BINS
    if not decided:
        return Bin(low, high, 0, 0, None, None, None, None)
    mean = sum(cell.confidence for cell in cells) / decided
    return Bin(low, high, decided, approved, mean, approved / decided, *wilson(approved, decided))


def what_if(kind: str, threshold: float, cells: Iterable[Cell]) -> WhatIf:
    """What a policy with a `threshold` of whole hundredths would have done."""
    least = round(threshold * HUNDREDTHS)
    taken = [cell for cell in cells if cell.new and cell.kind == kind and cell.hundredths >= least]
    return WhatIf(
        kind,
        threshold,
        approved=sum(cell.decided for cell in taken),
        unedited=sum(cell.unedited for cell in taken),
        edited=sum(cell.edited for cell in taken),
        rejected=sum(cell.rejected for cell in taken),
        merged=sum(cell.merged for cell in taken),
    )
