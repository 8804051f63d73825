"""The outbox: an event leaves only with its transaction, and none is passed over."""

import threading

import pytest
from django.db import connection, transaction

from tasktracker.core import events, selectors
from tasktracker.core.models import Event, Workspace
from tasktracker.core.tests.factories import Person

pytestmark = pytest.mark.django_db(transaction=True)


def emit(workspace: Workspace, number: int) -> None:
    events.emit(events.TopicCreated(workspace_id=workspace.pk, object_id=number))


def test_an_event_of_a_rolled_back_transaction_never_was(owner: Person) -> None:
    with transaction.atomic():
        emit(owner.workspace, 1)
        transaction.set_rollback(True)
    assert selectors.events_since(owner.workspace.pk, 0).events == []


def test_a_late_commit_is_not_passed_over(owner: Person) -> None:
    """A takes the smaller row id and commits last: a reader that has seen B must still get A."""
    written, may_commit = threading.Event(), threading.Event()

    def slow_writer() -> None:
        try:
            with transaction.atomic():
                emit(owner.workspace, 1)
                written.set()
                assert may_commit.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=slow_writer)
    thread.start()
    assert written.wait(10)
    emit(owner.workspace, 2)
    first = selectors.events_since(owner.workspace.pk, 0)
    assert [event["object"]["id"] for event in first.events] == [2]
    may_commit.set()
    thread.join(10)
    assert Event.objects.get(object_id=1).pk < Event.objects.get(object_id=2).pk
    second = selectors.events_since(owner.workspace.pk, first.last)
    assert [event["object"]["id"] for event in second.events] == [1]
    assert second.last > first.last


def test_readers_at_the_same_time_number_each_event_once(owner: Person) -> None:
    for number in range(50):
        emit(owner.workspace, number)
    results: list[list[int]] = []

    def read() -> None:
        try:
            results.append([event["id"] for event in selectors.events_since(owner.workspace.pk, 0).events])
        finally:
            connection.close()

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == [list(range(1, 51))] * 4


def test_a_reader_sees_only_its_workspace(owner: Person, stranger: Person) -> None:
    emit(owner.workspace, 1)
    emit(stranger.workspace, 2)
    assert [event["object"]["id"] for event in selectors.events_since(owner.workspace.pk, 0).events] == [1]


def test_a_gap_that_is_too_old_or_too_long_is_a_reset(owner: Person) -> None:
    for number in range(5):
        emit(owner.workspace, number)
    assert selectors.events_since(owner.workspace.pk, 0, limit=3).reset
    assert selectors.events_since(owner.workspace.pk, 99).reset
    Event.objects.filter(seq__lte=3).delete()
    assert selectors.events_since(owner.workspace.pk, 1).reset
    assert not selectors.events_since(owner.workspace.pk, 3).reset


def test_payloads_refuse_what_they_do_not_name(owner: Person) -> None:
    with pytest.raises(TypeError):
        events.TopicCreated(workspace_id=1, object_id=1, text="words")  # type: ignore[call-arg]
