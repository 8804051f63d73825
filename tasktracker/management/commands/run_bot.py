"""`manage.py run_bot`: the Telegram bot, by long polling."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tasktracker.bot_runner import Runner
from tasktracker.core.errors import DomainError


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C; a second one idles until the first is gone."""

    help = "Run the Telegram bot: receive messages of all chats that it is in, answer /start, /help and /status."
    requires_system_checks: list[str] = []  # they load every page and endpoint, which the bot never serves

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asyncio.run(Runner().run())
        except DomainError as error:
            raise CommandError(error.detail) from error
