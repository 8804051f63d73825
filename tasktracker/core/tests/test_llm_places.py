"""A provider gets no more calls at once than it takes, from all workers together; who dies gives back what it held."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection

from tasktracker.core.llm import limits
from tasktracker.core.llm.types import RateLimited
from tasktracker.tests.support import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def test_never_more_than_there_are_places(threads: ThreadPoolExecutor) -> None:
    inside, most = [0], [0]
    guard = threading.Lock()
    meet = threading.Barrier(2)

    def call(_: int) -> None:
        try:
            with limits.place("p", 2, patience=20):
                with guard:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                meet.wait(10)  # two are inside at once, or this breaks
                with guard:
                    inside[0] -= 1
        finally:
            connection.close()

    list(threads.map(call, range(8)))
    assert most == [2]


def test_without_patience_a_full_house_says_so() -> None:
    with somebody_else_holding("p#1"):
        with pytest.raises(RateLimited) as told, limits.place("p", 1, patience=0):
            pass
        assert told.value.retry_after
        with limits.place("p", 2, patience=0), limits.place("q", 1, patience=0):
            pass


def test_who_dies_gives_its_place_back(threads: ThreadPoolExecutor) -> None:
    other = somebody_else_holding("p#1")

    def call() -> bool:
        try:
            with limits.place("p", 1, patience=20):
                return True
        finally:
            connection.close()

    waiting = threads.submit(call)
    wait_for(lambda: waits_for_a_place())
    assert not waiting.done()
    other.close()
    assert waiting.result(timeout=20)


def test_alone_means_alone(threads: ThreadPoolExecutor) -> None:
    entered = threading.Event()

    def call() -> None:
        try:
            with limits.turn("run:1", alone=True):
                entered.set()
        finally:
            connection.close()

    with limits.turn("run:1", alone=False):
        with somebody_else_sharing("run:1"):
            pass  # others may share it
        waiting = threads.submit(call)
        wait_for(waits_for_a_place)
        assert not entered.is_set()
    waiting.result(timeout=20)
    assert entered.is_set()


def waits_for_a_place() -> bool:
    """Whether another connection has looked for a place or a turn in vain."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() "
            "AND state = 'idle' AND query LIKE '%%pg_try_advisory_lock%%'"
        )
        return cursor.fetchone() is not None


def somebody_else_holding(place: str) -> "psycopg.Connection[tuple[object, ...]]":
    """Another session that holds a place, until it is closed."""
    other = _session()
    other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 7401))", [place])
    return other


def somebody_else_sharing(key: str) -> "psycopg.Connection[tuple[object, ...]]":
    other = _session()
    row = other.execute("SELECT pg_try_advisory_lock_shared(hashtextextended(%s, 7402))", [key]).fetchone()
    assert row == (True,)
    return other


def _session() -> "psycopg.Connection[tuple[object, ...]]":
    wanted = connection.get_connection_params()
    known = {name: wanted[name] for name in ("dbname", "user", "password", "host", "port") if wanted.get(name)}
    return psycopg.connect(**known, autocommit=True)
