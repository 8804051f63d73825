"""`manage.py run_mail`: the mailboxes of all sources, by IMAP."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from tasktracker.mail_runner import mail_runner


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C; a second one idles until the first is gone."""

    help = "Read the mailboxes that sources of kind e-mail name, by IMAP; new mails arrive as they come."
    requires_system_checks: list[str] = []  # they load every page and endpoint, which this never serves

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(mail_runner().run())
