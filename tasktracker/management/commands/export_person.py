"""`manage.py export_person ID`: everything about one person as JSON on standard output."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from proposals import people_export
from tasktracker.core.errors import DomainError
from tasktracker.core.models import Workspace


class Command(BaseCommand):
    """ID is a participant's number, as in the address of their page; every account of the person is in it."""

    help = "Write everything about one person as JSON to standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int)
        parser.add_argument("--workspace", metavar="SLUG", default="default")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']!r}.")
        try:
            for piece in people_export.export_person(workspace=workspace, participant_id=options["id"]):
                self.stdout.write(piece, ending="")
        except DomainError as error:
            raise CommandError(error.detail) from error
