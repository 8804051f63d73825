"""`manage.py erase_person ID`: what it will touch; with `--yes` the erasure itself, and its report."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingestion import erasing
from proposals import erasing as words
from tasktracker.core.errors import DomainError
from tasktracker.core.models import Workspace


class Command(BaseCommand):
    """ID is a participant's number, as in the address of their page; every account of the person goes."""

    help = "Erase a person: names, ids and words, out of everything. Without --yes it only shows what would go."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int)
        parser.add_argument("--workspace", metavar="SLUG", default="default")
        parser.add_argument("--yes", action="store_true", help="do it: it can't be undone")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']!r}.")
        expected = words.footprint(workspace=workspace, participant_id=options["id"]).counts
        if options["yes"]:
            try:
                erasure = erasing.begin_erasure(workspace=workspace, participant_id=options["id"], expected=expected)
            except DomainError as error:
                raise CommandError(error.detail) from error
            expected = words.erase(erasure_id=erasure.pk).counts
        self.stdout.write(json.dumps(expected))
