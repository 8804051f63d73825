"""The bot is killed, the database goes away, updates come thrice: each is one delivery and one message."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction

from ingestion.models import Delivery
from tasktracker.tests.fake_bot_api import BotProcess, FakeBotApi, Json, group_message
from tasktracker.tests.support import count, end_of_others

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

EDITED_AT = 1767400000


@pytest.fixture
def api() -> Iterator[FakeBotApi]:
    with FakeBotApi.started() as api:
        yield api


def conversation(size: int) -> list[Json]:
    """`size` updates; every fourth is an edit of the message two before it."""
    updates: list[Json] = []
    for number in range(1, size + 1):
        if number % 4 == 0:
            edited = group_message(number - 2, f"edited text {number - 2}", edit_date=EDITED_AT + number)
            updates.append({"update_id": 5000 + number, "edited_message": edited})
        else:
            message = group_message(number, f"m{number} the upload fails with error {number}")
            updates.append({"update_id": 5000 + number, "message": message})
    return updates


def expected_texts(updates: list[Json]) -> dict[str, str]:
    """The newest text of each message, by its id."""
    versions = [update.get("message") or update["edited_message"] for update in updates]
    return {str(version["message_id"]): version["text"] for version in versions}


def stored_texts() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT external_id, text FROM ingestion_message WHERE NOT is_own ORDER BY external_id")
        return list(cursor.fetchall())


def stored_at_least(deliveries: int) -> bool:
    return Delivery.objects.count() >= deliveries


def all_done(api: FakeBotApi, deliveries: int) -> bool:
    states = list(Delivery.objects.values_list("status", flat=True))
    return not api.unconfirmed and len(states) == deliveries and set(states) == {"processed"}


def assert_complete(updates: list[Json]) -> None:
    """Each update is one delivery, each message one row with its newest text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT external_id, count(*) FROM ingestion_delivery GROUP BY external_id")
        deliveries = dict(cursor.fetchall())
    assert deliveries == {str(update["update_id"]): 1 for update in updates}
    assert stored_texts() == sorted(expected_texts(updates).items())


def test_killed_again_and_again_while_every_update_comes_thrice(api: FakeBotApi, tmp_path: Path) -> None:
    size = count(40, 2000)
    updates = conversation(size)
    chance = random.Random(7)
    api.shape = lambda batch: chance.sample(batch * 3, len(batch) * 3)
    api.batch = 10
    api.deliver(*updates)
    marks = sorted(chance.sample(range(size // 10, size - size // 10), count(1, 12)))
    with BotProcess.started(tmp_path, api.url) as bot:
        for mark in marks:
            bot.wait(partial(stored_at_least, mark), every=0.01)
            bot.kill()
            assert api.unconfirmed, "the bot was through before it was killed"
            bot.start()
        bot.wait(lambda: all_done(api, size), timeout=count(60, 300))
    assert_complete(updates)


@pytest.mark.long
def test_killed_while_it_writes_and_without_its_database_it_loses_nothing(api: FakeBotApi, tmp_path: Path) -> None:
    """Killed while the inbox is written, killed while messages are made, then the database goes away."""
    updates = conversation(20)
    api.deliver(*updates)
    with BotProcess.started(tmp_path, api.url, run=False) as bot:
        with locked("ingestion_delivery"):
            bot.start()
            bot.wait(lambda: blocked_on("ingestion_delivery"))
            bot.kill()
        assert api.unconfirmed == [update["update_id"] for update in updates]
        assert not Delivery.objects.exists()
        with locked("ingestion_message"):
            bot.start()
            bot.wait(lambda: blocked_on("ingestion_message"))
            bot.kill()
        assert Delivery.objects.filter(status="received").count() == len(updates)
        bot.start()
        bot.wait(lambda: all_done(api, len(updates)))
        assert_complete(updates)

        late = conversation(60)[20:]
        with database_away():
            api.deliver(*late)
            bot.wait(lambda: bot.said("database away"))
            assert len(api.unconfirmed) == len(late)
        bot.wait(lambda: all_done(api, 60))
    assert_complete(updates + late)


@contextmanager
def locked(table: str) -> Iterator[None]:
    """Nobody else reads or writes the table meanwhile."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


def blocked_on(table: str) -> bool:
    """Whether somebody waits for a lock on the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE relation = %s::regclass AND NOT granted", [table])
        return cursor.fetchone() is not None


@contextmanager
def database_away() -> Iterator[None]:
    """For everybody but this connection: the database drops who is connected and lets nobody in."""
    connection.ensure_connection()
    name = connection.ops.quote_name(str(connection.settings_dict["NAME"]))
    elsewhere = {**connection.get_connection_params(), "dbname": "postgres"}
    # A database cannot be closed through a connection to itself.
    with psycopg.connect(**elsewhere, autocommit=True) as other:
        other.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        try:
            end_of_others()
            yield
        finally:
            other.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
