"""What is known already, for an engine to refer to instead of saying it again: the nearest few, never all of it."""

import time
from dataclasses import dataclass

import numpy as np

from analysis.models import AnalysisRun
from analysis.offline import embed
from analysis.selectors import is_remote
from knowledge.models import Atom, Task, Topic
from tasktracker.core.enums import Stage, TaskStatus

NEAREST = 10
NEWEST = 4_000  # of each kind; older knowledge is not offered to the engines
LEAST = 0.12  # cosine below which an item has nothing to do with the window
TEXT = 120
KEEP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row of `kind` topic, atom or task. `label` is what the engine is told it is: for an atom, its type."""

    kind: str
    id: int
    label: str
    title: str
    text: str


class Known:
    """Approved knowledge of a run's workspace, read once; `nearest` finds what a text is about, in memory.

    Stage knowledge is shown topics and atoms, stage tasks the open tasks. What was said in sources for local models
    only is not shown to a remote one.
    """

    def __init__(self, run: AnalysisRun) -> None:
        self.rows = _tasks(run) if run.stage == Stage.TASKS else _topics(run) + _atoms(run)
        self.vectors = embed([f"{row.title} {row.text}" for row in self.rows]) if self.rows else None

    def nearest(self, *texts: str) -> list[KnownRow]:
        """At most NEAREST rows, those nearest to any of the texts first."""
        if self.vectors is None or not texts:
            return []
        scores = (self.vectors @ embed(texts).T).max(axis=1)
        best = np.argsort(-scores, kind="stable")[:NEAREST]
        return [self.rows[int(place)] for place in best if scores[place] >= LEAST]


def known_in(run: AnalysisRun) -> Known:
    """The run's known items, read again after KEEP_SECONDS: a lane is short, and comes back to the same process."""
    now = time.monotonic()
    if _kept.run_id != run.pk or now - _kept.at > KEEP_SECONDS or _kept.known is None:
        _kept.run_id, _kept.at, _kept.known = run.pk, now, Known(run)
    return _kept.known


@dataclass(slots=True)
class _Kept:
    run_id: int = 0
    at: float = 0.0
    known: Known | None = None


_kept = _Kept()


def _topics(run: AnalysisRun) -> list[KnownRow]:
    rows = Topic.objects.filter(workspace_id=run.workspace_id, status="active")
    if is_remote(run):
        rows = rows.exclude(quotes__message__source__local_only=True)
    return [
        KnownRow("topic", row.pk, "topic", row.name, " ".join([row.description, *row.keywords])[:TEXT])
        for row in rows.order_by("-pk")[:NEWEST]
    ]


def _atoms(run: AnalysisRun) -> list[KnownRow]:
    rows = Atom.objects.filter(workspace_id=run.workspace_id, status="active")
    if is_remote(run):
        rows = rows.exclude(quotes__message__source__local_only=True)
    return [KnownRow("atom", row.pk, row.type, row.title, row.content[:TEXT]) for row in rows.order_by("-pk")[:NEWEST]]


def _tasks(run: AnalysisRun) -> list[KnownRow]:
    open_tasks = [TaskStatus.OPEN, TaskStatus.IN_PROGRESS]
    rows = Task.objects.filter(workspace_id=run.workspace_id, status__in=open_tasks)
    if is_remote(run):
        rows = rows.exclude(quotes__message__source__local_only=True)
    return [
        KnownRow("task", row.pk, "task", row.title, row.description[:TEXT]) for row in rows.order_by("-pk")[:NEWEST]
    ]
