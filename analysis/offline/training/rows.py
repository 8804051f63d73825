"""Labelled rows to learn from: what each one may be, as far as its set says so."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasktracker.core.enums import MessageCategory

CATEGORIES: tuple[str, ...] = tuple(MessageCategory.values)
ALL = frozenset(CATEGORIES)
MAPPED = {"problem": "bug", "requirement": "feature", "insight": "discussion", "solution": "discussion"}

# What "other" rules out in the sets that look for one thing only.
_NOT = {
    "action_email_intent": frozenset({"task"}),
    "action_minutes": frozenset({"task", "decision"}),
    "dialogs_frminer": frozenset({"feature"}),
}
_MEETINGS = {
    "noise": frozenset({"noise"}),
    "question": frozenset({"question"}),
    "discussion": ALL - {"task", "decision", "question", "bug"},
}


@dataclass(frozen=True, slots=True)
class Row:
    """A text, the categories it may have, how much it counts, and what must not be parted when rows are split."""

    text: str
    allowed: frozenset[str]
    weight: float
    group: str
    source: str

    @property
    def label(self) -> str | None:
        """The category, where there is only one."""
        return next(iter(self.allowed)) if len(self.allowed) == 1 else None


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSON-lines file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def labelled(path: Path) -> Iterator[Row]:
    """Rows of one set that say something about their category."""
    name = path.stem
    for row in read_rows(path):
        label = str(row.get("mapped") or row.get("label") or "")
        label = MAPPED.get(label, label)
        group = str(row.get("conversation") or row["id"])
        if label in ALL:
            yield Row(row["text"], frozenset({label}), 1.0, group, name)
        elif label == "other" and name in _NOT:
            yield Row(row["text"], ALL - _NOT[name], 1.0, group, name)
        elif row.get("heuristic_kind") in _MEETINGS:
            yield Row(row["text"], _MEETINGS[row["heuristic_kind"]], 0.4, group, name)
