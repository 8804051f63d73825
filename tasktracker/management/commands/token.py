"""`manage.py token USERNAME`: a new API token on standard output, and nothing else there."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tasktracker.core import services
from tasktracker.core.enums import Role
from tasktracker.core.errors import DomainError


class Command(BaseCommand):
    """Makes user, workspace and membership where missing."""

    help = "Print a new API token for a user in a workspace, making both where missing."

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", choices=Role.values, help="also changes a membership that is there already")
        parser.add_argument("--workspace", metavar="SLUG", default="default")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            membership = services.ensure_member(
                username=options["username"], workspace_slug=options["workspace"], role=options["role"]
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        token = services.create_token(user=membership.user, workspace=membership.workspace, label="command line")
        self.stderr.write(f"{membership}; shown this once:", self.style.NOTICE)
        self.stdout.write(token)
