"""What an engine says about a window, and how it says that the run should rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from analysis.evidence import CheckedItem
from analysis.inputs import Loaded


@dataclass(frozen=True, slots=True)
class Answered:
    """A window's items, their evidence checked; `dropped` counts what the check refused."""

    loaded: Loaded
    items: tuple[CheckedItem, ...]
    dropped: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A window that the engine can't answer; `error` is a sentence without a word of what people wrote."""

    loaded: Loaded
    error: str


Result = Answered | Failed


class Stop(Exception):
    """Ask no more for `wait_seconds`, or, with a `reason` (budget, provider), until the run is resumed.

    `note` goes into the run's history.
    """

    def __init__(self, error: str, *, reason: str = "", wait_seconds: float = 0, note: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.reason = reason
        self.note = note
        self.wait_seconds = wait_seconds


class Engine(Protocol):
    """Answers windows of one run.

    `windows_at_once` and `tokens_at_once` are what it takes in one hand, `backs_off` says that it may have to wait.
    """

    windows_at_once: int
    tokens_at_once: int | None
    backs_off: bool

    def answer(self, window_ids: Sequence[int]) -> Iterator[list[Result]]:
        """One result for each window, each in the first batch after it is known; raises `Stop`."""
        ...
