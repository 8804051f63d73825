"""Labelled rows of a JSON-lines file, checked; what a task does not know is left out and counted."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tasktracker.core.enums import MessageCategory

TASKS = ("category", "signal", "action", "duplicates", "threads")
MOST_SHOWN = 200  # characters of a wrong line's reason

# Labels of other vocabularies in the product's words.
_SAME_AS = {"problem": "bug", "requirement": "feature", "insight": "discussion", "solution": "discussion"}
_CATEGORIES = frozenset(MessageCategory.values)


class NotADataset(Exception):
    """The file can't be measured on; the message is one clear line."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a labelled set. `text_b` is the other one of a pair; `author`, `at`, `place` are for threads."""

    text: str
    label: str
    text_b: str = ""
    author: str = ""
    at: datetime | None = None
    place: str = ""


@dataclass(slots=True)
class Dataset:
    """The rows that a task knows, in the order of the file, and what was left out, by label."""

    rows: list[Row] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def load(path: Path, task: str) -> Dataset:
    """The rows of `path` for a task. Raises `NotADataset` for a file that is not one, or has no row for the task."""
    found = Dataset()
    for number, row in _rows(path):
        if task == "threads":
            found.rows.append(_message(row, number))
            continue
        label = _text(row, "mapped", number, empty=True) or _text(row, "label", number, empty=True)
        known = label_for(task, label)
        if known is None:
            found.left_out[label or "(none)"] += 1
            continue
        other = _text(row, "text_b", number) if task == "duplicates" else ""
        found.rows.append(Row(_text(row, "text", number), known, text_b=other))
    if not found.rows:
        what = ", ".join(f"{label} ({count})" for label, count in found.left_out.most_common(5))
        raise NotADataset(f"{path} has no row for {task}" + (f"; its labels are {what}." if what else "."))
    return found


def label_for(task: str, label: str) -> str | None:
    """What a set's label is called in a task, None for one that the task does not know."""
    label = label.strip().lower()
    if task == "duplicates":
        return label if label in ("duplicate", "not_duplicate") else None
    category = _SAME_AS.get(label, label)
    known = category in _CATEGORIES
    if task == "category":
        return category if known else None
    if task == "action":
        if label in ("action", "task"):
            return "action"
        return "other" if known or label == "other" else None
    if label == "signal":
        return "signal"
    return ("noise" if category == "noise" else "signal") if known else None


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise NotADataset(f"{path}, line {number}: a JSON object was expected.")
                yield number, row
    except OSError as error:
        raise NotADataset(f"{path} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise NotADataset(f"{path} is not UTF-8 text.") from error
    except (ValueError, RecursionError) as error:
        raise NotADataset(f"{path}, line {number}: no JSON ({str(error)[:MOST_SHOWN]}).") from error


def _text(row: dict[str, Any], name: str, number: int, *, empty: bool = False) -> str:
    value = row.get(name)
    if value is None and empty:
        return ""
    if not isinstance(value, str):
        raise NotADataset(f"line {number}: {name} must be a text.")
    return value


def _message(row: dict[str, Any], number: int) -> Row:
    conversation = row.get("conversation")
    if not isinstance(conversation, str | int):
        raise NotADataset(f"line {number}: conversation is missing.")
    return Row(
        text=_text(row, "text", number),
        label=str(conversation),
        author=_text(row, "author", number, empty=True),
        at=_time(row, number),
        place=_text(row, "channel", number, empty=True),
    )


def _time(row: dict[str, Any], number: int) -> datetime | None:
    text = _text(row, "ts", number, empty=True)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotADataset(f"line {number}: ts is no ISO 8601 time.") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
