"""Whether somebody fetches for a source: the processes that poll say in a heartbeat that they live, and for whom."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from ingestion.mail.accounts import is_mailbox
from ingestion.models import Source
from ingestion.telegram_hook import WEBHOOK
from tasktracker.core.health import heartbeat_limit
from tasktracker.core.models import Heartbeat

BOT, MAIL, DISCORD = "bot", "mail", "discord"  # what their heartbeats are called, and `manage.py run_…`
TAKEN_UP = timedelta(minutes=1)  # after which a process that lives has looked, and told so

_NOBODY = {
    BOT: "Nobody polls this bot. manage.py up does within half a minute; else start manage.py run_bot, or set the "
    "webhook here.",
    MAIL: "Nobody reads this mailbox. manage.py up does within half a minute; else start manage.py run_mail.",
    DISCORD: "Nobody listens for this bot. manage.py up does within half a minute; else start manage.py run_discord.",
}


def reader_of(source: Source) -> str:
    """Which process has to fetch for a source, by its heartbeat; "" where none has to, or none can."""
    if not source.is_active:
        return ""
    if source.kind == Source.Kind.TELEGRAM:
        return BOT if source.has_secret and WEBHOOK not in source.config else ""
    if source.kind == Source.Kind.DISCORD:
        return DISCORD if source.has_secret else ""
    return MAIL if is_mailbox(source) else ""


def why_unread(sources: Sequence[Source]) -> dict[int, str]:
    """For each source that nobody fetches for: its id, and what to do. At most one query."""
    wanted = {source: name for source in sources if (name := reader_of(source))}
    if not wanted:
        return {}
    beats = Heartbeat.objects.filter(
        name__in=set(wanted.values()), at__gte=timezone.now() - timedelta(seconds=heartbeat_limit())
    )
    alive = {beat.name: beat.detail.get("sources", {}) for beat in beats}
    found: dict[int, str] = {}
    for source, name in wanted.items():
        if name not in alive:
            found[source.pk] = _NOBODY[name]
        elif name == BOT and (why := _why_not(source, alive[BOT].get(str(source.pk)))):
            found[source.pk] = why
    return found


def _why_not(source: Source, state: str | None) -> str:
    """What is wrong with one bot while the process that polls lives; mailboxes and Discord note it themselves."""
    if state == "refused":
        return (
            "Telegram refuses to be polled by this bot: its token is wrong, a webhook is set there, or another program "
            "polls. Press Test it, and Check the webhook."
        )
    if state is None and timezone.now() - source.updated_at > TAKEN_UP:
        return "This bot is not polled: another source has the same bot, or what was entered is no bot token."
    return ""
