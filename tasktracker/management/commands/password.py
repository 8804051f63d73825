"""`manage.py password USERNAME`: a new random login password, shown once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tasktracker.core import services
from tasktracker.core.models import User


class Command(BaseCommand):
    """Sets a new password; the old one stops working."""

    help = "Give a user a new random password and print the login."

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--no-second-step", action="store_true", help="also forget the app, passkeys and codes of who lost them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"No user {options['username']!r}: make one with manage.py token {options['username']}.")
        password = services.set_random_password(user=user)
        if options["no_second_step"]:
            services.forget_second_step(user=user)
        self.stdout.write(f"username: {user.username}\npassword: {password}")
