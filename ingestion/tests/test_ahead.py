"""Reading ahead in a thread: the same items in the same order, errors where they arose, nothing left running."""

import threading
from collections.abc import Iterator

import pytest

from ingestion.ahead import ahead

WAIT = 10  # seconds; reached only by a test that fails


def test_the_items_come_in_their_order() -> None:
    with ahead(iter(range(1_000))) as items:
        assert list(items) == list(range(1_000))


def test_an_error_comes_after_the_items_before_it() -> None:
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the file breaks off")

    got: list[int] = []
    with ahead(broken()) as items, pytest.raises(ValueError, match="breaks off"):
        got.extend(items)
    assert got == [1, 2]


def test_no_more_is_made_in_advance_than_was_asked_for() -> None:
    made: list[int] = []
    third, fourth = threading.Event(), threading.Event()

    def counted() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            (third if number == 2 else fourth if number == 3 else threading.Event()).set()
            yield number

    with ahead(counted(), steps=2) as items:
        assert third.wait(WAIT)
        assert not fourth.is_set()
        assert made == [0, 1, 2]
        assert next(items) == 0
        assert fourth.wait(WAIT)


def test_a_reader_that_leaves_early_leaves_no_thread_behind() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    def read() -> None:
        with ahead(endless()) as items:
            next(items)
            raise KeyError("the database went away")

    before = threading.active_count()
    with pytest.raises(KeyError):
        read()
    assert closed.wait(WAIT)
    assert threading.active_count() == before
