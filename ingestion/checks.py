"""What Django's `check --database default`, `migrate` and the start of `up` say about what is stored."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, DatabaseError
from django.utils.module_loading import import_string

from ingestion import people_erased

LOST = (
    "{} accounts of erased people rest on a SECRET_KEY that is neither SECRET_KEY nor among SECRET_KEY_FALLBACKS: an "
    "import of an old history would bring them back."
)
# By name: it brings along what reads mails, and every process loads this file.
FIND = "ingestion.source_secrets.without_secret"


@register(Tags.database)
def webhooks_without_secret(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Nothing is saved without a secret any more. What was is no reason not to start: only a running one mends it."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        found = import_string(FIND)()
    except DatabaseError:
        return []  # before the migrations there may be no such table or column
    return [
        Warning(
            f"The source {source.name!r} ({source.kind}) of the workspace {source.workspace.slug!r}: {why}",
            hint=f"Open /settings/sources/{source.pk}/.",
            id="ingestion.W001",
        )
        for source, why in found
    ]


@register(Tags.database)
def erased_people_without_key(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """A key that was changed, and the one before not kept."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        count = people_erased.lost()
    except DatabaseError:
        return []
    hint = "Put the SECRET_KEY of before into SECRET_KEY_FALLBACKS, and leave it there."
    return [Warning(LOST.format(count), hint=hint, id="ingestion.W002")] if count else []
