"""Parts of words are found by trigrams where the server has pg_trgm; where not, or not yet, nothing breaks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from itertools import count as numbers
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ingestion import filters, substrings
from ingestion.models import Message
from tasktracker.tests import system_postgres

pytestmark = pytest.mark.skipif(
    system_postgres.programs() is None, reason="a PostgreSQL with pg_trgm (Debian: postgresql) is not here"
)

SAID = ("The Invoice-17 of March", "Рахунок за БЕРЕЗЕНЬ", "100% of a_b\\c", "thanks!", "ok")
NEEDLES = ("voice-1", "INVOICE", "березень", "ахун", "%", "_b\\", "k", "absent")
_numbers = numbers()


@pytest.fixture(scope="module")
def server(django_db_blocker: Any) -> Iterator[Path]:
    with django_db_blocker.unblock(), system_postgres.running() as folder:
        yield folder


@pytest.fixture
def db_(server: Path) -> Iterator[BaseDatabaseWrapper]:
    """A database with the table of messages alone, and enough of them that an index is worth it."""
    with system_postgres.database(server, f"words{next(_numbers)}") as connection:
        with connection.schema_editor() as editor:
            editor.create_model(Message)
            editor.deferred_sql = [each for each in editor.deferred_sql if "FOREIGN KEY" not in str(each)]
        at = datetime(2026, 11, 1, tzinfo=UTC)
        texts = [*SAID, *(f"nothing of note about part {number}" for number in range(3_000))]
        Message._base_manager.using(connection.alias).bulk_create(
            Message(workspace_id=1, source_id=1, channel_id=1, external_id=str(number), text=text, sent_at=at)
            for number, text in enumerate(texts)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE ingestion_message")
        yield connection


def found(alias: str, needle: str) -> list[str]:
    rows = filters.containing(Message._base_manager.using(alias), needle)
    return list(rows.filter(pk__lte=len(SAID)).order_by("pk").values_list("text", flat=True))


def plan(alias: str, needle: str) -> str:
    rows = Message._base_manager.using(alias).filter(workspace_id=1).order_by("-sent_at", "-id").values_list("pk")
    return filters.containing(rows, needle)[:31].explain()  # type: ignore[arg-type]


def test_the_command_makes_the_index_and_the_same_words_are_found_by_it(db_: BaseDatabaseWrapper) -> None:
    alias = db_.alias
    before = {needle: found(alias, needle) for needle in NEEDLES}
    assert before["ахун"] == [SAID[1]]
    assert before["_b\\"] == [SAID[2]]
    assert substrings.INDEX not in plan(alias, "voice-1")
    assert not substrings.state(using=alias).has_index

    call_command("substring_index", database=alias)
    assert substrings.INDEX in plan(alias, "voice-1")
    assert {needle: found(alias, needle) for needle in NEEDLES} == before
    assert substrings.ensure(using=alias) == substrings.state(using=alias)  # twice changes nothing

    call_command("substring_index", database=alias, drop=True)
    assert substrings.INDEX not in plan(alias, "voice-1")


@pytest.mark.long
def test_an_upgrade_makes_it_and_leaves_large_tables_to_the_command(
    db_: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    migration = import_module("ingestion.migrations.0008_message_trigrams")
    monkeypatch.setattr(substrings, "LARGE", 100)
    migration.make_index(None, SimpleNamespace(connection=db_))
    left = substrings.state(using=db_.alias)
    assert (left.has_index, substrings.COMMAND in left.told) == (False, True)
    monkeypatch.undo()
    migration.make_index(None, SimpleNamespace(connection=db_))
    assert substrings.state(using=db_.alias).has_index


@pytest.mark.long
def test_what_the_server_refuses_is_told_in_one_line(
    db_: BaseDatabaseWrapper, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db_.cursor() as cursor:
        cursor.execute("CREATE ROLE guest LOGIN; GRANT ALL ON ingestion_message TO guest")
    with system_postgres.database(server, "by_guest", user="guest", name=db_.alias) as guest:
        told = substrings.ensure(using=guest.alias).told
        assert "permission denied" in told
        assert "\n" not in told
        with pytest.raises(CommandError, match="permission denied"):
            call_command("substring_index", database=guest.alias)
        with db_.cursor() as cursor:
            cursor.execute("CREATE SCHEMA elsewhere; CREATE EXTENSION pg_trgm SCHEMA elsewhere")
        assert "must be owner" in substrings.ensure(using=guest.alias).told
    assert substrings.ensure(using=db_.alias).has_index  # in a schema that is not searched
    substrings.drop(using=db_.alias)
    with db_.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm")
    monkeypatch.setattr(substrings, "EXTENSION", "pg_not_here")
    assert "this server has no pg_not_here" in substrings.ensure(using=db_.alias).told


@pytest.mark.long
def test_one_that_was_broken_off_is_made_anew_by_one_process_at_a_time(db_: BaseDatabaseWrapper, server: Path) -> None:
    alias = db_.alias
    assert substrings.ensure(using=alias).has_index
    with db_.cursor() as cursor:
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [substrings.INDEX])
    assert "broken off" in substrings.state(using=alias).told
    with transaction.atomic(using=alias):
        assert "in a transaction" in substrings.ensure(using=alias).told
    where = f"host={server} user={system_postgres.SUPERUSER} dbname={alias}"
    with psycopg.connect(where, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [substrings.LOCK])
        assert "Another process" in substrings.ensure(using=alias).told
        other.execute("SELECT pg_advisory_unlock(%s)", [substrings.LOCK])  # a server lets go of it after the client
    assert substrings.ensure(using=alias).has_index
    assert substrings.INDEX in plan(alias, "voice-1")
    assert connections[alias].in_atomic_block is False
