"""Where what a bot hears belongs: its own workspace, one that a chat was linked to, or nobody's; and chats that move.

A group that becomes a supergroup goes on under a new id. Telegram Desktop's export of that gives the messages from
before ids below zero, and so do we: a live and an imported copy stay one.
"""

from collections.abc import Iterator
from dataclasses import replace

from django.db import connection, transaction

from ingestion.channels import telegram
from ingestion.drafts import ChannelDraft, MessageDraft
from ingestion.exports.telegram_message import PLATFORM
from ingestion.models import Channel, Delivery, LinkedChat, Source
from tasktracker.core.models import Workspace

BEFORE_MOVE = 1_000_000_000  # how far the exporter moves the ids of the old group
MOVED = "moved"  # in a source's state: {id of a group: id of the supergroup that it became}
BATCH = 500

# What was imported of the old group already stays as it is.
MOVE = """
WITH old AS (
    SELECT id, external_id::bigint - %(shift)s AS number, reply_to, thread FROM ingestion_message
    WHERE channel_id = %(old)s AND external_id ~ '^[0-9]{1,18}$'
)
UPDATE ingestion_message AS message SET
    channel_id = %(new)s,
    external_id = old.number::text,
    reply_to = CASE WHEN old.reply_to ~ '^[0-9]{1,18}$' THEN (old.reply_to::bigint - %(shift)s)::text
                    ELSE old.reply_to END,
    thread = CASE WHEN old.thread ~ '^[0-9]{1,18}$' THEN (old.thread::bigint - %(shift)s)::text ELSE old.thread END,
    metadata = message.metadata || '{"migrated": true}'
FROM old WHERE old.id = message.id AND NOT EXISTS (
    SELECT 1 FROM ingestion_message AS there
    WHERE there.channel_id = %(new)s AND there.external_id = old.number::text
)
"""

# Whose raw bytes hold the chat's id somewhere: a first sieve, before they are read.
NAMING = "position(convert_to(%s, 'UTF8') in raw) > 0"


def home_of(*, source: Source, channel: ChannelDraft, came_from: str = "") -> Source | None:
    """The source that what is said in this chat belongs to; None while no workspace may keep it.

    The only workspace keeps everything. Else it is that to which the chat was linked, or the bot's own where it knows
    the chat already (under the id that it had before, too). Of other platforms a source's own workspace keeps all: a
    bot can be put into any chat, a mailbox was named by the one whose it is.
    """
    if source.kind != Source.Kind.TELEGRAM or not Workspace.objects.exclude(pk=source.workspace_id).exists():
        return source
    now = moves_of(source).get(channel.external_id, "")
    names = [name for name in (channel.external_id, came_from, now) if name]
    links = LinkedChat.objects.filter(bot=source, external_id__in=names).select_related("source__workspace")
    link = links.order_by("-pk").first()
    if link is not None:
        return link.source
    known = Channel.objects.filter(
        workspace_id=source.workspace_id, platform=channel.platform, external_id__in=names
    ).exists()
    return source if known else None


def moves_of(source: Source) -> dict[str, str]:
    """Ids that chats of this source had, and those that they have now."""
    moved = source.state.get(MOVED)
    return moved if isinstance(moved, dict) else {}


def at_its_place(draft: MessageDraft, home: Source) -> MessageDraft:
    """The draft in the chat as it is called now: what was late in coming from the old group finds it."""
    now = moves_of(home).get(draft.channel.external_id)
    if now is None or draft.external_id.startswith("-"):
        return draft
    return replace(
        draft,
        channel=replace(draft.channel, external_id=now),
        external_id=_shifted(draft.external_id),
        reply_to=_shifted(draft.reply_to),
        thread=_shifted(draft.thread),
        metadata={**draft.metadata, "migrated": True},
    )


@transaction.atomic
def follow_move(*, bot: Source, home: Source, old: str, new: ChannelDraft) -> None:
    """The chat `old` is `new` from now on: one channel, with all that was said before. Twice is harmless."""
    for pk in sorted({bot.pk, home.pk}):
        source = Source.objects.select_for_update().get(pk=pk)
        if moves_of(source).get(old) != new.external_id:
            source.state = {**source.state, MOVED: {**moves_of(source), old: new.external_id}}
            source.save(update_fields=["state", "updated_at"])
    if not LinkedChat.objects.filter(bot=bot, external_id=new.external_id).exists():
        LinkedChat.objects.filter(bot=bot, external_id=old).update(external_id=new.external_id)
    channels = {
        channel.external_id: channel
        for channel in Channel.objects.select_for_update()
        .filter(workspace_id=home.workspace_id, platform=PLATFORM, external_id__in=(old, new.external_id))
        .order_by("pk")
    }
    before = channels.get(old)
    if before is None:
        return
    after = channels.get(new.external_id)
    if after is None:
        before.external_id = new.external_id
        before.save(update_fields=["external_id", "updated_at"])
        after = before
    with connection.cursor() as cursor:
        cursor.execute(MOVE, {"old": before.pk, "new": after.pk, "shift": BEFORE_MOVE})
    if after is not before and not _is_used(before):
        before.delete()


def _is_used(channel: Channel) -> bool:
    """Whether anything is left that points at it."""
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: channel}).exists()
        for relation in Channel._meta.related_objects
    )


def waiting_of(*, bot: Source, chat_id: str) -> Iterator[int]:
    """Ids of the deliveries that were put aside as this chat's, oldest first."""
    aside = Delivery.objects.filter(source=bot, status=Delivery.Status.UNCLAIMED)
    last = 0
    while True:
        rows = aside.filter(pk__gt=last).extra(where=[NAMING], params=[chat_id])  # noqa: S610  # a parameter
        found = list(rows.order_by("pk")[:BATCH])
        if not found:
            return
        last = found[-1].pk
        for row in found:
            reading = telegram.read(bytes(row.raw), bot_id="")
            about = reading.draft or reading.reactions
            if about is not None and about.channel.external_id == chat_id:
                yield row.pk


def _shifted(number: str) -> str:
    return str(int(number) - BEFORE_MOVE) if number.isascii() and number.isdigit() else number
