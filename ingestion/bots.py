"""Telegram bots as sources: the one that the environment names, those that are to be polled, what they are called."""

import logging
import re
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from ingestion.models import Source
from ingestion.telegram_hook import WEBHOOK
from tasktracker.core import services as core_services
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.models import Workspace
from tasktracker.core.services import digest

log = logging.getLogger(__name__)

SOURCE_NAME = "Telegram"
TOKEN = re.compile(r"\d+:\S+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Account:
    """A bot to be polled for a source. The token stays out of `repr`, and so out of logs."""

    source_id: int
    token: str

    @property
    def bot_id(self) -> str:
        """The number before the colon of the token is the bot's user id."""
        return bot_id_of(self.token)

    def __repr__(self) -> str:
        return f"Account(source_id={self.source_id}, bot_id={self.bot_id})"


def bot_id_of(token: str) -> str:
    return token.partition(":")[0]


@transaction.atomic
def seed_source(*, token: str) -> Source:
    """The source of the bot that TELEGRAM_BOT_TOKEN names, made when missing, with the token sealed into it.

    A token that was seeded before is not written again: the secret may have been rotated since. New ones go to the
    only workspace, or to `default` where there are several or none.
    """
    bot_id, seed = bot_id_of(token), digest(token)[:16]
    bots = Source.objects.select_for_update().filter(kind=Source.Kind.TELEGRAM).order_by("pk")
    source = next((bot for bot in bots if str(bot.config.get("bot_id", "")) == bot_id), None)
    if source is None:
        source = _new_source(_home())
    elif source.config.get("seed") == seed:
        return source
    source.config = {**source.config, "bot_id": bot_id, "seed": seed}
    source.set_secret(token)
    source.save()
    return source


def is_any_wanted() -> bool:
    """Whether an active Telegram source has a token and no webhook, so that polling is worth a process."""
    return any(map(_has_token, _polled()))


def is_any() -> bool:
    """Whether any Telegram source has a token: one that is paused or brought by a webhook may be polled later."""
    return any(map(_has_token, Source.objects.filter(kind=Source.Kind.TELEGRAM)))


def polled_accounts() -> list[Account]:
    """The bots of all active Telegram sources that have a token and no webhook, oldest first, each bot once."""
    accounts: dict[str, Account] = {}
    for source in _polled().order_by("pk"):
        try:
            account = Account(source.pk, source.open_secret())
        except DecryptionError as error:
            log.error("source %d: %s", source.pk, error)  # noqa: TRY400 (one clear line for whoever has to act)
            continue
        if not TOKEN.fullmatch(account.token):
            log.error("source %d: its secret is no bot token (123456:ABC…); enter it again", source.pk)
            continue
        accounts.setdefault(account.bot_id, account)
    return list(accounts.values())


def usernames(workspace: Workspace) -> list[str]:
    """The names, without an @, of the bots that a workspace is reached by: its own, else the installation's first."""
    bots = Source.objects.filter(workspace=workspace, kind=Source.Kind.TELEGRAM, is_active=True).order_by("pk")
    found = [str(config.get("bot_username", "")) for config in bots.values_list("config", flat=True)]
    others = Source.objects.filter(kind=Source.Kind.TELEGRAM, is_active=True).exclude(sealed_secret="").order_by("pk")
    if not any(found):  # the one that the installation has
        found = [str(config.get("bot_username", "")) for config in others.values_list("config", flat=True)[:1]]
    return list(dict.fromkeys(name for name in found if name))


def _has_token(source: Source) -> bool:
    try:
        return TOKEN.fullmatch(source.open_secret()) is not None
    except DecryptionError:
        return False


def _polled() -> QuerySet[Source]:
    active = Source.objects.filter(kind=Source.Kind.TELEGRAM, is_active=True).exclude(sealed_secret="")
    # Telegram refuses to be polled where it was told to bring the updates.
    return active.exclude(config__has_key=WEBHOOK)


def _home() -> Workspace:
    workspaces = list(Workspace.objects.all()[:2])
    return workspaces[0] if len(workspaces) == 1 else core_services.ensure_workspace(slug="default")


def _new_source(workspace: Workspace) -> Source:
    taken = set(Source.objects.filter(workspace=workspace).values_list("name", flat=True))
    names = (SOURCE_NAME, *(f"{SOURCE_NAME} {number}" for number in range(2, len(taken) + 3)))
    name = next(name for name in names if name not in taken)
    return Source(workspace=workspace, name=name, kind=Source.Kind.TELEGRAM)
