"""S9: a secret that went in is in no table, no key of Valkey, no page of the admin, no answer of the API, no log."""

import logging
from typing import Any

import pytest
import redis
from django.conf import settings
from django.contrib import admin
from django.core.cache import cache
from django.db import connection
from django.test import Client

from analysis.models import Provider
from ingestion.models import Source
from tasktracker.core import logs
from tasktracker.core.tests.factories import Person
from tasktracker.tests.support import LONG, some

KEY = "sk-CANARYkeyOfAProvider000000"
BOT = "123456789:CANARYtokenOfABot_0000000000000000000"
CANARIES = (KEY, BOT)


@pytest.fixture
def stored(owner: Person) -> Person:
    """A provider's key and a bot's token, both given over the API."""
    provider = {"name": "remote", "kind": "openai", "base_url": "https://models.example/v1", "api_key": KEY}
    assert owner.api.post("/api/providers", provider, format="json").status_code == 201
    source = {"name": "bot", "kind": "telegram", "secret": BOT}
    assert owner.api.post("/api/sources", source, format="json", headers={"Idempotency-Key": "k"}).status_code == 201
    return owner


def everything() -> dict[str, str]:
    """Every table of the database as text."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = {}
        for table in tables:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{table}\" t")
            found[table] = str(cursor.fetchone()[0])
    return found


def test_the_secrets_do_open_again(stored: Person) -> None:
    assert Provider.objects.get(name="remote").open_api_key() == KEY
    assert Source.objects.get(name="bot").open_secret() == BOT


def test_no_table_holds_a_secret_or_a_token(stored: Person) -> None:
    tables = everything()
    assert "remote" in tables["analysis_provider"]  # the dump does see what is there
    for canary in (*CANARIES, stored.token):
        assert [name for name, text in tables.items() if canary in text] == []


def test_valkey_holds_no_secret(stored: Person) -> None:
    cache.set("seen", "CANARY-control")
    client = redis.Redis.from_url(settings.REDIS_URL)
    values: list[Any] = []
    for key in client.scan_iter():
        values.append(bytes(key))
        if client.type(key) == b"string":
            values.append(client.get(key) or b"")
    client.close()
    whole = b"\n".join(values)
    assert b"CANARY-control" in whole
    for canary in CANARIES:
        assert canary.encode() not in whole


def test_no_page_of_the_admin_and_no_answer_shows_a_secret(stored: Person) -> None:
    browser: Any = Client(headers={"host": "localhost"})
    browser.force_login(stored.user)
    pages = ["/api/sources", "/api/providers", "/settings/", *(["/api/schema"] if LONG else [])]
    pages += [f"/settings/providers/{row.pk}/" for row in Provider.objects.all()]
    pages += [f"/api/sources/{Source.objects.get().pk}", f"/api/providers/{Provider.objects.get(name='remote').pk}"]
    models: set[type[Any]] = {Provider, Source, *some([*admin.site._registry], 8)}
    for model in models:
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        pages.append(base)
        pages += [f"{base}{row.pk}/change/" for row in model._default_manager.all()[:3]]
    for page in pages:
        answer = browser.get(page)
        assert answer.status_code in (200, 302, 403), (page, answer.status_code)
        for canary in (*CANARIES, stored.token):
            assert canary.encode() not in answer.content, page


@pytest.mark.parametrize("text", [KEY, BOT, "tt_0123456789abcdefABCDEF", "Authorization: Bearer abcdefgh12345678"])
def test_s11_a_secret_in_a_log_line_is_scrubbed(text: str) -> None:
    secret = text.rpartition(" ")[2]
    for record in (
        logging.LogRecord("x", logging.INFO, "", 0, f"call with {text} failed", None, None),
        logging.LogRecord("x", logging.INFO, "", 0, "call with %s failed", (text,), None),
    ):
        assert logs.ScrubFilter().filter(record)
        assert secret not in record.getMessage()
    try:
        raise ValueError(text)
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, (ValueError, error, error.__traceback__))
    assert logs.ScrubFilter().filter(record)
    assert secret not in logging.Formatter().format(record)
