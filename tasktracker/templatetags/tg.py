"""The words of the Mini App in the reader's language."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from proposals import origins
from proposals.templatetags.review import origin_mark
from tasktracker.miniapp import words

register = template.Library()

# Fields whose values are words of the product; of the others they are a person's own. A category has no label.
ENUMERATIONS = ("", "type", "priority")


@register.simple_tag
def say(english: str, **values: Any) -> str:
    """English words of a template; `values` stand for their braces."""
    return words.say(english, **values)


@register.filter
def said(english: object) -> str:
    """A word or sentence of the desk."""
    return words.said(english)


@register.filter
def value_of(shown: Any) -> str:
    """The value of a card's field."""
    return words.said(shown.value) if shown.label in ENUMERATIONS else str(shown.value)


@register.filter
def mark(origin: str) -> SafeString | str:
    """Who filled a field, where that is worth a drawing."""
    return origin_mark(origin, told=words.said(origins.TOLD.get(origin, "")))
