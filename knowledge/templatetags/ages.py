"""How long something has been waiting."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.timesince import timesince

register = template.Library()

OLD_DAYS = 7


@register.filter
def age(since: datetime) -> str:
    """The time since then in its largest unit: 3 hours, 12 days."""
    return timesince(since, timezone.now(), depth=1).replace("\xa0", " ")


@register.filter
def is_old(since: datetime) -> bool:
    """Whether it has been waiting for more than a week."""
    return (timezone.now() - since).days >= OLD_DAYS
