"""Which Slack team a bot token belongs to: asked of Slack once for each token, kept for the links to messages."""

import logging

import httpx
from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError

from ingestion import slack_names
from ingestion.models import SLACK_TEAM, SLACK_TOLD, Source
from ingestion.text import clean_name
from ingestion.webhooks.doors import slack_secrets
from tasktracker.core import crypto
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.tls import tls

log = logging.getLogger(__name__)

HOST = ".slack.com"


class SlackSaidNo(Exception):
    """Slack refused the token, or was not reached; the text says so to whoever asked. It never holds a token."""


def learn(source: Source) -> None:
    """Ask for the team's domain where it is not known for the token of now, and not again for a while.

    Never in a transaction; never raises for Slack.
    """
    try:
        token = slack_secrets(source.open_secret())[1]
    except DecryptionError:
        return
    told = source.state.get(SLACK_TOLD)
    if not token or (isinstance(told, dict) and told.get("token") == _mark(token)):
        return
    try:
        is_first = cache.add(f"slack-team:{source.pk}:{_mark(token)}", 1, slack_names.NOT_AGAIN_FOR)
    except RedisError:
        return  # asked with an event to come
    if is_first:
        try:
            ask_team(source=source)
        except SlackSaidNo as error:
            log.warning("source %d: the links to its messages stay away: %s", source.pk, error)


def ask_team(*, source: Source) -> str:
    """`auth.test`: a sentence, and the team's domain in the source's state; "" for a source without a bot token.

    Raises `SlackSaidNo`. Never in a transaction.
    """
    try:
        token = slack_secrets(source.open_secret())[1]
    except DecryptionError as error:
        raise SlackSaidNo(str(error)) from None
    if not token:
        return ""
    try:
        answer = httpx.post(
            f"{slack_names.API}/auth.test",
            headers={"Authorization": f"Bearer {token}"},
            timeout=slack_names.TIMEOUT,
            verify=tls(),
        )
        told = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise SlackSaidNo(f"Slack does not answer ({type(error).__name__}); try again.") from None
    if not isinstance(told, dict) or told.get("ok") is not True:
        why = told.get("error") if isinstance(told, dict) else ""
        raise SlackSaidNo(f"Slack refused the bot token: {clean_name(str(why or 'without a reason'), 100)}.")
    try:
        host = httpx.URL(str(told.get("url", ""))).host
    except httpx.InvalidURL:
        host = ""
    domain = host.removesuffix(HOST)
    if host.endswith(HOST) and SLACK_TEAM.fullmatch(domain):
        _remember(source, domain, token)
    return f"Connected to {clean_name(str(told.get('team', '')), 100) or 'Slack'}. "


@transaction.atomic
def _remember(source: Source, domain: str, token: str) -> None:
    row = Source.objects.select_for_update(of=("self",)).get(pk=source.pk)
    told = {"domain": domain, "token": _mark(token)}
    if row.state.get(SLACK_TOLD) != told:
        row.state = {**row.state, SLACK_TOLD: told}
        row.save(update_fields=["state"])
    source.state = row.state


def _mark(token: str) -> str:
    """Tells one token from another, and nothing of either."""
    return crypto.digest("slack.team", token)[:16]
