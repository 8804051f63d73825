"""What was learnt from labelled sets: numbers only, made by `manage.py train_offline` and kept beside this file."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
MOST_PLAIN = 0.89
NOT_RULED_OUT = 0.2  # the least share by the rules of an answer above MOST_PLAIN that was learnt
FILE = Path(__file__).with_name("coefficients.npz")


@dataclass(frozen=True)
class Head:
    """A linear reader: inputs x labels, grams x labels (small whole numbers), what one of those is worth, labels."""

    dense: Floats
    sparse: npt.NDArray[np.int8]
    scale: Floats
    bias: Floats


@dataclass(frozen=True)
class Familiarity:
    """From how surely a text is of one of the learnt sets (0 to 1) to how far what was learnt there counts."""

    middle: float
    width: float

    def of(self, likeness: float) -> float:
        """0 (never seen the like) to 1."""
        return float(1 / (1 + np.exp(-(likeness - self.middle) / self.width)))


@dataclass(frozen=True)
class Trust:
    """How often an answer is right, by the share that it was given: `familiar` and `new` at each of `knots`.

    What these curves say stays at `MOST_PLAIN`; above it is only what was right in every set that was left out.
    """

    knots: Floats
    familiar: Floats
    new: Floats
    likeness: float  # the least likeness, and the least share, of an answer that is above `MOST_PLAIN`
    share: float

    def of(self, share: float, known: float) -> float:
        """0.3 to MOST_PLAIN, for the share of the best category and how familiar the message is."""
        familiar = float(np.interp(share, self.knots, self.familiar))
        new = float(np.interp(share, self.knots, self.new))
        return min(MOST_PLAIN, max(0.3, known * familiar + (1 - known) * new))

    def is_familiar(self, share: float, ruled: float, likeness: float) -> bool:
        """Whether answers like this one were right, above `MOST_PLAIN`, in chats of kinds that were learnt."""
        return likeness > self.likeness and share > self.share and ruled > NOT_RULED_OUT


@dataclass(frozen=True)
class Coefficients:
    """Everything in the file."""

    category: Head
    action: Head
    signal: Head
    likeness: Head
    familiarity: Familiarity
    trust: Trust
    threads: Floats


@cache
def coefficients() -> Coefficients:
    """The numbers, read once for each process (about 2 MB in memory)."""
    with np.load(FILE, allow_pickle=False) as stored:
        held = {name: stored[name] for name in stored.files}

    def head(name: str) -> Head:
        return Head(
            held[f"{name}_dense"].astype(np.float64),
            held[f"{name}_sparse"],
            held[f"{name}_scale"].astype(np.float64),
            held[f"{name}_bias"].astype(np.float64),
        )

    middle, width = (float(value) for value in held["familiarity"])
    return Coefficients(
        category=head("category"),
        action=head("action"),
        signal=head("signal"),
        likeness=head("likeness"),
        familiarity=Familiarity(middle, width),
        trust=Trust(*held["trust_curves"].astype(np.float64), *(float(value) for value in held["trust_numbers"])),
        threads=held["threads"].astype(np.float64),
    )
