"""Which reader a stored delivery has, by its source's kind and format."""

from collections.abc import Callable, Mapping
from typing import Any

from ingestion import slack_names, slack_team
from ingestion.channels import generic, github, gitlab, mattermost, slack, telegram
from ingestion.channels.base import Reading
from ingestion.discord import reading as discord
from ingestion.mail.reading import read_stored
from ingestion.models import Delivery, Source

type Reader = Callable[[bytes, Delivery], Reading]


def _telegram(raw: bytes, delivery: Delivery) -> Reading:
    return telegram.read(raw, bot_id=str(delivery.source.config.get("bot_id", "")))


def _slack(raw: bytes, delivery: Delivery) -> Reading:
    return slack.read(raw, slack_names.names_for(delivery.source, raw))


def _webhook(raw: bytes, delivery: Delivery) -> Reading:
    config: dict[str, Any] = delivery.source.config
    form, mapping = config.get("format", "generic"), config.get("mapping")
    if isinstance(form, str) and form in FORMATS:
        return FORMATS[form](raw)
    return generic.read(
        raw,
        mapping=mapping if isinstance(mapping, dict) else {},
        source_id=delivery.source_id,
        delivery_key=delivery.external_id,
        received_at=delivery.received_at,
    )


FORMATS: Mapping[str, Callable[[bytes], Reading]] = {"github": github.read, "gitlab": gitlab.read}
READERS: Mapping[str, Reader] = {
    Source.Kind.TELEGRAM: _telegram,
    Source.Kind.SLACK: _slack,
    Source.Kind.EMAIL: lambda raw, delivery: read_stored(raw, delivery.source),
    Source.Kind.WEBHOOK: _webhook,
    Source.Kind.DISCORD: lambda raw, delivery: discord.read_stored(raw, delivery.source),
    Source.Kind.MATTERMOST: lambda raw, delivery: mattermost.read(raw),
}


def read(delivery: Delivery) -> Reading:
    """What a delivery says; its source is at hand. In a transaction, so nothing is asked of anybody here."""
    reader = READERS.get(delivery.source.kind)
    if reader is None:
        return Reading(why_not=f"nothing is received for a source of kind {delivery.source.kind}")
    return reader(bytes(delivery.raw), delivery)


def prepare(delivery_id: int) -> None:
    """Before the transaction: what has to be asked of a platform to read a delivery."""
    found = Delivery.objects.filter(pk=delivery_id, status=Delivery.Status.RECEIVED, source__kind=Source.Kind.SLACK)
    delivery = found.select_related("source").first()
    if delivery is not None:
        slack_names.learn(delivery.source, bytes(delivery.raw))
        slack_team.learn(delivery.source)
