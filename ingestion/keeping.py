"""Beside each live message: whether its source takes it, and the names by which its people and channels go here."""

from dataclasses import replace

from django.conf import settings

from ingestion import bot_homes as homes
from ingestion import services, taking
from ingestion.channels.base import Reading
from ingestion.drafts import MessageDraft
from ingestion.models import Channel, Message, Participant, Source
from ingestion.tidy import tidy


def why_left_out(draft: MessageDraft, reading: Reading, *, bot: Source, home: Source) -> str:
    """By the filters of the source, and of the one that it belongs to; what is here already goes on being followed."""
    why = taking.why_left_out(bot.filters, draft) or (home.pk != bot.pk and taking.why_left_out(home.filters, draft))
    if not why or reading.moved_to or reading.moved_from:
        return ""
    return "" if _is_here(homes.at_its_place(draft, home), home) else why


def why_not_posted(draft: MessageDraft, source: Source) -> str:
    """The same of a message that is posted; no look at the database where the source leaves nothing out."""
    if not source.filters:
        return ""
    clean = tidy(draft, limit=settings.MESSAGE_TEXT_LIMIT)
    why = taking.why_left_out(source.filters, clean)
    return "" if why and _is_here(clean, source) else why


def _is_here(draft: MessageDraft, home: Source) -> bool:
    here = Message.objects.filter(
        channel__workspace_id=home.workspace_id,
        channel__platform=draft.channel.platform,
        channel__external_id=draft.channel.external_id,
        external_id=draft.external_id,
    )
    return here.exists()


def with_known_names(draft: MessageDraft, source: Source) -> MessageDraft:
    """The draft without names that are only ids or logins, where a better one is here already."""
    ours = {"workspace_id": source.workspace_id, "platform": draft.channel.platform}
    author, channel = draft.author, draft.channel
    if author is not None and author.name == author.external_id:
        known = Participant.objects.filter(**ours, external_id=author.external_id).exclude(name="")
        draft = replace(draft, author=replace(author, name="")) if known.exists() else draft
    if channel.title and channel.external_id.endswith(f"/{channel.title.lower()}"):
        here = Channel.objects.filter(**ours, external_id=channel.external_id).exclude(title="")
        draft = replace(draft, channel=replace(channel, title="")) if here.exists() else draft
    return draft


def follow_names(reading: Reading, source: Source) -> None:
    """A channel or a person that is here, under the new name."""
    if (channel := reading.renamed) is not None:
        known = Channel.objects.filter(
            workspace_id=source.workspace_id, platform=channel.platform, external_id=channel.external_id
        )
        if known.exists():
            services.ensure_channel(workspace_id=source.workspace_id, draft=channel)
    if (person := reading.person) is not None:
        ours = {"workspace_id": source.workspace_id, "platform": source.kind}
        if Participant.objects.filter(**ours, external_id=person.external_id).exists():
            services.ensure_participant(workspace_id=source.workspace_id, platform=source.kind, draft=person)
