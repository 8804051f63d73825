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


def typical(act: Callable[[], object], times: int) -> float:
    """The median seconds of `act` over `times` calls, after one that does not count."""
    act()
    seconds = []
    for _ in range(times):
        with stopwatch() as took:
            act()
        seconds.append(took())
    return median(seconds)
