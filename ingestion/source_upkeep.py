"""Looking after a source: saving it, pausing it, Telegram's webhook, deliveries again, messages past their time."""

import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from celery import current_app
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from ingestion import telegram_webhook, transitions
from ingestion.bots import TOKEN, bot_id_of
from ingestion.deleting import delete_message
from ingestion.mail.accounts import server_of
from ingestion.models import Delivery, Message, Source
from ingestion.source_filters import clean_filters
from ingestion.source_secrets import grace_of, refuse_empty
from ingestion.webhooks import receiving
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.models import User

FIELDS = ("name", "kind", "config", "is_active", "local_only", "restricted", "filters", "retention_days")
SEALED = ("sealed_secret", "sealed_previous_secret", "previous_secret_until")
BATCH = 200
SECONDS = 30.0  # that one round of deleting may take; the next one goes on
LONGEST_RETENTION = 36_500  # days


def save_source(
    *,
    source: Source,
    values: Mapping[str, Any],
    readers: Iterable[User] | None,
    secret: str = "",
    end_previous: bool = False,
) -> Source:
    """Write a new or stored source; an empty secret leaves the one that it has, and None those who read it.

    The secret that another takes the place of stays valid for a day where a platform signs with it, so that it can be
    changed there too; with `end_previous`, as for one that leaked, it is over at once.

    Raises `Invalid` with the `field` that is wrong: for a webhook also where neither of the two can sign. `Conflict`
    exists for a name that another source has.
    """
    before = server_of(source)
    for name in FIELDS:
        if name in values:
            setattr(source, name, values[name])
    end_secret_of_other_server(source, before)
    source.filters = clean_filters(source.filters)
    if source.retention_days is not None and not 1 <= source.retention_days <= LONGEST_RETENTION:
        raise Invalid("Keep messages for at least a day, or leave this empty.", field="retention_days")
    if secret:
        put_secret(source, secret, end_previous=end_previous)
    refuse_empty(source)
    try:
        with transaction.atomic():
            # Not the columns of pollers and readers, who may have written meanwhile: a form is long in making.
            source.save(update_fields=None if source._state.adding else [*FIELDS, *SEALED, "updated_at"])
            if readers is not None:
                source.readers.set(readers)
            go_on(source)
    except IntegrityError as error:
        if "source_name_once" not in str(error):
            raise
        raise Conflict("There is a source with this name already.", code="exists", field="name") from None
    return source


def put_secret(source: Source, secret: str, *, end_previous: bool) -> None:
    """Seal another secret (not saved); for how long the one before it stays valid, `save_source` says."""
    is_bot = source.kind == Source.Kind.TELEGRAM
    is_another_bot = is_bot and str(source.config.get("bot_id")) != bot_id_of(secret)
    source.set_secret(secret, keep_previous=None if end_previous or is_another_bot else grace_of(source))
    if is_bot:
        source.config = with_bot(source.config, secret)


def end_secret_of_other_server(source: Source, before: str) -> None:
    """Clear (not saved) the secret of a mail source that names another server than `before`, or none any more.

    A mailbox's password is not shown to another server, opens no address of ours, and the other way round.
    """
    if source.pk and server_of(source) != before:
        source.set_secret("")


def with_bot(config: Mapping[str, Any], token: str) -> dict[str, Any]:
    """The config of a Telegram source with the bot that a token belongs to; another one is called something else."""
    bot_id = bot_id_of(token)
    is_same = str(config.get("bot_id", "")) == bot_id
    kept = {name: value for name, value in config.items() if is_same or name != "bot_username"}
    return {**kept, "bot_id": bot_id}


def is_bot_token(text: str) -> bool:
    return TOKEN.fullmatch(text) is not None


@transaction.atomic
def set_active(*, source: Source, is_active: bool) -> None:
    """Pause a source, or let it go on: then a worker reads what has come meanwhile. Raises as `refuse_empty`."""
    source.is_active = is_active
    refuse_empty(source)
    source.save(update_fields=["is_active", "updated_at"])
    go_on(source)


def go_on(source: Source) -> None:
    """Have a worker look at what waits for an active source; where that is lost, the sweep finds it."""
    if source.is_active:
        work = telegram_webhook.poke if source.kind == Source.Kind.TELEGRAM else receiving.poke
        transaction.on_commit(partial(work, source.pk), robust=True)


def delete_source(*, source: Source) -> None:
    """Remove a source that brought nothing yet; raises `Conflict` in_use for any other."""
    try:
        source.delete()
    except ProtectedError:
        raise Conflict(
            "Messages came from this source, so it can't be deleted. Pause it instead.", code="in_use"
        ) from None


@transaction.atomic
def replay(*, delivery: Delivery) -> None:
    """Have a worker process a delivery again, whatever became of it: that makes nothing twice.

    Raises `Conflict` for one that is emptied, or waits already.
    """
    if not delivery.raw:
        raise Conflict("What came is not kept any more, so it can't be processed again.", code="emptied")
    if not transitions.replayed(delivery):
        raise Conflict("It waits in the inbox already.", code="waiting")
    poke = partial(current_app.send_task, "ingestion.tasks.process_delivery", args=[delivery.pk])
    transaction.on_commit(poke, robust=True)  # where that is lost, the sweep finds it


def expire_messages(*, seconds: float = SECONDS) -> int:
    """Delete messages that are older than their source keeps them, as their authors would; returns how many.

    Each goes through `delete_message`, so that its words leave everything that was made of them. Stops after
    `seconds`; the next round goes on.
    """
    deadline, done = time.monotonic() + seconds, 0
    for source in Source.objects.exclude(retention_days=None).order_by("pk"):
        edge = timezone.now() - timedelta(days=source.retention_days or 0)
        old = Message.objects.filter(source=source, sent_at__lt=edge, deleted_at=None).order_by("sent_at")
        while time.monotonic() < deadline and (ids := list(old.values_list("pk", flat=True)[:BATCH])):
            for pk in ids:
                delete_message(message_id=pk)
            done += len(ids)
    return done
