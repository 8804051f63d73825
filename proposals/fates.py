"""What became of messages: findings, proposals, topics, atoms and tasks that rest on them, or why there are none."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from analysis.models import AnalysisRun, Finding, Window, WindowMessage
from ingestion.models import Message
from knowledge.models import Atom, Task, Topic
from proposals.models import Evidence, Proposal
from tasktracker.core.enums import Verdict
from tasktracker.core.words import counted_as

AHEAD = (AnalysisRun.Status.PENDING, AnalysisRun.Status.RUNNING, AnalysisRun.Status.PAUSED)
KEPT_AWAY = {
    "remembered": "kept away: rejected before",
    "known": "nothing new about what is known",
    "repeated": "said again what was waiting",
    "proposed": "the proposal is gone",
}


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that rests on a message."""

    kind: str
    title: str
    url: str
    state: str


@dataclass(slots=True)
class Fate:
    """The things that rest on a message; where there are none, `why` says the reason, `url` leads to it."""

    things: dict[tuple[str, int], Thing] = field(default_factory=dict)
    why: str = ""
    url: str = ""

    @property
    def short(self) -> str:
        """In a line: "1 atom, 2 proposals", or why there is nothing."""
        counts: dict[str, int] = defaultdict(int)
        for name, _ in self.things:
            counts[name] += 1
        return ", ".join(counted_as(n, name) for name, n in counts.items()) or self.why


def of(messages: Sequence[Message]) -> dict[int, Fate]:
    """The fate of each message by primary key; as many queries for one as for a page of them."""
    fates = {message.pk: Fate() for message in messages}
    if not fates:
        return fates
    ids = list(fates)
    approved: tuple[tuple[str, Any, str], ...] = (
        ("topic", Topic, "quotes__message_id"),
        ("atom", Atom, "quotes__message_id"),
        ("task", Task, "quotes__message_id"),
        ("task", Task, "atoms__quotes__message_id"),
    )
    for kind, model, path in approved:
        rows = model.objects.filter(**{f"{path}__in": ids}).order_by("pk").distinct()
        title = "name" if kind == "topic" else "title"
        for message_id, pk, name, status in rows.values_list(path, "pk", title, "status"):
            fates[message_id].things[kind, pk] = Thing(kind, name, reverse(f"knowledge:{kind}", args=[pk]), status)
    known = _add_proposals(fates, ids)
    _add_findings(fates, ids, known)
    nothing = [message for message in messages if not fates[message.pk].things]
    if nothing:
        places = _places([message.pk for message in nothing])
        for message in nothing:
            fates[message.pk].why, fates[message.pk].url = why_nothing(message, places.get(message.pk))
    return fates


def _add_proposals(fates: dict[int, Fate], ids: list[int]) -> set[int]:
    """Those that did not become something that is listed already; the keys of all."""
    rows = Evidence.objects.filter(quote__message__in=ids).order_by("proposal_id")
    seen = set()
    for message_id, proposal in (
        (row.quote.message_id, row.proposal) for row in rows.select_related("quote", "proposal")
    ):
        seen.add(proposal.pk)
        if (proposal.created_kind, proposal.created_id) in fates[message_id].things:
            continue
        address = reverse("proposals:proposal", args=[proposal.pk])
        state = f"proposal, {proposal.get_status_display().lower()}"
        if proposal.status == Proposal.Status.REJECTED and proposal.reject_reason:
            state += f" as {proposal.get_reject_reason_display().lower()}"
        fates[message_id].things["proposal", proposal.pk] = Thing(proposal.kind, proposal.title, address, state)
    return seen


def _add_findings(fates: dict[int, Fate], ids: list[int], known: set[int]) -> None:
    """What a model found in them that became no proposal."""
    rows = Finding.objects.filter(quotes__message__in=ids).order_by("pk").distinct()
    names = ("quotes__message_id", "pk", "kind", "title", "run_id", "intake__outcome", "intake__proposal_id")
    for message_id, pk, kind, title, run, outcome, proposal in rows.values_list(*names):
        if message_id not in fates or proposal in known:
            continue
        state = KEPT_AWAY.get(outcome or "", "waits to be taken in")
        address = reverse("analysis:run", args=[run])
        fates[message_id].things["finding", pk] = Thing(kind, title, address, f"finding of run #{run}, {state}")


def _places(ids: list[int]) -> dict[int, Window]:
    """The newest window that each message was read in, or is to be."""
    rows = WindowMessage.objects.filter(message__in=ids, context=False).select_related("window__run")
    return {row.message_id: row.window for row in rows.order_by("window_id")}


def why_nothing(message: Message, window: Window | None) -> tuple[str, str]:
    """Why nothing rests on a message, and where that can be looked at ("" where there is nothing to see)."""
    if message.deleted_at is not None:
        return "deleted by its author", ""
    if message.is_own:
        return "posted by this product itself: never read", ""
    if window is not None:
        return _of_window(window), f"{reverse('analysis:run', args=[window.run_id])}?window={window.ordinal}"
    if message.verdict == Verdict.NOISE:
        return f"noise: {message.verdict_reason.replace('_', ' ') or 'by rule'}", ""
    return ("not analysed yet" if message.text else "no words in it"), ""


def _of_window(window: Window) -> str:
    run = f"run #{window.run_id}"
    if window.status == Window.Status.DONE:
        return f"read in {run}: nothing found in it"
    if window.status == Window.Status.FAILED:
        return f"its window failed in {run}" + (f": {window.error}" if window.error else "")
    if window.run.status not in AHEAD:
        return f"{run} ended before it was read"
    return f"is being read in {run}" if window.status == Window.Status.RUNNING else f"waits to be read in {run}"
