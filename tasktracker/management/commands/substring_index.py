"""`manage.py substring_index`: the index by which parts of words are found, where PostgreSQL has pg_trgm."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingestion import substrings


class Command(BaseCommand):
    """Safe at any time and as often as one likes: writers are not held up, and an index that is there stays."""

    help = "Make the index of parts of words (contains=…) where the server has pg_trgm; exit 1 where there is none."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--drop", action="store_true", help="take it away: each message is stored quicker then")
        parser.add_argument("--database", default="default", metavar="ALIAS")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["drop"]:
            substrings.drop(using=options["database"])
            self.stdout.write("There is no index of parts of words.")
            return
        found = substrings.ensure(using=options["database"])
        if not found.has_index:
            raise CommandError(found.told)
        self.stdout.write(found.told)
