"""Reading runs: what waits for one, how far it is, what it found and what it cost. Everything is counted."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    CharField,
    Count,
    DecimalField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Concat, Now
from django.utils import timezone

from analysis.models import AnalysisRun, Finding, Window, WindowMessage
from ingestion.models import Message
from tasktracker.core.enums import Stage, Verdict
from tasktracker.core.models import LLMCall, User

PACE_WINDOWS = 100  # so many of the last ones tell the pace
PACE_FROM = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """Windows of a run: ended well, ended badly, all."""

    done: int
    total: int
    failed: int

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a run has used so far. `cost` is in USD, None where the price of a call is not known."""

    calls: int
    tokens_in: int
    tokens_out: int
    cost: float | None


def visible_to(user: User) -> QuerySet[AnalysisRun]:
    """The runs of the workspaces that `user` belongs to."""
    return AnalysisRun.objects.filter(workspace__memberships__user=user)


def subject_of(run: AnalysisRun) -> str:
    """What the ledger calls this run."""
    return f"run:{run.pk}"


def progress(run: AnalysisRun) -> Progress:
    """Counted now, from the windows."""
    found = Window.objects.filter(run=run).aggregate(
        total=Count("pk"), done=Count("pk", filter=Q(status="done")), failed=Count("pk", filter=Q(status="failed"))
    )
    return Progress(done=found["done"], total=found["total"], failed=found["failed"])


def calls_of(run: AnalysisRun) -> QuerySet[LLMCall]:
    """The run's rows of the ledger, newest first."""
    return LLMCall.objects.filter(workspace_id=run.workspace_id, subject=subject_of(run))


def bill(run: AnalysisRun) -> Bill:
    """Counted now, from the ledger."""
    return _sum(calls_of(run))


def bill_of_workspace(workspace_id: int, *, since: datetime) -> Bill:
    """What a workspace has used since then, runs and everything else."""
    return _sum(LLMCall.objects.filter(workspace_id=workspace_id, at__gte=since))


def _sum(calls: QuerySet[LLMCall]) -> Bill:
    found = calls.order_by().aggregate(
        calls=Count("pk"),
        priced=Count("cost"),
        spent_in=Coalesce(Sum("tokens_in"), 0),
        spent_out=Coalesce(Sum("tokens_out"), 0),
        spent=Sum("cost"),
    )
    return Bill(
        calls=found["calls"],
        tokens_in=found["spent_in"],
        tokens_out=found["spent_out"],
        cost=float(found["spent"] or 0) if found["priced"] or not found["calls"] else None,
    )


def seconds_left(run: AnalysisRun) -> float | None:
    """How long a running run still takes at the pace of its last windows; None while nobody can tell."""
    if run.status != "running":
        return None
    ended = Window.objects.filter(run=run, status__in=["done", "failed"], finished_at__isnull=False)
    last = list(ended.order_by("-finished_at").values_list("finished_at", "tokens")[:PACE_WINDOWS])
    began = last[-1][0] if len(last) >= PACE_FROM else None
    if began is None:
        return None
    span = (timezone.now() - began).total_seconds()
    # The oldest one ended when the span began: its work lies before it.
    done = sum(tokens for _, tokens in last[:-1])
    left = Window.objects.filter(run=run, status__in=["waiting", "running"]).aggregate(tokens=Sum("tokens"))["tokens"]
    return (left or 0) * span / done if done else None


def windows_of(run: AnalysisRun) -> QuerySet[Window]:
    """The run's windows, newest first, each with n_messages (that are extracted from) and n_findings."""
    places = WindowMessage.objects.filter(window=OuterRef("pk"), context=False).order_by()
    findings = Finding.objects.filter(window=OuterRef("pk")).order_by()
    rows = Window.objects.filter(run=run).order_by("-id")
    return rows.annotate(n_messages=_count(places), n_findings=_count(findings))


def with_counts(runs: QuerySet[AnalysisRun]) -> QuerySet[AnalysisRun]:
    """Each run with n_windows, n_done, n_failed, n_messages, n_findings, n_proposals and its bill (bill_*)."""
    windows = Window.objects.filter(run=OuterRef("pk")).order_by()
    places = WindowMessage.objects.filter(window__run=OuterRef("pk"), context=False).order_by()
    calls = (
        LLMCall.objects.filter(
            workspace=OuterRef("workspace"),
            subject=Concat(Value("run:"), Cast(OuterRef("pk"), CharField()), output_field=CharField()),
        )
        .order_by()
        .values("subject")
    )
    return runs.annotate(
        n_windows=_count(windows),
        n_done=_count(windows.filter(status="done")),
        n_failed=_count(windows.filter(status="failed")),
        n_messages=_count(places),
        n_findings=_count(Finding.objects.filter(run=OuterRef("pk")).order_by()),
        # Proposals live to the right; only the reverse name of their key to the run is used here.
        n_proposals=Count("proposals", distinct=True),
        bill_calls=Coalesce(Subquery(calls.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0),
        bill_tokens_in=Coalesce(
            Subquery(calls.annotate(n=Sum("tokens_in")).values("n"), output_field=IntegerField()), 0
        ),
        bill_tokens_out=Coalesce(
            Subquery(calls.annotate(n=Sum("tokens_out")).values("n"), output_field=IntegerField()), 0
        ),
        bill_cost=Subquery(
            calls.annotate(n=Sum("cost")).values("n"), output_field=DecimalField(max_digits=14, decimal_places=6)
        ),
    )


def _count(rows: QuerySet[Any]) -> Coalesce:
    """`SELECT count(*)` over a queryset that is bound to the outer row."""
    counted = rows.annotate(_one=Value(1)).values("_one").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def held() -> QuerySet[WindowMessage]:
    """Places that keep a message (OuterRef pk) from being extracted again: done, or to be done by a live run."""
    return WindowMessage.objects.filter(
        Q(window__status="done")
        | Q(window__status__in=["waiting", "running"], window__run__status__in=AnalysisRun.LIVE),
        message=OuterRef("pk"),
        context=False,
        window__run__stage=Stage.KNOWLEDGE,
    )


def in_range(run: AnalysisRun, *, context_before: timedelta = timedelta(0)) -> QuerySet[Message]:
    """What the run may look at: its workspace, its source, its time; nothing deleted, nothing for local models only.

    `context_before` reaches further back than the run's `since`.
    """
    rows = Message.objects.filter(workspace_id=run.workspace_id, deleted_at=None)
    if run.source_id:
        rows = rows.filter(source_id=run.source_id)
    if run.since:
        rows = rows.filter(sent_at__gte=run.since - context_before)
    if run.until:
        rows = rows.filter(sent_at__lt=run.until)
    if is_remote(run):
        rows = rows.exclude(source__local_only=True)
    return rows


def is_remote(run: AnalysisRun) -> bool:
    """Whether the run's engine sends texts out of the house."""
    return run.provider.kind != "offline" and not run.provider.local


def extractable() -> Q:
    """Messages that may be extracted from: said by a person, not noise, not ours. The rest is context at most."""
    return Q(is_own=False) & ~Q(verdict=Verdict.NOISE) & ~Q(text="") & (Q(author=None) | Q(author__is_bot=False))


def waiting_messages(run: AnalysisRun) -> QuerySet[Message]:
    """Messages that a run of stage knowledge has to extract from."""
    return in_range(run).filter(extractable()).exclude(Exists(held()))


def fresh_messages(run: AnalysisRun) -> QuerySet[Message]:
    """Those of `waiting_messages` that no run has failed with yet: what starts by itself starts for these only."""
    failed = WindowMessage.objects.filter(
        window__status="failed", window__run__stage=Stage.KNOWLEDGE, message=OuterRef("pk"), context=False
    )
    return waiting_messages(run).exclude(Exists(failed))


def seconds_to_wait(run: AnalysisRun) -> float:
    """How long, by the database's clock, until the run's provider may be asked again; 0 when now."""
    latest = Window.objects.filter(run=run, status="waiting").aggregate(
        wait=Max(ExpressionWrapper(F("next_attempt_at") - Now(), output_field=DurationField()))
    )["wait"]
    return max(0.0, latest.total_seconds()) if latest else 0.0
