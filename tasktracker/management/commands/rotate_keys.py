"""`manage.py rotate_keys`: every sealed secret anew under the first of FIELD_ENCRYPTION_KEYS."""

import json
import sys
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Model, TextField

from ingestion import people_erased
from ingestion.checks import LOST
from ingestion.models import Participant
from tasktracker.core import crypto

SEALED = "sealed_"  # what the name of every such column begins with


class Command(BaseCommand):
    """Safe at any time and as often as one likes: a secret that is changed meanwhile is left to its new value.

    Afterwards the keys behind the first one open nothing any more and may be taken out of FIELD_ENCRYPTION_KEYS.
    """

    help = "Seal every stored secret anew under the first of FIELD_ENCRYPTION_KEYS; exit 1 when one can't be opened."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="the counts as one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = {f"{model._meta.label_lower}.{column}": rotate(model, column) for model, column in sealed_columns()}
        unreadable = sum(count["unreadable"] for count in counts.values())
        if options["json"]:
            self.stdout.write(json.dumps(counts))
        else:
            for column, count in counts.items():
                self.stdout.write(f"{column:<32} {', '.join(f'{n} {what}' for what, n in count.items())}")
            self.tell_of_secret_key()
        if unreadable:
            self.stderr.write(
                f"{unreadable} can't be opened by any key: enter them again, or give the lost key back.",
                self.style.ERROR,
            )
            sys.exit(1)

    def tell_of_secret_key(self) -> None:
        """What no command can make anew: hashes of which nobody knows the value any more."""
        erased = Participant.objects.filter(erased_at__isnull=False).count()
        kept = len(settings.SECRET_KEY_FALLBACKS)
        if erased:
            self.stdout.write(
                f"SECRET_KEY is not rotated here. {erased} erased accounts stay so by hashes made with it: when you "
                f"change it, put the old one into SECRET_KEY_FALLBACKS (there are {kept}) and leave it there."
            )
        if lost := people_erased.lost():
            self.stderr.write(LOST.format(lost), self.style.ERROR)


def sealed_columns() -> Iterator[tuple[type[Model], str]]:
    """Every column that holds sealed values, of all apps, by the name that they all have."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.name.startswith(SEALED) and isinstance(field, TextField):
                yield model, field.name


def rotate(model: type[Model], column: str) -> dict[str, int]:
    """Reseal one column, row by row; `{"rotated", "unreadable", "changed"}`. No lock is held longer than one update."""
    counts = {"rotated": 0, "unreadable": 0, "changed": 0}
    rows = model._default_manager.exclude(**{column: ""}).values_list("pk", column)
    for pk, sealed in rows.order_by("pk").iterator(chunk_size=500):
        try:
            fresh = crypto.reseal(sealed)
        except crypto.DecryptionError:
            counts["unreadable"] += 1
            continue
        # Only over the value that was read: who typed a new secret in between wins, and it is under the new key.
        written = model._default_manager.filter(pk=pk, **{column: sealed}).update(**{column: fresh})
        counts["rotated" if written else "changed"] += 1
    return counts
