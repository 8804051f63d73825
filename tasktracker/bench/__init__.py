"""Benchmarks: every figure is a ratio against a baseline that is measured in the same run, on the same engines."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. `ratio` is measured / baseline; `met` says whether it reaches the aim."""

    name: str
    measured: str
    baseline: str
    ratio: float
    aim: str
    met: bool


@contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    """Gives a function that says the seconds so far, and after the block the seconds it took."""
    began = time.perf_counter()
    ended: list[float] = []
    yield lambda: (ended[0] if ended else time.perf_counter()) - began
    ended.append(time.perf_counter())


def typical_pair(one: Callable[[], object], other: Callable[[], object], times: int) -> tuple[float, float]:
    """The median seconds of two acts that take turns, so that what else the machine does slows down both."""
    one()
    other()
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for act, found in zip((one, other), seconds, strict=True):
            with stopwatch() as took:
                act()
            found.append(took())
    return median(seconds[0]), median(seconds[1])
