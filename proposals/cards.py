"""The card of one proposal: everything that a reviewer needs to decide, read in a fixed number of queries."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from ingestion.models import Message, Quote
from proposals import origins, prices, selectors
from proposals.banners import Banner, banner, name_of
from proposals.diffs import as_payload, diff_of
from proposals.models import Evidence, Proposal, ReviewAction
from proposals.naming import Rest, named, rests_on
from proposals.nearness import Near, near
from proposals.prices import Price
from proposals.resolving import item_of
from proposals.suggesting import Suggestion, open_advice, why_of
from tasktracker.core.words import counted_as

LABELS = {
    "type": "type",
    "category": "",
    "priority": "priority",
    "project": "project",
    "assignee": "for",
    "due": "due",
    "labels": "labels",
    "keywords": "keywords",
    "topic": "topic",
}
SHOWN = {
    "topic": ("keywords",),
    "atom": ("type", "topic"),
    "task": ("category", "priority", "project", "assignee", "due", "labels"),
}
BODY = {"topic": "description", "atom": "content", "task": "description"}
DID = {
    "approve": "approved this",
    "reject": "rejected this",
    "merge": "merged this",
    "snooze": "put this off",
    "edit": "edited this",
    "supersede": "replaced this",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A field's value, and who filled it (origins.py); `why` is what the project's rules go by."""

    label: str
    value: str
    origin: str
    why: str = ""

    @property
    def told(self) -> str:
        """Who filled it, in words."""
        return origins.TOLD.get(self.origin, "") + (f": {self.why}" if self.why else "")


@dataclass(frozen=True, slots=True)
class Piece:
    """One quote with who said it, where and when."""

    pk: int
    quote: Quote
    message: Message
    author: str
    where: str
    url: str

    @property
    def talk_url(self) -> str:
        return f"{self.url}?quote={self.quote.pk}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a comparison, or of the history."""

    label: str = ""
    now: str = ""
    then: str = ""
    who: str = ""
    did: str = ""
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Card:
    """One proposal with all that supports it."""

    proposal: Proposal
    fields: list[Shown]
    body: str
    body_origin: str
    title_edited: str = ""
    evidence: list[Piece]
    similar: list[Near]
    meaning: str
    price: Price | None
    banner: Banner | None
    diff: list[Line]
    history: list[Line]
    can_undo: bool
    url: str
    run: dict[str, Any] | None = None
    mergeable: list[Near] = field(default_factory=list)
    duplicates: list[Proposal] = field(default_factory=list)
    rests_on: list[Rest] = field(default_factory=list)
    advice: list[Suggestion] = field(default_factory=list)

    @property
    def ruled(self) -> list[Shown]:
        """What the project's rules have filled in."""
        return [one for one in self.fields if one.why]

    @property
    def recommended(self) -> str:
        """What the model would do with it, in words."""
        if self.proposal.recommendation == "new_task":
            return f"new {self.proposal.kind}"
        return self.proposal.recommendation.replace("_", " ")

    @property
    def evidence_summary(self) -> str:
        chats = len({piece.message.channel_id for piece in self.evidence})
        count = len(self.evidence)
        return f"{counted_as(count, 'quote')}, {counted_as(chats, 'chat')}" if count else ""


def card_of(proposal: Proposal, *, query: str = "") -> Card:
    """The card. `query` is the desk's filters, kept in its links."""
    payload = named(proposal)
    alike = near(proposal, query) if proposal.is_open else []
    body_key = BODY[proposal.kind]
    actions = list(selectors.history_of(proposal)[:8])
    standing = [action for action in actions if action.undone_at is None]
    return Card(
        proposal=proposal,
        fields=[
            Shown(LABELS[key], shown(payload[key]), proposal.origins.get(key, ""), why_of(proposal, key))
            for key in SHOWN[proposal.kind]
            if payload.get(key)
        ]
        + [
            Shown(name, shown(value), proposal.origins.get("fields", ""))
            for name, value in (payload.get("fields") or {}).items()
        ],
        body=payload.get(body_key) or "",
        body_origin=proposal.origins.get(body_key, ""),
        title_edited=edited_title(proposal),
        evidence=pieces(proposal),
        similar=alike,
        mergeable=alike[:5],
        duplicates=list(Proposal.objects.filter(merged_into=proposal).only("title", "kind").order_by("-id")[:20]),
        rests_on=rests_on(proposal),
        meaning=meaning(proposal),
        price=prices.price_of(proposal.run),
        banner=banner(proposal),
        advice=open_advice(proposal),
        diff=difference(proposal),
        history=[line_of(action) for action in actions],
        can_undo=bool(standing) and standing[0].verb != ReviewAction.Verb.SUPERSEDE and proposal.status != "pending",
        url=f"{reverse('proposals:desk')}?{query}{'&' if query else ''}at={proposal.pk}",
        run={"pk": proposal.run.pk, "url": reverse("analysis:run", args=[proposal.run.pk])} if proposal.run else None,
    )


def edited_title(proposal: Proposal) -> str:
    """What is said of a title that a person has changed; "" of any other."""
    origin = proposal.origins.get("name" if proposal.kind == "topic" else "title", "")
    return origins.TOLD[origin] if origin == origins.EDITED else ""


def line_of(action: ReviewAction) -> Line:
    """A decision in the history; one that was taken back says so."""
    undone = f", undone by {name_of(action.undone_by)}" if action.undone_at else ""
    if action.auto:
        return Line(did="auto-approved by policy" + undone, at=action.at)
    return Line(who=name_of(action.by), did=DID.get(action.verb, action.verb) + undone, at=action.at)


def pieces(proposal: Proposal) -> list[Piece]:
    """The evidence, oldest words first. One query."""
    rows = (
        Evidence.objects.filter(proposal=proposal)
        .select_related("quote__message__author", "quote__message__channel", "quote__message__source")
        .order_by("quote__message__sent_at", "id")[:40]
    )
    return [
        Piece(
            pk=row.pk,
            quote=row.quote,
            message=row.quote.message,
            author=row.quote.message.author.name if row.quote.message.author else "unknown",
            where=place(row.quote.message),
            url=reverse("ingestion:message", args=[row.quote.message_id]),
        )
        for row in rows
    ]


def place(message: Message) -> str:
    """Where a message was said, in words."""
    return message.channel.title + (f" › {message.thread_title}" if message.thread_title else "")


def meaning(proposal: Proposal) -> str:
    """What this confidence has meant so far, for this kind. One query."""
    like = Proposal.objects.filter(
        selectors.TIERS[proposal.tier],
        selectors.JUDGED,
        workspace=proposal.workspace_id,
        kind=proposal.kind,
        decided_at__isnull=False,
    )
    found = like.aggregate(all=Count("id"), approved=Count("id", filter=Q(status="approved")))
    if not found["all"]:
        return "Nothing like this has been decided yet."
    return f"Of {found['all']} like this, {found['approved']} were approved."


def difference(proposal: Proposal) -> list[Line]:
    """For `update_existing`: each field that an approval would change, now and then."""
    if proposal.recommendation != "update_existing" or not proposal.is_open:
        return []
    item = item_of(proposal.kind, proposal.target_id, proposal.workspace_id)
    if item is None:
        return []
    changes = diff_of(proposal.kind, as_payload(item), named(proposal))
    return [Line(label=key, now=shown(one["before"]), then=shown(one["after"])) for key, one in changes.items()]


def shown(value: Any) -> str:
    """A payload value as words."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(shown(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {shown(one)}" for key, one in value.items())
    return str(value)
