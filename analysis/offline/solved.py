"""Which approved atoms are closed: what is solved, superseded or refused needs no task."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from analysis.prompts.inputs import AtomInput, PromptMessage

from .similar import Likeness, complaints
from .urgency import Signals

TROUBLE = ("problem", "blocker")


_SOLVED = 0.27  # likeness from which a later solution is that of a report


_DONE = 0.34  # and of a request


EASE = 0.06


@dataclass(slots=True)
class WorkAtom:
    """An approved atom with the passages of its messages that it is about; `open` until something closes it."""

    place: int
    atom: AtomInput
    messages: list[PromptMessage]
    text: str
    first: datetime | None
    last: datetime | None
    read: Signals
    open: bool = True
    why: list[str] = field(default_factory=list)


def close_solved(atoms: Sequence[WorkAtom], alike: Likeness) -> None:
    """Closes what has a solution: one that is linked, or a later one that is clearly of the same matter."""
    by_ref = {item.atom.ref: item for item in atoms}
    for item in atoms:
        for kind, ref in item.atom.links:
            other = by_ref.get(ref)
            if kind == "solves" and other is not None:
                _close(other, item)
            elif kind == "supersedes" and other is not None:
                other.open = False
    solutions = [
        item for item in atoms if item.atom.type == "solution" or (item.atom.type == "decision" and not item.read.works)
    ]
    for solution in solutions:
        if any(kind == "solves" and ref in by_ref for kind, ref in solution.atom.links):
            near = [by_ref[ref] for kind, ref in solution.atom.links if kind == "solves" and ref in by_ref]
        else:
            near = _best(solution, atoms, alike)
        for item in near:
            _close(item, solution)
            for twin in atoms:
                if twin.open and _twins(item, twin, alike) and _before(twin, solution):
                    _close(twin, solution)
    for item in atoms:
        if item.open and item.atom.type in ("idea", "requirement"):
            for other in atoms:
                if (
                    other.atom.type == "decision"
                    and other.read.refuses
                    and alike.of(item.place, other.place) >= _SOLVED
                    and _before(item, other)
                ):
                    _close(item, other)


def _best(solution: WorkAtom, atoms: Sequence[WorkAtom], alike: Likeness) -> list[WorkAtom]:
    """What a solution without a link solves: the likest, and what is nearly as like."""
    found: list[tuple[float, WorkAtom]] = []
    for item in atoms:
        kind = item.atom.type
        if kind not in (*TROUBLE, "question", "requirement") or (
            solution.atom.type == "decision" and kind != "question"
        ):
            continue
        value = alike.of(solution.place, item.place)
        if value >= (_DONE if kind == "requirement" else _SOLVED) and _before(item, solution):
            found.append((value, item))
    top = max((value for value, _ in found), default=0.0)
    return [item for value, item in found if value >= 0.7 * top]


def _before(item: WorkAtom, solution: WorkAtom) -> bool:
    """What is reported after a fix is not fixed by it; without dates nothing speaks against it."""
    return item.last is None or solution.last is None or item.last <= solution.last


def _twins(item: WorkAtom, twin: WorkAtom, alike: Likeness) -> bool:
    if item is twin or item.atom.type not in TROUBLE or twin.atom.type not in TROUBLE:
        return False
    first, second = complaints(item.text), complaints(twin.text)
    if first and second and not first & second:
        return False
    return alike.of(item.place, twin.place) >= _SOLVED - EASE


def _close(item: WorkAtom, by: WorkAtom) -> None:
    if item is not by and item.atom.type not in ("solution", "decision", "insight"):
        item.open = False
        item.why.append(by.atom.title)
