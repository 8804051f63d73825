"""The inbox: raw deliveries are stored first, each exactly once, and become messages from there.

Whoever receives (a poller, a webhook) calls `store` and may then tell the platform that it has them. What is in the
inbox is worked off by the receiver at once and by `sweep` in any case; a row lock makes each delivery one's own.
"""

import json
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from ingestion import bot_homes as homes
from ingestion import bot_leavers as leavers
from ingestion import faults, keeping, services, transitions
from ingestion import reading as readers
from ingestion.channels import telegram
from ingestion.channels.base import Reactions, Reading
from ingestion.drafts import MessageDraft
from ingestion.models import Delivery, Message, Source

log = logging.getLogger(__name__)

SWEEP_AGE = timedelta(seconds=5)  # younger ones are still in the hands of whoever received them
SWEEP_BUDGET = 20.0  # seconds for one sweep
BATCH = 100
TITLE_AGE = timedelta(days=60)
KEEP = timedelta(days=30)  # what was worked off: long enough to look at what came, or to work it off again
FORGET_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that this call has worked off: its new status, and what it holds (parsed JSON)."""

    delivery_id: int
    status: str
    content: Any


def store(*, source_id: int, deliveries: Iterable[tuple[str, bytes]]) -> None:
    """Store (the platform's delivery id, raw body) pairs; committed on return. One that is there already stays.

    They are stored in the order of their ids, numbers by value: so two receivers of the same ones cannot deadlock.
    """
    in_order = sorted(deliveries, key=lambda pair: (len(pair[0]), pair[0]))
    with transaction.atomic(durable=True):
        Delivery.objects.bulk_create(
            [Delivery(source_id=source_id, external_id=key, raw=raw) for key, raw in in_order],
            ignore_conflicts=True,
        )


def work_off(*, source_id: int, limit: int = BATCH) -> list[Taken]:
    """Process up to `limit` new deliveries of a source in the order in which they came; [] when none is left.

    One that fails is left to `sweep`, so that it holds up nobody. Raises OperationalError when the database goes
    away before the first is done.
    """
    done: list[Taken] = []
    for pk in list(_new(source_id).order_by("pk").values_list("pk", flat=True)[:limit]):
        try:
            taken = process(delivery_id=pk)
        except (OperationalError, InterfaceError):
            if done:
                return done
            raise
        if taken is not None:
            done.append(taken)
    return done


def work_off_for(*, source_id: int, seconds: float = SWEEP_BUDGET) -> int:
    """`work_off` until nothing is left or `seconds` are over; how many."""
    deadline = time.monotonic() + seconds
    done = 0
    while time.monotonic() < deadline and (taken := work_off(source_id=source_id)):
        done += len(taken)
    return done


def has_new(*, source_id: int) -> bool:
    """Whether deliveries of a source wait for their first try (another worker may be at it)."""
    return _new(source_id).exists()


def process(*, delivery_id: int) -> Taken | None:
    """Make of one delivery what it holds, or note why not; None when another has it, it is done, or it is paused.

    Raises only when the database is away; whatever else goes wrong is noted in the delivery's row.
    """
    try:
        readers.prepare(delivery_id)
        return _take(delivery_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 (whatever is wrong with one delivery may not hold up the others)
        # The error's text may hold words of the message: it goes neither into the log nor into the row.
        log.warning("delivery %d failed (%s)", delivery_id, type(error).__name__)
        _note_failure(delivery_id, error)
        return None


def sweep(*, seconds: float = SWEEP_BUDGET) -> int:
    """Process what has been lying in the inbox, failed ones again included, oldest first; returns how many.

    Stops after `seconds`; the next sweep goes on.
    """
    deadline = time.monotonic() + seconds
    last, done = 0, 0
    while time.monotonic() < deadline:
        waiting = Delivery.objects.filter(
            status=Delivery.Status.RECEIVED, received_at__lt=timezone.now() - SWEEP_AGE, pk__gt=last
        ).exclude(source__in=_paused())
        ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not ids:
            break
        for pk in ids:
            done += process(delivery_id=pk) is not None
        last = ids[-1]
    return done


def forget_old() -> int:
    """Empty the raw deliveries that were worked off `KEEP` ago; how many. Their ids stay, so none counts as new."""
    over = [Delivery.Status.PROCESSED, Delivery.Status.IGNORED]
    old = Delivery.objects.filter(status__in=over, received_at__lt=timezone.now() - KEEP).exclude(raw=b"")
    done = 0
    while ids := list(old.order_by("pk").values_list("pk", flat=True)[:FORGET_AT_ONCE]):
        done += Delivery.objects.filter(pk__in=ids).update(raw=b"")
    return done


def record_own_post(*, source_id: int, message: Mapping[str, Any]) -> None:
    """Keep what our own bot has just posted (a Bot API `Message`), marked as its own, where the chat is claimed."""
    source = Source.objects.get(pk=source_id)
    reading = telegram.read_message(message, bot_id=str(source.config.get("bot_id", "")))
    home = homes.home_of(source=source, channel=reading.draft.channel) if reading.draft else None
    if reading.draft is not None and home is not None:
        if leavers.has_left(bot=source, home=home, channel=reading.draft.channel):
            return
        draft = homes.at_its_place(reading.draft, home)
        services.record_message(source=home, draft=_with_topic_title(draft, home), is_own=True)


def _new(source_id: int) -> QuerySet[Delivery]:
    new = Delivery.objects.filter(source_id=source_id, status=Delivery.Status.RECEIVED, attempts=0)
    return new.filter(source__is_active=True)


def _paused() -> list[int]:
    """Sources whose deliveries wait, stored, until somebody lets them go on."""
    return list(Source.objects.filter(is_active=False).values_list("pk", flat=True))


@transaction.atomic
def _take(delivery_id: int) -> Taken | None:
    delivery = (
        Delivery.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("source")
        .filter(pk=delivery_id, status=Delivery.Status.RECEIVED, source__is_active=True)
        .first()
    )
    if delivery is None:
        return None
    source, raw = delivery.source, bytes(delivery.raw)
    reading = readers.read(delivery)
    if reading.asks and delivery.heard_at is None:
        Delivery.objects.filter(pk=delivery.pk).update(to_answer=True)
    draft = reading.draft
    about = draft or reading.reactions
    if about is None:
        keeping.follow_names(reading, source)
        transitions.ignored(delivery, reading.why_not[:300])
        return Taken(delivery_id, Delivery.Status.IGNORED, _content(raw))
    home = homes.home_of(source=source, channel=about.channel, came_from=reading.moved_from)
    if home is None:
        transitions.unclaimed(delivery)
        return Taken(delivery_id, Delivery.Status.UNCLAIMED, _content(raw))
    if leavers.has_left(bot=source, home=home, channel=about.channel):
        leavers.leave_out(delivery, reading, home=home, channel=about.channel, content=_content(raw))
        return Taken(delivery_id, Delivery.Status.IGNORED, _content(raw))
    if draft is not None:
        if why := keeping.why_left_out(draft, reading, bot=source, home=home):
            transitions.ignored(delivery, why[:300])
            return Taken(delivery_id, Delivery.Status.IGNORED, _content(raw))
        if _record(draft, reading, bot=source, home=home).deleted_at is not None:
            # It may come after its own deletion: then nobody takes its words out of here any more.
            Delivery.objects.filter(pk=delivery.pk).update(raw=b"")
    elif reading.reactions is not None and not _react(reading.reactions, home):
        transitions.ignored(delivery, reading.why_not[:300])
        return Taken(delivery_id, Delivery.Status.IGNORED, _content(raw))
    transitions.processed(delivery)
    return Taken(delivery_id, Delivery.Status.PROCESSED, _content(raw))


def _record(draft: MessageDraft, reading: Reading, *, bot: Source, home: Source) -> Message:
    """Store the message; a group that became a supergroup goes on under its new id, and belongs where it did.

    One that was deleted at its platform is kept without words: what comes late, or from an export, finds it gone.
    """
    placed = keeping.with_known_names(_with_topic_title(homes.at_its_place(draft, home), home), home)
    if reading.is_deleted:
        bare = replace(placed, text="", metadata={}, thread_title="", forwarded_from="", edited_at=None)
        gone = services.record_message(source=home, draft=bare, is_own=reading.is_own).message
        return services.delete_message(message_id=gone.pk)
    message = services.record_message(source=home, draft=placed, is_own=reading.is_own).message
    if reading.moved_to:
        now = replace(draft.channel, external_id=reading.moved_to)
        homes.follow_move(bot=bot, home=home, old=draft.channel.external_id, new=now)
    elif reading.moved_from:
        homes.follow_move(bot=bot, home=home, old=reading.moved_from, new=draft.channel)
    return message


def _react(given: Reactions, home: Source) -> bool:
    """Note what was given to a message; False for one that is not here."""
    found = Message.objects.select_for_update(of=("self",)).filter(
        channel__workspace_id=home.workspace_id,
        channel__platform=given.channel.platform,
        channel__external_id=given.channel.external_id,
        external_id=given.external_id,
    )
    message = found.first()
    if message is None:
        return False
    counts = given.counts
    if counts is None:
        before = message.metadata.get("reactions", {})
        counts = {emoji: before.get(emoji, 0) + given.change.get(emoji, 0) for emoji in {**before, **given.change}}
    message.metadata = {**message.metadata, "reactions": {emoji: n for emoji, n in counts.items() if n > 0}}
    message.save(update_fields=["metadata"])
    return True


@transaction.atomic
def _note_failure(delivery_id: int, error: Exception) -> None:
    waiting = Delivery.objects.select_for_update().filter(pk=delivery_id, status=Delivery.Status.RECEIVED)
    delivery = waiting.first()
    if delivery is not None:
        transitions.failed(delivery, faults.told(error))


def _with_topic_title(draft: MessageDraft, source: Source) -> MessageDraft:
    """The draft with its topic's newest title: an update tells at most the one that the topic began with.

    Elsewhere a thread has no title, or each message tells it.
    """
    if draft.channel.platform != Source.Kind.TELEGRAM or not draft.thread:
        return draft
    if draft.metadata.get("action") in ("topic_created", "topic_edit"):
        return draft
    in_channel = Message.objects.filter(
        channel__workspace_id=source.workspace_id,
        channel__platform=draft.channel.platform,
        channel__external_id=draft.channel.external_id,
        # Bounded, because a quiet topic of a busy chat may have nothing in the first million rows.
        sent_at__gt=draft.sent_at - TITLE_AGE,
        sent_at__lte=draft.sent_at,
    )
    newest = in_channel.filter(thread=draft.thread).exclude(thread_title="").order_by("-sent_at", "-id")
    title = newest.values_list("thread_title", flat=True).first()
    return replace(draft, thread_title=title) if title else draft


def _content(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
