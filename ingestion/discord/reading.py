"""From a stored event to what it says, with the name by which its author is known here."""

from dataclasses import replace

from ingestion.channels import discord
from ingestion.channels.base import Reading
from ingestion.discord.position import bot_of
from ingestion.models import Participant, Source
from ingestion.webhooks.calls import json_object


def read_stored(raw: bytes, source: Source) -> Reading:
    """What an event of a source's inbox says; never raises for what it holds.

    What is fetched afterwards does not tell by what name the author goes in that server: a name that is here stays.
    """
    reading = discord.read(raw, bot_id=bot_of(source.state))
    draft = reading.draft
    if draft is None or draft.author is None:
        return reading
    data = (json_object(raw) or {}).get("d", {})
    if "member" in data or data.get("webhook_id"):
        return reading
    known = Participant.objects.filter(
        workspace_id=source.workspace_id, platform=draft.channel.platform, external_id=draft.author.external_id
    )
    if not known.exclude(name="").exists():
        return reading
    return replace(reading, draft=replace(draft, author=replace(draft.author, name="")))
