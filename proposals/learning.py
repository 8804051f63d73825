"""What review has taught so far, counted from people's decisions that stand. What a policy did is counted apart."""

from dataclasses import dataclass, field

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Floor, Round

from proposals.calibration import THRESHOLDS, Cell, Curve, WhatIf, curve, what_if
from proposals.engines import engines_of
from proposals.models import AutoApproval, Evidence, Proposal, ReviewAction
from tasktracker.core.enums import ProviderKind, Recommendation, RejectReason
from tasktracker.core.models import StatusChange, Workspace

KINDS = tuple(Proposal.Kind.values)
VERSION = (
    *("run__agent__name", "run__agent_version", "run__provider__name", "run__provider__kind"),
    *("run__prompt_version", "kind"),
)
DECISIONS = (ReviewAction.Verb.APPROVE, ReviewAction.Verb.REJECT, ReviewAction.Verb.MERGE)
VOICES = 2  # people who say it, before a policy may believe it
CHAT_KNOWN = 5  # decisions about a chat, before a policy may act on it
APPROVED, REJECTED, MERGED = Q(status="approved"), Q(status="rejected"), Q(status="merged")
# Of rows with `was_edited` and `was_auto`: only what people decided.
COUNTS = {
    "unedited": Count("pk", filter=APPROVED & Q(was_edited=False, was_auto=False)),
    "edited": Count("pk", filter=APPROVED & Q(was_edited=True, was_auto=False)),
    "rejected": Count("pk", filter=REJECTED),
    "merged": Count("pk", filter=MERGED),
}


@dataclass(slots=True)
class Outcomes:
    """What became of the proposals of one engine, in one version, asked with one prompt.

    `agent` is its name, or the provider's where no agent was assigned (`offline` for the engine without a model);
    `version` is None then. `undone` counts decisions that were taken back, which count nowhere else; `auto` what a
    policy approved, which nobody has judged.
    """

    agent: str
    version: int | None
    prompt_version: str
    kind: str
    decided: int = 0
    approved_unedited: int = 0
    approved_edited: int = 0
    rejected: int = 0
    merged: int = 0
    undone: int = 0
    auto: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def acceptance(self) -> float | None:
        """The share that was approved, edited or not; None of nothing."""
        return (self.approved_unedited + self.approved_edited) / self.decided if self.decided else None

    @property
    def percent(self) -> int:
        """The acceptance in percent, 0 of nothing."""
        return round(100 * (self.acceptance or 0))


@dataclass(frozen=True, slots=True)
class Sample:
    """What people said of those that a policy had left to them as a sample, over all time."""

    kind: str
    sampled: int = 0
    decided: int = 0
    unedited: int = 0
    edited: int = 0
    rejected: int = 0
    merged: int = 0


@dataclass(frozen=True, slots=True)
class Learning:
    """All of it. `curves` are all kinds together, then each; `what_if` is by kind, then by threshold."""

    by_version: list[Outcomes]
    curves: list[Curve]
    what_if: list[WhatIf]
    samples: list[Sample]

    @property
    def decided(self) -> int:
        return self.curves[0].decided


def learning(workspace: Workspace) -> Learning:
    """Everything, in four queries, however much was decided."""
    cells = decisions(workspace)
    return Learning(
        by_version=by_version(workspace),
        curves=[
            curve("all", cells),
            *(curve(kind, [cell for cell in cells if cell.kind == kind]) for kind in KINDS),
        ],
        what_if=[what_if(kind, threshold, cells) for kind in KINDS for threshold in THRESHOLDS],
        samples=samples(workspace),
    )


def decided_by_people(workspace: Workspace) -> QuerySet[Proposal]:
    """Proposals whose decision stands and was a person's, with `was_edited` and `is_new`."""
    return _marked(workspace).filter(decided_at__isnull=False, was_auto=False)


def _marked(workspace: Workspace) -> QuerySet[Proposal]:
    approvals = ReviewAction.objects.filter(
        proposal=OuterRef("pk"), verb=ReviewAction.Verb.APPROVE, undone_at=None, proposal__status="approved"
    )
    return (
        Proposal.objects.filter(workspace=workspace)
        .order_by()
        .annotate(
            was_edited=Exists(approvals.filter(edited=True)),
            was_auto=Exists(approvals.filter(auto=True)),
            is_new=Case(
                When(recommendation=Recommendation.NEW_TASK, then=Value(True)),
                default=Value(False),
                output_field=BooleanField(),
            ),
        )
    )


def decisions(workspace: Workspace) -> list[Cell]:
    """Decisions by kind and by hundredths of confidence: a few hundred rows at most. One query."""
    # Rounded first: 0.57 × 100 is 56.99… in floating point.
    hundredths = Cast(Floor(Round(F("confidence") * 1_000_000.0) / 10_000.0), IntegerField())
    rows = (
        decided_by_people(workspace)
        .annotate(hundredths=hundredths)
        .values("kind", "hundredths", "is_new")
        .annotate(
            total=Sum("confidence"),
            **COUNTS,
        )
    )
    return [
        Cell(
            kind=row["kind"],
            hundredths=row["hundredths"],
            new=row["is_new"],
            confidence=row["total"],
            unedited=row["unedited"],
            edited=row["edited"],
            rejected=row["rejected"],
            merged=row["merged"],
        )
        for row in rows
    ]


def by_version(workspace: Workspace) -> list[Outcomes]:
    """A row for each engine, version, prompt and kind, the most decided first. Two queries."""
    by_people = Q(was_auto=False)
    counted = (
        _marked(workspace)
        .filter(decided_at__isnull=False)
        .values(*VERSION)
        .annotate(
            decided=Count("pk", filter=by_people),
            **COUNTS,
            auto=Count("pk", filter=~by_people),
            **{f"because_{reason}": Count("pk", filter=REJECTED & Q(reject_reason=reason)) for reason in RejectReason},
        )
    )
    found: dict[tuple[object, ...], Outcomes] = {}
    for row in counted:
        made = found.setdefault(_names(row), Outcomes(*_names(row)))
        made.decided += row["decided"]
        made.approved_unedited += row["unedited"]
        made.approved_edited += row["edited"]
        made.rejected += row["rejected"]
        made.merged += row["merged"]
        made.auto += row["auto"]
        for reason in RejectReason:
            if row[f"because_{reason}"]:
                made.reasons[reason.value] = made.reasons.get(reason.value, 0) + row[f"because_{reason}"]
    names = [f"proposal__{name}" for name in VERSION]
    undone = (
        ReviewAction.objects.filter(workspace=workspace, verb__in=DECISIONS, undone_at__isnull=False)
        .order_by()
        .values(*names)
        .annotate(n=Count("pk"))
    )
    for each in undone:
        row = {name.removeprefix("proposal__"): value for name, value in each.items()}
        found.setdefault(_names(row), Outcomes(*_names(row))).undone += row["n"]
    return sorted(found.values(), key=lambda one: (-one.decided, one.agent, -(one.version or 0), one.kind))


def _names(row: dict[str, object]) -> tuple[str, int | None, str, str]:
    agent, version, provider, provider_kind, prompt, kind = (row[name] for name in VERSION)
    name = agent or (ProviderKind.OFFLINE.value if provider_kind == ProviderKind.OFFLINE else provider) or "unknown"
    return str(name), version if agent and isinstance(version, int) else None, str(prompt or ""), str(kind)


def samples(workspace: Workspace) -> list[Sample]:
    """What became of the samples, for each kind that has any. One query."""
    rows = _marked(workspace).filter(sampled_at__isnull=False).values("kind")
    counted = rows.annotate(sampled=Count("pk"), decided=Count("decided_at"), **COUNTS).order_by("kind")
    return [Sample(**row) for row in counted]


def would_have(workspace: Workspace, *, kind: str, threshold: float, engine: str) -> WhatIf:
    """What a policy for `kind` with exactly this threshold would have done so far with the engine's. Four queries.

    It is at least what the policy would take: those that looked like something else are left to people.
    """
    rows = with_voices(decided_by_people(workspace).filter(kind=kind, confidence__gte=threshold, is_new=True))
    engines = engines_of(rows.filter(run__isnull=False).values_list("run", flat=True).distinct())
    found = rows.filter(run__in=[pk for pk, told in engines.items() if told == engine]).aggregate(
        approved=Count("pk"),
        **COUNTS,
    )
    return WhatIf(kind, threshold, **found)


def with_voices(rows: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Those for which at least two people speak; a bot is nobody, and nor is who is not known."""
    people = Evidence.objects.filter(
        proposal=OuterRef("pk"), quote__message__author__isnull=False, quote__message__author__is_bot=False
    )
    each = people.order_by().values("proposal").annotate(n=Count("quote__message__author", distinct=True)).values("n")
    return rows.annotate(voices=Subquery(each)).filter(voices__gte=VOICES)


def known_chats(workspace: Workspace) -> list[int]:
    """The channels of which people have decided five proposals at least. One query."""
    decided = decided_by_people(workspace).values("pk")
    by_channel = Evidence.objects.filter(proposal__in=decided).order_by().values("quote__message__channel")
    counted = by_channel.annotate(n=Count("proposal", distinct=True)).filter(n__gte=CHAT_KNOWN)
    return list(counted.values_list("quote__message__channel", flat=True))


def policies(workspace: Workspace) -> QuerySet[AutoApproval]:
    """The workspace's policies, by kind."""
    found = AutoApproval.objects.filter(workspace=workspace).select_related("set_by", "workspace")
    return found.order_by("kind")


def stopped(workspace: Workspace) -> list[AutoApproval]:
    """Policies that turned themselves off and that nobody has set or turned on again since."""
    return list(AutoApproval.objects.filter(workspace=workspace, is_active=False).exclude(stopped="").order_by("kind"))


def trail(policy: AutoApproval) -> list[StatusChange]:
    """When it was turned on and off, by whom (nobody: by itself) and why: the last five, the newest first."""
    lines = StatusChange.objects.filter(kind=policy._meta.label_lower, object_id=policy.pk)
    return list(lines.select_related("by").order_by("-id")[:5])
