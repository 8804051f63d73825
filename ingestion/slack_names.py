"""Names of Slack's people and channels: those that are here already, else asked of Slack with the bot's token.

Asked is outside of any transaction, before an event is read, and not again for a while where Slack knows nothing.
"""

import logging
from collections.abc import Collection

import httpx
from django.core.cache import cache
from django.db.models import F
from redis.exceptions import RedisError

from ingestion.channels.slack import names_asked
from ingestion.exports.slack_message import PLATFORM, Names, person_name
from ingestion.models import Channel, Participant, Source
from ingestion.text import clean_name
from ingestion.webhooks.doors import slack_secrets
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.tls import tls

log = logging.getLogger(__name__)

API = "https://slack.com/api"
TIMEOUT = 3.0  # seconds for one call
MOST = 10  # calls for one event
KEPT_FOR = 24 * 3600  # seconds
NOT_AGAIN_FOR = 600  # seconds, for an id of which Slack told nothing


def names_for(source: Source, raw: bytes) -> Names:
    """What is known of the people and channels that an event names: in our tables, or told by Slack lately."""
    users, channels = names_asked(raw)
    known, titles = _stored(source, users, channels)
    told = _remembered(source, (users | channels) - known.keys() - titles.keys())
    found = {key: name for key, name in told.items() if name}
    return Names(
        {**{key: name for key, name in found.items() if key in users}, **known},
        {**{key: name for key, name in found.items() if key in channels}, **titles},
    )


def learn(source: Source, raw: bytes) -> None:
    """Ask Slack for the names in an event that nobody knows here. Never in a transaction; never raises for Slack."""
    users, channels = names_asked(raw)
    known, titles = _stored(source, users, channels)
    wanted = (users | channels) - known.keys() - titles.keys()
    if not wanted or not (token := _token(source)):
        return
    missing = sorted(wanted - _remembered(source, wanted).keys())[:MOST]
    if missing:
        _remember(source, _told(token, missing, users))


def _told(token: str, missing: Collection[str], users: Collection[str]) -> dict[str, str]:
    """Names by id, "" for what Slack does not tell; whoever does not answer is not asked further."""
    found: dict[str, str] = {}
    with httpx.Client(
        timeout=TIMEOUT, headers={"Authorization": f"Bearer {token}"}, follow_redirects=False, verify=tls()
    ) as client:
        for key in missing:
            method, name, part = ("users", "user", "user") if key in users else ("conversations", "channel", "channel")
            try:
                body = client.get(f"{API}/{method}.info", params={name: key}).json()
            except (httpx.HTTPError, ValueError) as error:
                log.warning("Slack told no names (%s)", type(error).__name__)
                return {**dict.fromkeys(missing, ""), **found}
            record = body.get(part) if isinstance(body, dict) else None
            record = record if isinstance(record, dict) else {}
            title = record.get("name")
            found[key] = person_name(record) if part == "user" else clean_name(title if isinstance(title, str) else "")
    return found


def _stored(source: Source, users: Collection[str], channels: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Of our tables; a name that is only the id is none."""
    ours = {"workspace_id": source.workspace_id, "platform": PLATFORM}
    people = Participant.objects.filter(**ours, external_id__in=users).exclude(name__in=["", F("external_id")])
    rooms = Channel.objects.filter(**ours, external_id__in=channels).exclude(title__in=["", F("external_id")])
    return dict(people.values_list("external_id", "name")), dict(rooms.values_list("external_id", "title"))


def _remembered(source: Source, keys: Collection[str]) -> dict[str, str]:
    try:
        found = cache.get_many([_key(source, key) for key in keys]) if keys else {}
    except RedisError:
        return {}
    return {key: found[_key(source, key)] for key in keys if _key(source, key) in found}


def _remember(source: Source, names: dict[str, str]) -> None:
    try:
        for key, name in names.items():
            cache.set(_key(source, key), name, KEPT_FOR if name else NOT_AGAIN_FOR)
    except RedisError:
        return  # asked again with the next event


def _key(source: Source, key: str) -> str:
    return f"slack-name:{source.pk}:{key}"


def _token(source: Source) -> str:
    try:
        return slack_secrets(source.open_secret())[1]
    except DecryptionError:
        return ""
