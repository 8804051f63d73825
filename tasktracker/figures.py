"""What the dashboard counts: four figures with their change and a line of days, the live run, two charts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone

from analysis.models import AnalysisRun, Window
from ingestion.models import Message
from knowledge.models import Atom, AtomLink, Task
from proposals.models import Proposal
from proposals.selectors import JUDGED, TIERS
from tasktracker.core.enums import AtomType, TaskStatus
from tasktracker.core.models import LLMCall, Workspace
from tasktracker.core.templatetags.ui import relative

DAYS = 14
FEED = 20
NEEDS = 10
CELLS = 160


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, how it moved, and its days; `unit` is written small behind it."""

    name: str
    value: str
    change: str
    days: list[int]
    url: str


@dataclass(frozen=True, slots=True)
class Strip:
    """A run as a strip: `cells` are (x, state), each one unit wide; done and failed of `total`."""

    run: AnalysisRun
    cells: list[tuple[int, str]]
    done: int
    failed: int
    total: int

    @property
    def is_live(self) -> bool:
        return self.run.status in AnalysisRun.LIVE


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: `part` of `whole`, `width` in percent."""

    label: str
    part: int
    whole: int
    width: float


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the cost chart: `y` and `height` out of 100."""

    x: int
    y: float
    height: float
    title: str


def zone_of(workspace: Workspace) -> ZoneInfo:
    """The workspace's zone: what "today" means there. UTC where its name is not known."""
    try:
        return ZoneInfo(workspace.timezone)
    except (KeyError, ValueError):
        return ZoneInfo("UTC")


def per_day(rows: QuerySet[Any], column: str, workspace: Workspace) -> list[int]:
    """How many of `rows` fell on each of the last 14 days there, oldest first. One query."""
    zone = zone_of(workspace)
    today = timezone.now().astimezone(zone).date()
    since = start_of(today - timedelta(days=DAYS - 1), zone)
    counted = (
        rows.filter(**{f"{column}__gte": since})
        .order_by()
        .annotate(_day=TruncDate(column, tzinfo=zone))
        .values_list("_day")
        .annotate(n=Count("pk"))
    )
    found: dict[date, int] = dict(counted)
    return [found.get(today - timedelta(days=back), 0) for back in range(DAYS - 1, -1, -1)]


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Midnight at the beginning of `day` there."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def figures(workspace: Workspace) -> list[Figure]:
    """The four figures. Eight queries, whatever the workspace holds."""
    proposals = Proposal.objects.filter(workspace=workspace)
    tasks = Task.objects.filter(workspace=workspace)
    pending = proposals.filter(status=Proposal.Status.PENDING).order_by().count()
    proposed = per_day(proposals, "created_at", workspace)
    came = per_day(Message.objects.filter(workspace=workspace), "sent_at", workspace)
    open_tasks = tasks.filter(status__in=[TaskStatus.OPEN, TaskStatus.IN_PROGRESS]).order_by().count()
    made = per_day(tasks, "created_at", workspace)
    questions = unanswered(workspace)
    oldest = questions.order_by("valid_from").first()
    asked = per_day(questions, "valid_from", workspace)
    return [
        Figure("To review", f"{pending:,}", f"{proposed[-1]:,} proposed today", proposed, reverse("proposals:desk")),
        Figure("Came in today", f"{came[-1]:,}", f"yesterday {came[-2]:,}", came, reverse("ingestion:messages")),
        Figure("Open tasks", f"{open_tasks:,}", f"{sum(made[-7:]):,} new in a week", made, reverse("knowledge:tasks")),
        Figure(
            "Oldest unanswered question",
            age(oldest.valid_from) if oldest else "none",
            oldest.title if oldest else "no approved question is open",
            asked,
            reverse("knowledge:atom", args=[oldest.pk]) if oldest else reverse("knowledge:topics"),
        ),
    ]


def age(at: datetime) -> str:
    """How long ago, in days from the third day on."""
    days = (timezone.now() - at).days
    return f"{days} days" if days > 2 else relative(at)


def unanswered(workspace: Workspace) -> QuerySet[Atom]:
    """Questions that hold and that nothing solves."""
    solved = AtomLink.objects.filter(to_atom=OuterRef("pk"), type="solves")
    return Atom.objects.filter(
        ~Exists(solved), workspace=workspace, type=AtomType.QUESTION, status=Atom.Status.ACTIVE, valid_to=None
    )


def strip_of(workspace: Workspace) -> Strip | None:
    """The run under way, else the last one; None before the first. Two queries."""
    runs = AnalysisRun.objects.filter(workspace=workspace).select_related("provider")
    run = (
        runs.filter(status__in=["running", "cancelling", "paused"]).order_by("-id").first()
        or runs.order_by("-id").first()
    )
    if run is None:
        return None
    states = list(Window.objects.filter(run=run).order_by("ordinal").values_list("status", flat=True))
    return Strip(run, list(enumerate(squeeze(states))), states.count("done"), states.count("failed"), len(states))


def squeeze(states: list[str]) -> list[str]:
    """At most 160 states out of any number: each stands for its stretch by the worst in it."""
    size = max(1, -(-len(states) // CELLS))
    stretches = (Counter(states[at : at + size]) for at in range(0, len(states), size))
    return [next(one for one in ("failed", "running", "waiting", "done") if found[one]) for found in stretches]


def feed(workspace: Workspace) -> list[Message]:
    """The newest messages."""
    rows = Message.objects.filter(workspace=workspace).select_related("author", "channel")
    return list(rows.order_by("-sent_at", "-id")[:FEED])


def needs_you(workspace: Workspace) -> list[Proposal]:
    """The best proposals that wait."""
    return list(Proposal.objects.filter(workspace=workspace, status="pending").order_by("-rank", "-id")[:NEEDS])


def acceptance(workspace: Workspace) -> list[Bar]:
    """For each tier, how many of the decided were approved. One query."""
    statuses = ["approved", "rejected", "merged"]
    decided = Proposal.objects.filter(JUDGED, workspace=workspace, status__in=statuses).order_by()
    wanted: dict[str, Count] = {}
    for tier, within in TIERS.items():
        wanted[f"{tier}_all"] = Count("id", filter=within)
        wanted[f"{tier}_yes"] = Count("id", filter=within & Q(status="approved"))
    found = decided.aggregate(**wanted)
    return [
        Bar(tier.value, found[f"{tier}_yes"], found[f"{tier}_all"], share(found[f"{tier}_yes"], found[f"{tier}_all"]))
        for tier in TIERS
    ]


def share(part: float, whole: float) -> float:
    """In percent, 0 of nothing."""
    return round(100 * part / whole, 1) if whole else 0


def costs(workspace: Workspace) -> tuple[list[Column], float, int]:
    """Cost by day over 14 days as columns, their sum in USD, and the number of calls. One query."""
    zone = zone_of(workspace)
    today = timezone.now().astimezone(zone).date()
    since = start_of(today - timedelta(days=DAYS - 1), zone)
    rows = (
        LLMCall.objects.filter(workspace=workspace, at__gte=since)
        .order_by()
        .annotate(_day=TruncDate("at", tzinfo=zone))
        .values_list("_day")
        .annotate(cost=Sum("cost"), calls=Count("pk"))
    )
    by_day = {day: (float(cost or 0), calls) for day, cost, calls in rows}
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return columns(days, by_day), sum(c for c, _ in by_day.values()), sum(n for _, n in by_day.values())


def columns(days: Iterable[date], by_day: dict[date, tuple[float, int]]) -> list[Column]:
    """A column for each day, the dearest one full height."""
    top = max((cost for cost, _ in by_day.values()), default=0) or 1
    found = []
    for x, day in enumerate(days):
        cost, calls = by_day.get(day, (0.0, 0))
        height = round(100 * cost / top, 1)
        found.append(Column(x, 100 - height, height, f"{day:%d %b}: ${cost:.4f}, {calls} calls"))
    return found
