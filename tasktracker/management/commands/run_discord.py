"""`manage.py run_discord`: what is said at Discord, through its gateway, for all sources of that kind."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from tasktracker.discord_runner import discord_runner


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C; a second one idles until the first is gone."""

    help = "Listen at Discord with the bots of all sources of that kind; what is missed meanwhile is fetched after."
    requires_system_checks: list[str] = []  # they load every page and endpoint, which this never serves

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(discord_runner().run())
