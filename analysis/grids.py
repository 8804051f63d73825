"""A run's windows as a picture: a cell for each, a map of thin cells for a long run, and what failed by its reason."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from analysis.models import AnalysisRun, Window
from ingestion import walls
from tasktracker.core.words import counted_as

LINKS = 240  # windows that get a cell of their own, with its words; more are drawn as a map
CELLS = 2_000  # a map of more windows than this puts several into one cell
COLUMNS, UNIT, SIDE = 100, 12, 9  # of a map: cells in a row, and the size of one in the units of the drawing
REASONS = 12
NAMED = 6  # windows that are named for each reason
MOST_READ = 5_000
MARKS = {"waiting": "", "running": "…", "done": "", "failed": "!"}
WORST = ("failed", "running", "waiting", "done")
WORDS = {"waiting": "waiting", "running": "thinking", "done": "done", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the grid: a window, or a stretch of `count` windows shown by the worst of them."""

    ordinal: int
    count: int
    status: str
    title: str

    @property
    def mark(self) -> str:
        return MARKS[self.status]


@dataclass(frozen=True, slots=True)
class Map:
    """Many cells as one drawing: for each state the `d` of a path, whose dashes are the cells."""

    paths: list[tuple[str, str]]
    columns: int
    rows: int
    first: int
    size: int

    @property
    def box(self) -> str:
        return f"0 0 {self.columns * UNIT - UNIT + SIDE} {self.rows * UNIT - UNIT + SIDE}"


@dataclass(slots=True)
class Failure:
    """Why windows failed: the reason as the run noted it, how many they are, and the first of them."""

    reason: str
    count: int = 0
    ordinals: list[int] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.ordinals)


@dataclass(frozen=True, slots=True)
class Grid:
    """What the page of a run draws. `counts` is (state, its word, windows, share in percent) of every state."""

    total: int
    cells: list[Cell]
    map: Map | None
    counts: list[tuple[str, str, int, int]]
    failures: list[Failure]

    @property
    def words(self) -> str:
        """The drawing in a sentence."""
        states = ", ".join(f"{count} {word}" for _, word, count, _ in self.counts)
        return f"{counted_as(self.total, 'window')}: {states}"


def picture(run: AnalysisRun) -> Grid:
    """The run's windows as they are now. Two queries, the second only where something failed."""
    cells, counts = grid(run)
    total = sum(counts.values())
    shares = [
        (state, word, counts.get(state, 0), round(100 * counts.get(state, 0) / total) if total else 0)
        for state, word in WORDS.items()
    ]
    drawn = map_of(cells) if len(cells) > LINKS else None
    return Grid(total, [] if drawn else cells, drawn, shares, failures_of(run) if counts.get("failed") else [])


def grid(run: AnalysisRun, most: int = CELLS) -> tuple[list[Cell], dict[str, int]]:
    """The run's windows as cells, at most `most`, and how many are in each state. One query."""
    rows = list(
        Window.objects.filter(run=run)
        .order_by("ordinal")
        .values_list("ordinal", "status", "tokens", walls.channel_title(), "duration_ms", "error")
    )
    counts: dict[str, int] = {}
    for row in rows:
        counts[row[1]] = counts.get(row[1], 0) + 1
    size = max(1, -(-len(rows) // most))
    return [cell(rows[at : at + size]) for at in range(0, len(rows), size)], counts


def cell(rows: Sequence[tuple[Any, ...]]) -> Cell:
    """One cell out of the rows (ordinal, status, tokens, channel, milliseconds, error) of its windows."""
    ordinal, status, tokens, channel, took, error = rows[0]
    if len(rows) > 1:
        status = next(one for one in WORST if any(row[1] == one for row in rows))
        return Cell(ordinal, len(rows), status, f"Windows {ordinal} to {rows[-1][0]}: {status}")
    parts = [f"Window {ordinal}: {status}", channel or "", f"{tokens} tokens", f"{took} ms" if took else "", error]
    return Cell(ordinal, 1, status, " · ".join(part for part in parts if part))


def map_of(cells: Sequence[Cell]) -> Map:
    """The cells in rows of COLUMNS; neighbours of one state are one line, so that thousands weigh little."""
    lines: dict[str, list[str]] = {}
    rows = [cells[at : at + COLUMNS] for at in range(0, len(cells), COLUMNS)]
    for number, row in enumerate(rows):
        column = 0
        for status, same in groupby(row, key=lambda one: one.status):
            length = len(list(same))
            line = f"M{column * UNIT} {number * UNIT + SIDE / 2:g}h{length * UNIT - UNIT + SIDE}"
            lines.setdefault(status, []).append(line)
            column += length
    paths = [(status, "".join(lines[status])) for status in WORDS if status in lines]
    return Map(paths, COLUMNS, len(rows), cells[0].ordinal, cells[0].count)


def failures_of(run: AnalysisRun) -> list[Failure]:
    """What failed, by its reason, the most frequent first."""
    found: dict[str, Failure] = {}
    rows = Window.objects.filter(run=run, status="failed").order_by("ordinal").values_list("error", "ordinal")
    for error, ordinal in rows[:MOST_READ]:
        reason = found.setdefault(error, Failure(error or "It does not say why."))
        reason.count += 1
        if len(reason.ordinals) < NAMED:
            reason.ordinals.append(ordinal)
    return sorted(found.values(), key=lambda one: (-one.count, one.ordinals))[:REASONS]
