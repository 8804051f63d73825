"""What the dashboard counts: four figures with their change and a line of days, what waits, the live run."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Count, F, Max, Min, QuerySet
from django.urls import reverse
from django.utils import timezone

from analysis.models import AnalysisRun, Window
from ingestion.models import Message
from knowledge import selectors
from knowledge.models import Atom, Task
from proposals.desk import COUNTED
from proposals.models import Proposal
from tasktracker.buckets import DAYS, last_days, per_bucket
from tasktracker.core.enums import AtomType, TaskStatus
from tasktracker.core.models import Workspace
from tasktracker.core.templatetags.ui import relative, words

FEED = 20
NEEDS = 10
CELLS = 160
WORST_FIRST = ("failed", "running", "waiting", "done")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, how it moved, and what its 14 days count."""

    name: str
    value: str
    change: str
    days: list[int]
    url: str


@dataclass(frozen=True, slots=True)
class Strip:
    """A run as a strip of cells, each one unit wide; `paths` are (state, all its cells as one drawing).

    `counts` are windows by state.
    """

    run: AnalysisRun
    paths: list[tuple[str, str]]
    cells: int
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        return self.counts.get("done", 0)

    @property
    def failed(self) -> int:
        return self.counts.get("failed", 0)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A number of proposals that wait and the desk's address for them; `more` where they were not counted on."""

    name: str
    kind: str
    count: int
    more: bool
    url: str


@dataclass(frozen=True, slots=True)
class Oldest:
    """The one of its kind that is open the longest, None where nothing is; `others` are open too."""

    what: str
    atom: Atom | None
    others: int

    @property
    def age(self) -> str:
        return age(self.atom.valid_from) if self.atom else ""


class Board:
    """The dashboard's numbers of one workspace; what two parts of it show is counted once. `days`: of the charts."""

    def __init__(self, workspace: Workspace, days: int = DAYS) -> None:
        self.workspace = workspace
        self.days = days
        self._proposals = Proposal.objects.filter(workspace=workspace).order_by()

    @cached_property
    def pending(self) -> list[Waiting]:
        """What waits at the desk, by kind, as the desk's own chips count it. Three queries."""
        desk = reverse("proposals:desk")
        rows = self._proposals.filter(status=Proposal.Status.PENDING)
        return [
            Waiting(f"{kind}s", kind, *counted_to(rows.filter(kind=kind)), f"{desk}?kind={kind}")
            for kind in Proposal.Kind.values
        ]

    @cached_property
    def question(self) -> Oldest:
        return oldest_of(self.workspace, AtomType.QUESTION)

    @cached_property
    def came(self) -> list[int]:
        """Messages by day, of all days that a figure or a chart shows. One query, the dearest of a page."""
        messages = Message.objects.filter(workspace=self.workspace)
        return per_bucket(messages, "sent_at", last_days(self.workspace, max(self.days, DAYS)))

    def figures(self) -> list[Figure]:
        """The four figures. Eleven queries, each of a bounded range, whatever the workspace holds."""
        days = last_days(self.workspace, DAYS)
        tasks = Task.objects.filter(workspace=self.workspace)
        proposed = per_bucket(self._proposals, "created_at", days)
        decided = self._proposals.filter(decided_at__gte=days.starts[-1]).count()
        came = self.came[-DAYS:]
        open_tasks = tasks.filter(status__in=[TaskStatus.OPEN, TaskStatus.IN_PROGRESS]).order_by().count()
        made = per_bucket(tasks, "created_at", days)
        asked = per_bucket(still_open(self.workspace, AtomType.QUESTION), "valid_from", days)
        oldest = self.question.atom
        more = "+" if any(one.more for one in self.pending) else ""
        return [
            Figure(
                "To review",
                f"{sum(one.count for one in self.pending):,}{more}",
                f"{proposed[-1]:,} new, {decided:,} decided today",
                proposed,
                reverse("proposals:desk"),
            ),
            Figure("Came in today", f"{came[-1]:,}", f"yesterday {came[-2]:,}", came, reverse("ingestion:messages")),
            Figure(
                "Open tasks", f"{open_tasks:,}", f"{sum(made[-7:]):,} new in a week", made, reverse("knowledge:tasks")
            ),
            Figure(
                "Oldest unanswered question",
                age(oldest.valid_from) if oldest else "none",
                oldest.title if oldest else "no approved question is open",
                asked,
                reverse("knowledge:atom", args=[oldest.pk]) if oldest else reverse("knowledge:topics"),
            ),
        ]

    def waits(self) -> dict[str, Any]:
        """What waits and since when. Ten queries at most.

        `waiting` by kind and by what keeps the rest, `since` the oldest of the first, `oldest` the question and the
        blocker.
        """
        desk = reverse("proposals:desk")
        kept = [
            Waiting(words(status), "", *counted_to(self._proposals.filter(status=status)), f"{desk}?status={status}")
            for status in (Proposal.Status.NEEDS_EVIDENCE, Proposal.Status.SNOOZED)
        ]
        pending = self._proposals.filter(status=Proposal.Status.PENDING).order_by("created_at")
        return {
            "waiting": [*self.pending, *kept],
            "since": pending.values_list("created_at", flat=True).first(),
            "oldest": [self.question, oldest_of(self.workspace, AtomType.BLOCKER)],
        }


def age(at: datetime) -> str:
    """How long ago, in days from the third day on."""
    days = (timezone.now() - at).days
    return f"{days} days" if days > 2 else relative(at)


def still_open(workspace: Workspace, kind: AtomType) -> QuerySet[Atom]:
    """Questions, or blockers, of the workspace."""
    return selectors.still_open(Atom.objects.filter(workspace=workspace), kind)


def counted_to(rows: QuerySet[Any], most: int = COUNTED) -> tuple[int, bool]:
    """How many of `rows`, and whether there are more than `most`, which are not counted."""
    found = rows.values("pk")[: most + 1].count()
    return min(found, most), found > most


def oldest_of(workspace: Workspace, kind: AtomType) -> Oldest:
    """The question or blocker that is open the longest, and how many others are. Two queries."""
    rows = still_open(workspace, kind)
    return Oldest(kind.value, rows.order_by("valid_from", "id").first(), max(0, rows.order_by().count() - 1))


def strip_of(workspace: Workspace) -> Strip | None:
    """The run under way, else the last one; None before the first. Four queries at most."""
    runs = AnalysisRun.objects.filter(workspace=workspace).select_related("provider")
    run = (
        runs.filter(status__in=["running", "cancelling", "paused"]).order_by("-id").first()
        or runs.order_by("-id").first()
    )
    if run is None:
        return None
    windows = Window.objects.filter(run=run).order_by()
    ends = windows.aggregate(first=Min("ordinal"), last=Max("ordinal"))
    if ends["first"] is None:
        return Strip(run, [], 1, {})
    size = max(1, -(-(ends["last"] - ends["first"] + 1) // CELLS))
    stretches = windows.annotate(cell=(F("ordinal") - ends["first"]) / size).values("cell", "status")
    counts: dict[str, int] = {}
    cells: dict[int, str] = {}
    for row in stretches.annotate(n=Count("pk")):
        counts[row["status"]] = counts.get(row["status"], 0) + row["n"]
        cells[row["cell"]] = worse(cells.get(row["cell"], "done"), row["status"])
    return Strip(run, drawn(cells.items()), max(cells) + 1, counts)


def worse(one: str, other: str) -> str:
    """The state that a cell shows that stands for windows of both."""
    return min(one, other, key=WORST_FIRST.index)


def drawn(cells: Iterable[tuple[int, str]]) -> list[tuple[str, str]]:
    """A drawing for each state: much lighter than an element for each cell."""
    found: dict[str, list[str]] = {}
    for x, state in sorted(cells):
        found.setdefault(state, []).append(f"M{x} 0h.86v1h-.86z")
    return [(state, "".join(parts)) for state, parts in found.items()]


def feed(workspace: Workspace) -> list[Message]:
    """The newest messages."""
    rows = Message.objects.filter(workspace=workspace).select_related("author", "channel")
    return list(rows.order_by("-sent_at", "-id")[:FEED])


def needs_you(workspace: Workspace) -> list[Proposal]:
    """The best proposals that wait."""
    return list(Proposal.objects.filter(workspace=workspace, status="pending").order_by("-rank", "-id")[:NEEDS])
