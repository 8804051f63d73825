"""Quotes whose message was edited since: what changed, and whether somebody has looked at it."""

from collections.abc import Iterable
from dataclasses import dataclass

from ingestion.models import MessageRevision, Quote
from knowledge.models import Confirmation
from knowledge.wordsdiff import Piece, changed_words


@dataclass(frozen=True, slots=True)
class Stale:
    """A quote whose words are not in its message any more. `pieces` is empty where the message was deleted.

    `holds`: somebody said that what rests on it is still true, about the newest version of the message.
    """

    quote_id: int
    pieces: list[Piece]
    deleted: bool
    holds: bool


def of(kind: str, object_id: int, quotes: Iterable[Quote]) -> dict[int, Stale]:
    """The stale ones of an object's `quotes` (with their messages) by primary key. Two queries, none without any."""
    stale = [quote for quote in quotes if quote.is_stale]
    if not stale:
        return {}
    seen = dict(
        Confirmation.objects.filter(kind=kind, object_id=object_id, quote__in=stale).values_list(
            "quote_id", "edited_at"
        )
    )
    earlier: dict[int, list[str]] = {}
    revisions = MessageRevision.objects.filter(message__in={quote.message_id for quote in stale}).order_by("-id")
    for message_id, text in revisions.values_list("message_id", "text"):
        earlier.setdefault(message_id, []).append(text)
    return {
        quote.pk: Stale(
            quote.pk,
            [] if quote.message.deleted_at else changed_words(_text_of(quote, earlier), quote.message.text),
            quote.message.deleted_at is not None,
            quote.pk in seen and seen[quote.pk] == quote.message.edited_at,
        )
        for quote in stale
    }


def is_open(quote: Quote, kind: str, object_id: int) -> bool:
    """Whether a quote is stale and nobody has looked yet; `confirmations` and `message` should be prefetched."""
    return quote.is_stale and not any(
        one.kind == kind and one.object_id == object_id and one.edited_at == quote.message.edited_at
        for one in quote.confirmations.all()
    )


def _text_of(quote: Quote, earlier: dict[int, list[str]]) -> str:
    """The message as it was when it was quoted: the newest version that has the words at their place."""
    versions = earlier.get(quote.message_id, [])
    return next((text for text in versions if text[quote.start : quote.end] == quote.text), quote.text)
