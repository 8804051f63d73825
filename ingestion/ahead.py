"""An iterator that is made in a thread of its own, a few steps ahead of its reader."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event, Semaphore, Thread
from typing import NamedTuple

STEPS = 2


class _End(NamedTuple):
    """After the last item: why there are no more."""

    error: BaseException | None


@contextmanager
def ahead[T](items: Iterator[T], steps: int = STEPS) -> Iterator[Iterator[T]]:
    """Gives the items in their order, at most `steps` made in advance; an error comes where it arose.

    For work that needs no database, beside work that waits for it. When the block is left the thread has ended.
    """
    made: SimpleQueue[T | _End] = SimpleQueue()
    room, is_over = Semaphore(steps), Event()

    def make() -> None:
        try:
            for item in items:
                made.put(item)
                room.acquire()
                if is_over.is_set():
                    return
        except BaseException as error:  # noqa: BLE001  # it is the reader's, and raised there
            made.put(_End(error))
        else:
            made.put(_End(None))

    def take() -> Iterator[T]:
        while not isinstance(item := made.get(), _End):
            room.release()
            yield item
        if item.error is not None:
            raise item.error

    thread = Thread(target=make, name="ahead", daemon=True)
    thread.start()
    try:
        yield take()
    finally:
        is_over.set()
        room.release()
        thread.join()
