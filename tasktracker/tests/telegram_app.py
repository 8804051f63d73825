"""What Telegram does before a Mini App opens: initData, signed with a bot's token."""

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from ingestion import bots
from ingestion.exports.telegram_message import PLATFORM
from ingestion.models import LinkedChat, Participant, Source
from tasktracker.core.tests.factories import Person
from tasktracker.tests.fake_bot_api import TOKEN

BOB = {"id": 12, "first_name": "Боб & Co", "language_code": "en"}


def init_data(token: str = TOKEN, *, age: float = 5, without: str = "", **fields: Any) -> str:
    """As Telegram makes it, `age` seconds ago; `fields` stand instead of its own or beside them."""
    at = int(time.time() - age)
    named = {"query_id": "AAF", "user": json.dumps(BOB), "auth_date": str(at), "signature": "c2lnbmF0dXJl", **fields}
    named = {name: str(value) for name, value in named.items() if name != without}
    said = "\n".join(f"{name}={named[name]}" for name in sorted(named))
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return urlencode({**named, "hash": hmac.new(key, said.encode(), hashlib.sha256).hexdigest()})


def linked(person: Person, *, telegram_id: int = 12, bot: Source | None = None, home: Source | None = None) -> Source:
    """The bot of the person's workspace, after they wrote /link CODE to it."""
    bot = bot or bots.seed_source(token=TOKEN)
    participant = Participant.objects.create(
        workspace=person.workspace, platform=PLATFORM, external_id=str(telegram_id), name="Bob", user=person.user
    )
    LinkedChat.objects.create(bot=bot, external_id=participant.external_id, source=home or bot, linked_by=person.user)
    return bot


def log_in(raw: str = "", *, source: str = "", client: Client | None = None) -> Any:
    """The answer to a login with `raw`, or with new initData of Bob's."""
    client = client or Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    return client.post("/tg/login/", {"init_data": raw or init_data(), "source": source})


def opened(raw: str = "", *, source: str = "") -> Client:
    """A Mini App that is logged in: its session in the header, and no cookie."""
    answer = log_in(raw, source=source)
    assert answer.status_code == 200, answer.content
    headers = {"host": "localhost", "TG-Session": answer["TG-Session"]}
    return Client(enforce_csrf_checks=True, headers=headers)
