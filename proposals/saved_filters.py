"""Filters of the desk under a person's own names."""

from django.db import transaction
from django.utils import timezone

from ingestion.text import clean_text
from proposals.models import SavedFilter
from tasktracker.core.errors import Invalid
from tasktracker.core.models import User, Workspace

MOST = 50


@transaction.atomic
def save_filter(*, workspace: Workspace, user: User, name: str, query: str) -> SavedFilter:
    """Keep `query` (as the desk's address has it) under `name`, in the place of what had it.

    Raises `Invalid` without a name, without filters, or with too many names.
    """
    name = " ".join(clean_text(name).text.split())[: SavedFilter.NAME_LENGTH].strip()
    if not name:
        raise Invalid("Give these filters a name.")
    if not query:
        raise Invalid("Choose a filter first.")
    own = SavedFilter.objects.filter(workspace=workspace, user=user)
    if own.exclude(name=name).count() >= MOST:
        raise Invalid(f"At most {MOST} filters are kept. Delete one first.")
    saved, _ = own.update_or_create(
        name=name, defaults={"query": query, "saved_at": timezone.now()}, create_defaults={
            "workspace": workspace, "user": user, "query": query,
        },
    )  # fmt: skip
    return saved


def delete_filter(*, saved: SavedFilter) -> None:
    """Forget it."""
    saved.delete()
