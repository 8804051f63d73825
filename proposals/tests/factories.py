"""A small workspace with messages, findings and proposals, made by keyword."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from analysis.models import AnalysisRun, Finding, Provider, Window
from ingestion.models import Channel, Message, Participant, Quote, Source
from proposals.engines import STAGES
from proposals.models import Evidence, Intake, Proposal, ReviewAction
from tasktracker.core.models import Membership, User, Workspace

_number = itertools.count(1)
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def make_workspace(slug: str = "") -> Workspace:
    slug = slug or f"team-{next(_number)}"
    return Workspace.objects.create(slug=slug, name=slug.title())


def make_user(workspace: Workspace, name: str = "", role: str = "reviewer") -> User:
    user = User.objects.create(username=name or f"user{next(_number)}")
    Membership.objects.create(workspace=workspace, user=user, role=role)
    return user


def _once(model: Any, workspace: Workspace, key: dict[str, str], others: dict[str, str]) -> Any:
    """The row with this key; made where it is missing, and looked for once by whoever holds this `workspace`."""
    kept: dict[Any, Any] = vars(workspace).setdefault("_once", {})
    if model not in kept:
        kept[model] = model.objects.get_or_create(workspace=workspace, **key, defaults=others)[0]
    return kept[model]


def make_message(
    workspace: Workspace, text: str = "the export dies with a 500", author: str = "", **more: Any
) -> Message:
    number = next(_number)
    source = more.pop("source", None) or _once(Source, workspace, {"name": "chat"}, {"kind": "api"})
    channel = more.pop("channel", None) or _once(
        Channel, workspace, {"platform": "api", "external_id": "general"}, {"title": "general"}
    )
    if author:
        person, _ = Participant.objects.get_or_create(
            workspace=workspace, platform="api", external_id=author.lower(), defaults={"name": author}
        )
    else:
        person = Participant.objects.create(
            workspace=workspace, platform="api", external_id=f"person {number}", name=f"Person {number}"
        )
    more.setdefault("sent_at", START + timedelta(minutes=number))
    return Message.objects.create(
        workspace=workspace,
        source=source,
        channel=channel,
        author=person,
        external_id=f"x{number}",
        text=text,
        **more,
    )


def make_quote(workspace: Workspace, message: Message | None = None, **more: Any) -> Quote:
    message = message or make_message(workspace, **more)
    return Quote.objects.create(workspace=workspace, message=message, start=0, end=len(message.text), text=message.text)


def make_run(workspace: Workspace, stage: str = "knowledge") -> AnalysisRun:
    provider, _ = Provider.objects.get_or_create(workspace=workspace, name="offline", defaults={"kind": "offline"})
    return AnalysisRun.objects.create(workspace=workspace, stage=stage, provider=provider)


def payload_for(kind: str, title: str, **more: Any) -> dict[str, Any]:
    base: dict[str, dict[str, Any]] = {
        "topic": {"name": title, "description": "", "keywords": []},
        "atom": {"type": "problem", "title": title, "content": "", "topic": None, "links": []},
        "task": {
            "title": title,
            "description": "",
            "category": "bug",
            "priority": "high",
            "project": None,
            "assignee": None,
            "due": None,
            "labels": [],
            "fields": {},
            "atoms": [],
        },
    }
    return {**base[kind], **more}


def make_finding(
    run: AnalysisRun,
    kind: str = "topic",
    title: str = "Release 2.4",
    *,
    fingerprint: str = "",
    quotes: list[Quote] | None = None,
    confidence: float = 0.8,
    unproven: bool = False,
    **payload: Any,
) -> Finding:
    number = next(_number)
    window = Window.objects.create(run=run, ordinal=number)
    finding = Finding.objects.create(
        workspace=run.workspace,
        run=run,
        window=window,
        ordinal=0,
        kind=kind,
        payload={**payload_for(kind, title, **payload), "evidence": [], "confidence": confidence, "reasoning": ""},
        title=title,
        fingerprint=fingerprint or f"{kind}:{title.casefold()}",
        confidence=confidence,
        unproven=unproven,
    )
    if not unproven:
        finding.quotes.set(quotes if quotes is not None else [make_quote(run.workspace)])
    return finding


def unsaved(
    workspace: Workspace, kind: str = "topic", title: str = "", *, payload: dict[str, Any] | None = None, **more: Any
) -> Proposal:
    """A proposal that is not in the database yet and has no evidence."""
    title = title or f"{kind.title()} {next(_number)}"
    whole = payload_for(kind, title, **(payload or {}))
    return Proposal(
        workspace=workspace,
        kind=kind,
        title=title,
        payload=whole,
        origins=dict.fromkeys(whole, "ai"),
        fingerprint=more.pop("fingerprint", f"{kind}:{title.casefold()}"),
        confidence=more.pop("confidence", 0.8),
        **more,
    )


def make_proposal(
    workspace: Workspace, kind: str = "topic", title: str = "", *, quotes: list[Quote] | None = None, **more: Any
) -> Proposal:
    return make_proposals([unsaved(workspace, kind, title, **more)], quotes)[0]


def make_proposals(rows: list[Proposal], quotes: list[Quote] | None = None) -> list[Proposal]:
    """Many at once, all said by the same quotes: by one of their own where none are named."""
    proofs = quotes if quotes is not None else [make_quote(row.workspace) for row in rows[:1]]
    Proposal.objects.bulk_create(rows)
    Evidence.objects.bulk_create(Evidence(proposal=row, quote=quote) for row in rows for quote in proofs)
    return rows


def make_voices(workspace: Workspace, count: int = 2, text: str = "the export dies", **more: Any) -> list[Quote]:
    """Quotes of so many people, each in words of their own."""
    return [make_quote(workspace, text=f"{text}, says number {next(_number)}", **more) for _ in range(count)]


def offline_run(workspace: Workspace, kind: str = "atom") -> AnalysisRun:
    """The workspace's run of the offline engine that finds this kind; made with a finding that was taken in."""
    run = AnalysisRun.objects.filter(
        workspace=workspace, stage=STAGES[kind], provider__kind="offline", findings__kind=kind
    ).first()
    if run is None:
        run = make_run(workspace, STAGES[kind])
        Intake.objects.create(finding=make_finding(run, kind, "Known already"), outcome="known")
    return run


def make_sure(workspace: Workspace, kind: str = "atom", title: str = "", **more: Any) -> Proposal:
    """What a policy may take: of the offline engine, sure, said by two people."""
    run = more.pop("run") if "run" in more else offline_run(workspace, kind)
    quotes = more.pop("quotes") if "quotes" in more else make_voices(workspace)
    return make_proposal(workspace, kind, title, run=run, quotes=quotes, **{"confidence": 0.95, **more})


def make_decided(
    workspace: Workspace,
    by: User,
    count: int,
    *,
    wrong: int = 0,
    kind: str = "atom",
    reason: str = "noise",
    **more: Any,
) -> None:
    """So many as `make_sure` makes, decided by a person: the first `wrong` rejected, the others approved.

    Without what an approval makes; the same two people say all of it, in the same words.
    """
    values: dict[str, Any] = {"confidence": 0.95, "decided_by": by, "decided_at": timezone.now()}
    if "run" not in more:
        values["run"] = offline_run(workspace, kind)
    quotes = more.pop("quotes") if "quotes" in more else make_voices(workspace)
    rejected = {"status": "rejected", "reject_reason": reason}
    rows = [
        unsaved(workspace, kind, **{**values, **(rejected if number < wrong else {"status": "approved"}), **more})
        for number in range(count)
    ]
    make_proposals(rows, quotes)
    ReviewAction.objects.bulk_create(
        ReviewAction(workspace=workspace, proposal=row, verb="reject" if row.reject_reason else "approve", by=by)
        for row in rows
    )


def know_chat(workspace: Workspace, count: int = 5, **more: Any) -> None:
    """Decisions of people about a chat, without anything that they would have made."""
    decided: dict[str, Any] = {"status": "merged", "decided_at": timezone.now(), "confidence": 0.1}
    make_proposals([unsaved(workspace, "task", **decided) for _ in range(count)], make_voices(workspace, 1, **more))
