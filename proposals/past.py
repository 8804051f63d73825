"""Windows that people are done with, and what they decided: what versions of an agent are compared on."""

from collections import defaultdict

from django.db.models import Exists, OuterRef, Q

from analysis.models import Finding, Window
from analysis.pastwindows import PastItem, PastWindow
from proposals.models import Proposal, ReviewAction
from tasktracker.core.models import Workspace

JUDGED = {Proposal.Status.APPROVED: True, Proposal.Status.REJECTED: False}
DECIDED = (*JUDGED, Proposal.Status.MERGED)


def decided_windows(workspace: Workspace, *, stage: str, most: int) -> list[PastWindow]:
    """The newest `most` windows of a stage all of whose proposals are decided, one at least approved or rejected.

    What was merged counts as neither, nor does what a policy approved: nobody has looked at that. Three queries.
    """
    found = Finding.objects.filter(window=OuterRef("pk"))
    judged = found.filter(intake__proposal__status__in=list(JUDGED))
    open_ones = found.filter(
        Q(intake=None) | Q(intake__proposal__isnull=False) & ~Q(intake__proposal__status__in=DECIDED)
    )
    ids = list(
        Window.objects.filter(
            Exists(judged), ~Exists(open_ones), run__workspace=workspace, run__stage=stage, status="done"
        )
        .order_by("-pk")
        .values_list("pk", flat=True)[: most * 2]
    )
    auto = ReviewAction.objects.filter(
        proposal=OuterRef("intake__proposal"), verb=ReviewAction.Verb.APPROVE, undone_at=None, auto=True
    )
    rows = (
        Finding.objects.filter(~Exists(auto), window__in=ids, intake__proposal__status__in=list(JUDGED))
        .select_related("intake__proposal")
        .prefetch_related("quotes")
        .order_by("pk")
    )
    by_window: dict[tuple[int, int], dict[int, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        proposal = row.intake.proposal
        if proposal is not None:
            by_window[row.window_id, row.run_id][proposal.pk].append(row)
    windows = [
        PastWindow(window_id, run_id, tuple(_item(group) for group in groups.values()))
        for (window_id, run_id), groups in by_window.items()
    ]
    return sorted(windows, key=lambda one: -one.window_id)[:most]


def _item(rows: list[Finding]) -> PastItem:
    """What a window said of one proposal, which it may have said more than once."""
    proposal = rows[0].intake.proposal
    assert proposal is not None  # noqa: S101 (asked for above)
    return PastItem(
        kind=proposal.kind,
        fingerprints=frozenset(row.fingerprint for row in rows),
        evidence=tuple(frozenset(quote.message_id for quote in row.quotes.all()) for row in rows),
        approved=JUDGED[Proposal.Status(proposal.status)],
    )
