"""A long job gives way where others could not run else, and when its worker ends; not before."""

import mmap

import pytest
from django.conf import settings
from redis import Redis

from tasktracker.core import turns
from tasktracker.core.events import enqueue
from tasktracker.core.throttling import counters
from tasktracker.core.turns import Turn


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "OWN_SECONDS", 0)
    monkeypatch.setattr(turns, "LOOK_SECONDS", 0)
    monkeypatch.setattr(turns, "STUCK_SECONDS", 0)
    monkeypatch.setattr(turns, "_ending", mmap.mmap(-1, 1))


def test_nobody_waits() -> None:
    turn = Turn()
    assert [turn.is_over() for _ in range(3)] == [False, False, False]


def test_a_job_that_nobody_takes_gets_its_turn() -> None:
    turn = Turn()
    assert enqueue("analysis.tasks.sweep_runs")
    assert [turn.is_over() for _ in range(2)] == [False, True]


def test_jobs_that_come_and_go_have_a_process_of_their_own() -> None:
    turn = Turn()
    for _ in range(4):
        enqueue("analysis.tasks.sweep_runs")
        assert not turn.is_over()
        counters().rpop(settings.BROKER_QUEUE_KEY)


def test_nobody_is_asked_before_the_own_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "OWN_SECONDS", 60)
    monkeypatch.setattr(turns, "counters", None)
    assert not Turn().is_over()


def test_it_ends_with_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "OWN_SECONDS", 60)
    turn = Turn()
    turns._end(sig="TERM")
    assert turn.is_over()


def test_no_turn_lasts_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_SECONDS", 0)
    assert Turn().is_over()


@pytest.mark.long
def test_without_a_broker_it_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "counters", lambda: Redis(port=1))
    assert Turn().is_over()
