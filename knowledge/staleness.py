"""Quotes whose message was edited since: what changed, and whether somebody has looked at it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ingestion.models import MessageRevision, Quote
from knowledge.models import Confirmation
from knowledge.wordsdiff import Piece, changed_words

type Place = tuple[str, int, int]  # kind, id of the object, id of the quote


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
    found = of_many((kind, object_id, quote) for quote in quotes)
    return {quote_id: stale for (_, _, quote_id), stale in found.items()}


def of_many(rows: Iterable[tuple[str, int, Quote]]) -> dict[Place, Stale]:
    """The same of many objects: `rows` are kind, id and a quote of theirs. Two queries, none without any."""
    stale = [row for row in rows if row[2].is_stale]
    if not stale:
        return {}
    quotes = {quote.pk: quote for _, _, quote in stale}
    said = Confirmation.objects.filter(quote__in=quotes).values_list("kind", "object_id", "quote_id", "edited_at")
    seen: dict[Place, datetime | None] = {(kind, object_id, quote): at for kind, object_id, quote, at in said}
    earlier: dict[int, list[str]] = {}
    revisions = MessageRevision.objects.filter(message__in={one.message_id for one in quotes.values()}).order_by("-id")
    for message_id, text in revisions.values_list("message_id", "text"):
        earlier.setdefault(message_id, []).append(text)
    pieces = {
        pk: [] if one.message.deleted_at else changed_words(_text_of(one, earlier), one.message.text)
        for pk, one in quotes.items()
    }
    return {
        (kind, object_id, quote.pk): Stale(
            quote.pk,
            pieces[quote.pk],
            quote.message.deleted_at is not None,
            (kind, object_id, quote.pk) in seen and seen[kind, object_id, quote.pk] == quote.message.edited_at,
        )
        for kind, object_id, quote in stale
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
