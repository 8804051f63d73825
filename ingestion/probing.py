"""Asking a source whether it works, and giving it a new secret."""

from dataclasses import dataclass

from django.db import transaction

from ingestion.bot_intro import introduce
from ingestion.discord.probing import probe_discord
from ingestion.mail.accounts import is_mailbox
from ingestion.mail.probing import probe_mailbox
from ingestion.models import Message, Source
from ingestion.slack_team import SlackSaidNo, ask_team
from ingestion.source_secrets import grace_of, new_secret
from ingestion.telegram_api import BotCallFailed
from tasktracker.core.errors import Invalid


@dataclass(frozen=True, slots=True)
class Probe:
    """What a source said: `ok`, and a sentence for the person who asked."""

    ok: bool
    detail: str


def probe(source: Source) -> Probe:
    """Ask the platform where one can be asked, else say what has come in so far."""
    if not source.is_active:
        return Probe(False, "This source is switched off.")
    if source.kind == Source.Kind.TELEGRAM:
        return probe_telegram(source)
    if is_mailbox(source):
        return Probe(*probe_mailbox(source))
    if source.kind == Source.Kind.DISCORD and source.has_secret:
        return Probe(*probe_discord(source))
    if source.kind == Source.Kind.SLACK:
        try:
            said = ask_team(source=source)
        except SlackSaidNo as error:
            return Probe(False, str(error))
    else:
        said = ""
    last = Message.objects.filter(source=source).order_by("-sent_at", "-id").values_list("sent_at", flat=True).first()
    if last is None:
        return Probe(True, f"{said}Ready; no message has come in yet.")
    return Probe(True, f"{said}Ready; the last message is of {last:%Y-%m-%d %H:%M} UTC.")


def probe_telegram(source: Source) -> Probe:
    """Who the source's bot is; on the way it learns its name and gets its menu."""
    if not source.open_secret():
        return Probe(False, "No bot token yet: set it as the secret of this source.")
    try:
        name = introduce(source=source)
    except BotCallFailed as error:
        return Probe(False, str(error) if error.http_status is None else f"Telegram refused the token: {error}.")
    return Probe(True, f"Connected as @{name or '?'}.")


@transaction.atomic
def rotate_secret(*, source: Source) -> str:
    """A new signing secret, shown this once; the one before stays valid for a day.

    Raises `Invalid` where the platform, not we, makes the secret.
    """
    if is_mailbox(source):
        raise Invalid("The secret is the mailbox's password: change it where your mail is kept, then enter it here.")
    if source.kind in (Source.Kind.TELEGRAM, Source.Kind.SLACK, Source.Kind.DISCORD):
        raise Invalid(
            f"{source.get_kind_display()} makes this secret: get a new one there, and set it as the source's secret."
        )
    secret = new_secret()
    source.set_secret(secret, keep_previous=grace_of(source))
    source.save(
        update_fields=["sealed_secret", "sealed_previous_secret", "previous_secret_until", "updated_at"],
    )
    return secret
