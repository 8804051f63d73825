"""`manage.py run_bot`: the Telegram bot, by long polling, or by a webhook that it sets."""

import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from ingestion import bots, telegram_hook
from ingestion.models import Source
from tasktracker.bot_runner import bot_runner
from tasktracker.core.errors import DomainError


class Command(BaseCommand):
    """Polls until SIGTERM or Ctrl-C; a second one idles until the first is gone. With `--webhook` it sets and ends."""

    help = "Run the Telegram bot: receive messages of all chats that it is in, and answer its commands."
    requires_system_checks: list[str] = []  # they load every page and endpoint, which the bot never serves

    def add_arguments(self, parser: CommandParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--webhook",
            metavar="URL",
            help="have Telegram bring the updates to this server (its origin, https://…), and end: web and worker do "
            "the rest",
        )
        how.add_argument("--no-webhook", action="store_true", help="delete the webhooks that were set, then poll")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["webhook"]:
                self._set_webhooks(options["webhook"])
                return
            if options["no_webhook"]:
                for source in telegram_hook.by_webhook():
                    telegram_hook.remove_hook(source=source)
            asyncio.run(bot_runner().run())
        except DomainError as error:
            raise CommandError(error.detail) from error

    def _set_webhooks(self, base: str) -> None:
        """For every active bot."""
        if not base.startswith("https://"):
            raise CommandError("Telegram calls https addresses only: --webhook https://tracker.example.org")
        if settings.TELEGRAM_BOT_TOKEN:
            bots.seed_source(token=settings.TELEGRAM_BOT_TOKEN)
        ids = {account.source_id for account in bots.polled_accounts()} | {row.pk for row in telegram_hook.by_webhook()}
        if not ids:
            raise CommandError("There is no bot: set TELEGRAM_BOT_TOKEN to the token from @BotFather.")
        for source in Source.objects.filter(pk__in=ids).order_by("pk"):
            path = reverse("webhook_telegram", args=[source.uid])
            telegram_hook.set_hook(source=source, url=f"{base.rstrip('/')}{path}")
            self.stdout.write(f"{source}: Telegram brings its updates to {base.rstrip('/')}{path}")
