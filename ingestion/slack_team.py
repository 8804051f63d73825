"""Which Slack team a bot token belongs to: asked when a person tests the source, kept for the links to messages."""

import httpx
from django.db import transaction

from ingestion import slack_names
from ingestion.models import SLACK_TEAM, Source
from ingestion.text import clean_name
from ingestion.webhooks.doors import slack_secrets
from tasktracker.core.crypto import DecryptionError

HOST = ".slack.com"


class SlackSaidNo(Exception):
    """Slack refused the token, or was not reached; the text says so to whoever asked. It never holds a token."""


def ask_team(*, source: Source) -> str:
    """`auth.test`: a sentence, and the team's domain in the source's config; "" for a source without a bot token.

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
        )
        told = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise SlackSaidNo(f"Slack does not answer ({type(error).__name__}); try again.") from None
    if not isinstance(told, dict) or told.get("ok") is not True:
        why = told.get("error") if isinstance(told, dict) else ""
        raise SlackSaidNo(f"Slack refused the bot token: {clean_name(str(why or 'without a reason'), 100)}.")
    host = httpx.URL(str(told.get("url", ""))).host
    domain = host.removesuffix(HOST)
    if host.endswith(HOST) and SLACK_TEAM.fullmatch(domain):
        _remember(source, domain)
    return f"Connected to {clean_name(str(told.get('team', '')), 100) or 'Slack'}. "


@transaction.atomic
def _remember(source: Source, domain: str) -> None:
    row = Source.objects.select_for_update().get(pk=source.pk)
    if row.config.get("team_domain") != domain:
        row.config = {**row.config, "team_domain": domain}
        row.save(update_fields=["config", "updated_at"])
    source.config = row.config
