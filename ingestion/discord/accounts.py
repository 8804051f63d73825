"""Which bots listen at Discord, how far each has heard, and what was missed: the database's side of the gateway."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from ingestion.discord.position import STATE, Dispatch, Position, Stored
from ingestion.exports.discord_message import PLATFORM
from ingestion.mail.accounts import note_error
from ingestion.models import Delivery, Message, Source
from tasktracker.core.crypto import DecryptionError


@dataclass(frozen=True, slots=True)
class Account:
    """A bot that listens for a source. The token stays out of `repr`, and so out of logs."""

    source_id: int
    token: str = field(repr=False)

    @property
    def lock_name(self) -> str:
        """Names the source for the advisory lock: one listener for each."""
        return f"tasktracker.discord:{self.source_id}"


def read_accounts() -> list[Account]:
    """The bots of all active sources of kind discord that have a token, oldest source first."""
    found: list[Account] = []
    for source in _wanted().order_by("pk"):
        try:
            token = source.open_secret().strip().removeprefix("Bot ")
        except DecryptionError:
            note_error(
                source_id=source.pk, error="The token cannot be opened with the keys of this server: enter it again."
            )
            continue
        # It goes into a header: what cannot stand there is no token.
        if token and token.isascii() and token.isprintable() and " " not in token:
            found.append(Account(source.pk, token))
        else:
            note_error(source_id=source.pk, error="This is no bot token: copy it anew from the Bot page at Discord.")
    return found


def is_any_wanted() -> bool:
    """Whether an active source of kind discord has a token, so that listening is worth a process."""
    return _wanted().exists()


def position_of(*, source_id: int) -> Position:
    """How far a source has heard. Raises Source.DoesNotExist."""
    return Position.of(Source.objects.values_list("state", flat=True).get(pk=source_id))


def store(*, source_id: int, dispatches: Iterable[Dispatch]) -> Position:
    """Put events into the inbox and move the position, in one transaction; committed on return.

    One that is there already stays as it is. Raises Source.DoesNotExist when the source was deleted meanwhile.
    """
    with transaction.atomic(durable=True):
        source, position = _locked(source_id)
        kept = [stored for dispatch in dispatches for stored in position.follow(dispatch)]
        _save(source, position, kept)
    return position


def store_page(
    *, source_id: int, channel: str, messages: Sequence[Mapping[str, Any]], after: str, is_last: bool
) -> None:
    """Put messages that were missed into the inbox, oldest first, and move the gap of their channel to `after`."""
    with transaction.atomic(durable=True):
        source, position = _locked(source_id)
        kept = [position.keep_message(message) for message in messages]
        if is_last:
            position.close_gap(channel)
        elif channel in position.gap:
            position.gap[channel] = after
        _save(source, position, kept)


def store_looked(*, source_id: int, channel: str, edited: Sequence[Mapping[str, Any]], gone: Iterable[str]) -> None:
    """Put into the inbox what became of messages that were here before the gap."""
    with transaction.atomic(durable=True):
        source, position = _locked(source_id)
        kept = [position.keep_message(message) for message in edited]
        kept += [position.keep_deletion(channel, key) for key in gone]
        _save(source, position, kept)


def forget_session(*, source_id: int) -> None:
    """The session cannot be resumed: the next connection begins a new one, and what lies between is a gap."""
    with transaction.atomic(durable=True):
        source, position = _locked(source_id)
        position.forget_session()
        _save(source, position, [])


def newest_here(*, source_id: int, channel: str, limit: int) -> list[str]:
    """Ids of the newest messages of a channel that are here and not deleted."""
    here = Message.objects.filter(
        channel__workspace__sources=source_id,
        channel__platform=PLATFORM,
        channel__external_id=channel,
        deleted_at__isnull=True,
    )
    return list(here.order_by("-sent_at", "-id").values_list("external_id", flat=True)[:limit])


def _wanted() -> QuerySet[Source]:
    return Source.objects.filter(kind=Source.Kind.DISCORD, is_active=True).exclude(sealed_secret="")


def _locked(source_id: int) -> tuple[Source, Position]:
    source = Source.objects.select_for_update(of=("self",)).get(pk=source_id)
    return source, Position.of(source.state)


def _save(source: Source, position: Position, kept: Sequence[Stored]) -> None:
    # In the order in which they came, which is that in which they are worked off.
    Delivery.objects.bulk_create(
        [Delivery(source_id=source.pk, external_id=key, raw=raw) for key, raw in kept], ignore_conflicts=True
    )
    source.state = {**source.state, STATE: position.told}
    source.save(update_fields=["state"])
