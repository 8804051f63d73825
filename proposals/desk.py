"""What the review desk shows: filters out of the URL, one page of the list, chips whose counts equal what is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.http import urlencode

from ingestion import selectors as ingestion
from knowledge.models import Project, Topic
from proposals.models import Evidence, Proposal
from proposals.selectors import TIERS
from proposals.textsearch import in_topic, saying
from tasktracker.core.enums import Tier
from tasktracker.core.models import Workspace
from tasktracker.core.paths import is_number
from tasktracker.core.words import counted_as

PAGE_SIZE = 30
COUNTED = 10_000  # beyond it a chip says "10000+"
ALL = "all"
DECIDED = (Proposal.Status.APPROVED, Proposal.Status.REJECTED, Proposal.Status.MERGED)
STATUS_CHOICES = [
    ("", "to review"),
    ("needs_evidence", "needs evidence"),
    ("snoozed", "snoozed"),
    ("approved", "approved"),
    ("rejected", "rejected"),
    ("merged", "merged"),
    ("superseded", "superseded"),
    (ALL, "everything"),
]
AGES = {
    "under-1d": ("newer than a day", timedelta(days=1)),
    "under-3d": ("newer than three days", timedelta(days=3)),
    "under-1w": ("newer than a week", timedelta(days=7)),
    "over-1d": ("older than a day", timedelta(days=1)),
    "over-3d": ("older than three days", timedelta(days=3)),
    "over-1w": ("older than a week", timedelta(days=7)),
}
KIND_CHIPS = [("", "All"), ("topic", "Topics"), ("atom", "Atoms"), ("task", "Tasks")]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """The desk's filters, each "" when not set; a value that the desk doesn't know counts as not set."""

    kind: str = ""
    status: str = ""
    tier: str = ""
    source: str = ""
    project: str = ""
    run: str = ""
    topic: str = ""
    age: str = ""
    q: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> "Filters":
        """The filters that a URL asks for."""

        def one_of(name: str, known: Iterable[str]) -> str:
            value = query.get(name, "")
            return value if value in known else ""

        def number(name: str) -> str:
            value = query.get(name, "")
            return value if is_number(value, digits=15) else ""

        return cls(
            kind=one_of("kind", Proposal.Kind.values),
            status=one_of("status", [value for value, _ in STATUS_CHOICES]),
            tier=one_of("tier", Tier.values),
            source=number("source"),
            project=number("project"),
            run=number("run"),
            topic=" ".join(query.get("topic", "").replace("\x00", "").split())[:200],
            age=one_of("age", AGES),
            q=query.get("q", "").replace("\x00", "").strip()[:100],
        )

    @property
    def query(self) -> str:
        """The query string without its question mark; "" when nothing is set."""
        return urlencode(self.pairs)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What is set, as a form or an address has it."""
        return [(name, value) for name, value in asdict(self).items() if value]

    @property
    def narrowed(self) -> bool:
        return self != Filters()

    def matching(self, workspace: Workspace) -> QuerySet[Proposal]:
        """The proposals of `workspace` that pass, in the desk's order: best first, decided ones newest first."""
        found = Proposal.objects.filter(workspace=workspace)
        if self.status != ALL:
            found = found.filter(status=self.status or Proposal.Status.PENDING)
        if self.kind:
            found = found.filter(kind=self.kind)
        if self.tier:
            found = found.filter(TIERS[Tier(self.tier)])
        if self.project:
            found = found.filter(project_id=int(self.project))
        if self.run:
            found = found.filter(run_id=int(self.run))
        if self.topic:
            found = found.filter(pk__in=in_topic(self.topic, workspace))
        if self.age:
            limit = timezone.now() - AGES[self.age][1]
            found = found.filter(**{f"created_at__{'gte' if self.age.startswith('under') else 'lt'}": limit})
        if self.q:
            found = saying(found, self.q, workspace)
        if self.source:
            cited = Evidence.objects.filter(quote__message__source_id=int(self.source)).values("proposal_id")
            found = found.filter(pk__in=cited)
        return found.order_by(*self.order)

    @property
    def order(self) -> tuple[str, str]:
        return ("-decided_at" if self.status in DECIDED else "-rank", "-id")

    def after(self, found: QuerySet[Proposal], proposal: Proposal) -> QuerySet[Proposal]:
        """What comes below `proposal` in `found`, by keyset."""
        key = self.order[0].removeprefix("-")
        value = getattr(proposal, key)
        if value is None:
            return found
        return found.filter(Q(**{f"{key}__lt": value}) | Q(**{key: value, "id__lt": proposal.pk}))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    pk: int
    kind: str
    title: str
    tier: str
    score: str
    sub: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list; `next` is the address of the following one, or ""."""

    rows: list[Row]
    next: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A kind with the number of proposals that its list holds."""

    label: str
    count: int
    more: bool  # there are more than were counted
    url: str
    current: bool


def page_of(workspace: Workspace, filters: Filters, *, below: Proposal | None = None) -> Page:
    """One page of the list, from the top or below a proposal. Two queries."""
    found = filters.matching(workspace)
    if below is not None:
        found = filters.after(found, below)
    proposals = list(found.select_related("project")[: PAGE_SIZE + 1])
    more = len(proposals) > PAGE_SIZE
    proposals = proposals[:PAGE_SIZE]
    counts = dict(
        Evidence.objects.filter(proposal__in=proposals).values_list("proposal").annotate(n=Count("id")).order_by()
    )
    address = ""
    if more:
        address = "?" + urlencode([*filters.pairs, ("below", str(proposals[-1].pk))])
    return Page([row_of(proposal, counts.get(proposal.pk, 0)) for proposal in proposals], address)


def row_of(proposal: Proposal, quotes: int) -> Row:
    """The line of one proposal: what it is, where it belongs, how much supports it."""
    payload: Mapping[str, Any] = proposal.payload
    what = {"topic": "topic", "atom": payload.get("type"), "task": payload.get("category")}[proposal.kind]
    place = proposal.project.name if proposal.project else (payload.get("topic") if proposal.kind == "atom" else "")
    support = "no quote" if quotes == 0 else counted_as(quotes, "quote")
    return Row(
        pk=proposal.pk,
        kind=proposal.kind,
        title=proposal.title,
        tier=proposal.tier.value,
        score=f"{proposal.confidence:.2f}".lstrip("0"),
        sub=" · ".join(str(part) for part in (what, place, support) if part),
        at=proposal.decided_at or proposal.created_at,
    )


def chips_of(workspace: Workspace, filters: Filters) -> list[Chip]:
    """A chip for each kind, counted under the other filters, each up to COUNTED. One query for each kind."""
    found = replace(filters, kind="").matching(workspace).order_by()
    kinds = [kind for kind, _ in KIND_CHIPS if kind]
    # Not all at once by GROUP BY: with 200,000 waiting, that was half of the page's time.
    counts = {kind: found.filter(kind=kind)[: COUNTED + 1].count() for kind in kinds}
    more = {kind: count > COUNTED for kind, count in counts.items()}
    counts = {kind: min(count, COUNTED) for kind, count in counts.items()}
    counts[""], more[""] = sum(counts.values()), any(more.values())
    return [
        Chip(
            label=label,
            count=counts[kind],
            more=more[kind],
            url="?" + replace(filters, kind=kind).query,
            current=filters.kind == kind,
        )
        for kind, label in KIND_CHIPS
    ]


def neighbour(workspace: Workspace, filters: Filters, proposal: Proposal) -> Proposal | None:
    """What to show once `proposal` was decided: the next one below it, else the first one left."""
    found = filters.matching(workspace).exclude(pk=proposal.pk)
    return filters.after(found, proposal).first() or found.first()


def choices_for(workspace: Workspace) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer; a list with nothing to choose from is left out of the page."""
    sources = ingestion.sources(workspace).values_list("id", "name")[:100]
    topics = Topic.objects.filter(workspace=workspace, status=Topic.Status.ACTIVE).order_by("name")
    projects = Project.objects.filter(workspace=workspace).values_list("id", "name")[:100]
    return {
        "status": STATUS_CHOICES,
        "tier": [(tier.value, f"{tier.value} confidence") for tier in Tier],
        "source": [(str(pk), name) for pk, name in sources] if len(sources) > 1 else [],
        "project": [(str(pk), name) for pk, name in projects],
        "topic": [(name, name) for name in topics.values_list("name", flat=True)[:100]],
        "age": [(value, label) for value, (label, _) in AGES.items()],
    }
