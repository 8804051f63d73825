"""A workspace's day, by its own time zone."""

from datetime import datetime

from django.utils import timezone

from tasktracker.core.models import Workspace

DAY = "day"  # the note of a pause that ends at midnight


def midnight(workspace: Workspace) -> datetime:
    """When today began."""
    now = timezone.now().astimezone(workspace.zone)
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
