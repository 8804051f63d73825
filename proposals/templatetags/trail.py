"""Where approved things come from, for the pages of knowledge, which lie to the left of the review desk."""

from django import template

from ingestion.models import Message
from knowledge.history import Deed
from proposals import fates, made

register = template.Library()


@register.simple_tag
def history_of(kind: str, pk: int) -> list[Deed]:
    """What was done to a topic, atom or task, by hand and by decisions, newest first."""
    return made.history_of(kind, pk)


@register.simple_tag
def fates_of(messages: list[Message]) -> dict[int, fates.Fate]:
    """What became of messages, by primary key."""
    return fates.of(messages)


@register.simple_tag
def fate_of(message: Message) -> dict[int, fates.Fate]:
    """The same of one message."""
    return fates.of([message])
