"""`manage.py doctor`: one line for each part, exit 1 when one is down."""

import sys
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from analysis import probing
from analysis.models import Provider
from ingestion import bots, source_readers, substrings, telegram_hook
from ingestion.discord import accounts as discord_accounts
from ingestion.mail import accounts
from ingestion.models import Source
from tasktracker import embedded
from tasktracker.core import health
from tasktracker.core.enums import ProviderKind
from tasktracker.core.errors import Unavailable
from tasktracker.core.health import Check


class Command(BaseCommand):
    """Asks what /api/health asks, and more that is too slow or too private for an open address."""

    help = "Check database, vector extension, broker, channel layer, worker, beat, providers and bot."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        is_down = False
        for name, check in self.checks():
            style = {"ok": self.style.SUCCESS, "degraded": self.style.WARNING, "down": self.style.ERROR}[check.state]
            self.stdout.write(f"{name:<20} {style(f'{check.state:<9}')} {check.detail}".rstrip())
            is_down = is_down or check.state == "down"
        if is_down:
            sys.exit(1)

    def checks(self) -> Iterator[tuple[str, Check]]:
        """In the order in which one would mend them; what needs a part that is down is not asked."""
        if settings.ENV.embedded:
            yield "engines", check_engines()
        found = health.checks()
        database = found.pop("database")
        yield "database", database
        if database.state == "down":
            return
        yield "vector extension", Check("ok", database.detail)
        yield "parts of words", Check("ok", substrings.state().told)
        yield "broker", found.pop("broker")
        yield "channel layer", health.check_channel_layer()
        yield from found.items()
        yield from check_providers()
        yield from check_bots()
        yield "mail", check_mail()
        yield "discord", check_discord()


def check_engines() -> Check:
    """Whether the embedded engines accept connections."""
    if embedded.is_running(settings.DATA_DIR):
        return Check("ok", f"embedded, in {settings.DATA_DIR}")
    return Check("down", f"not running in {settings.DATA_DIR}: start them with make demo or manage.py up.")


def check_providers() -> Iterator[tuple[str, Check]]:
    """Each active provider that needs a server is asked for its models; the offline engine is always there."""
    asked = Provider.objects.filter(is_active=True).exclude(kind=ProviderKind.OFFLINE).select_related("workspace")
    if not asked:
        yield "providers", Check("ok", "only the offline engine")
    for provider in asked:
        found = probing.probe(provider)
        yield f"provider {provider.workspace.slug}/{provider.name}", Check("ok" if found.ok else "down", found.detail)


def check_bots() -> Iterator[tuple[str, Check]]:
    """The heartbeat of what polls, where a bot is to be polled; each bot whose updates are brought is asked for."""
    brought = telegram_hook.by_webhook()
    if bots.is_any_wanted() or (settings.TELEGRAM_BOT_TOKEN and not brought):
        yield "bot", check_polled()
    elif not brought:
        yield "bot", Check("ok", "not set up (Settings → Sources, or TELEGRAM_BOT_TOKEN)")
    for source in brought:
        yield f"bot {source.workspace.slug}/{source.name}", check_brought(source)


def check_polled() -> Check:
    """The heartbeat, and of a bot that is not polled for all that, why."""
    beat = health.check_heartbeat("bot", "bot (manage.py run_bot)")
    if beat.state != "ok":
        return beat
    active = list(Source.objects.filter(kind=Source.Kind.TELEGRAM, is_active=True).order_by("pk"))
    unread = source_readers.why_unread(active)
    first = next((source for source in active if source.pk in unread), None)
    return Check("degraded", f"{first}: {unread[first.pk]}") if first is not None else beat


def check_brought(source: Source) -> Check:
    """What Telegram says of the webhook that was set for a bot."""
    try:
        hook = telegram_hook.hook_info(source=source)
    except Unavailable as error:
        return Check("down", error.detail)
    if hook.url != source.config[telegram_hook.WEBHOOK]:
        return Check("down", "Telegram brings nothing here: set the webhook again, on the source's page.")
    if hook.waiting and hook.error:
        return Check("degraded", f"by webhook; {hook.waiting} wait at Telegram, which was told: {hook.error}")
    return Check("ok", "by webhook")


def check_mail() -> Check:
    """The heartbeat of the reader of mailboxes, where one is named."""
    if not accounts.is_any_wanted():
        return Check("ok", "no mailbox is named")
    return health.check_heartbeat("mail", "reader of mailboxes (manage.py run_mail)")


def check_discord() -> Check:
    """The heartbeat of what listens at Discord, where a bot is named."""
    if not discord_accounts.is_any_wanted():
        return Check("ok", "no bot is named")
    beat = health.check_heartbeat("discord", "listener at Discord (manage.py run_discord)")
    failing = Source.objects.filter(kind=Source.Kind.DISCORD, is_active=True).exclude(last_error="").first()
    return Check("degraded", f"{failing}: {failing.last_error}") if failing and beat.state == "ok" else beat
