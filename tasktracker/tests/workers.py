"""What reads a platform, in tests: as the process that `up` starts, or on a thread of the test's own."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tasktracker import stack
from tasktracker.embedded import Child, Layout
from tasktracker.runner import Worker
from tasktracker.tests.fake_bot_api import _test_database
from tasktracker.tests.support import wait_for


@contextlib.contextmanager
def running[W: Worker](make: Callable[[], W], stop: Callable[[W], None]) -> Iterator[W]:
    """Run what `make` makes; on leaving it is stopped as by SIGTERM, and whatever broke it is raised."""
    ready = threading.Event()
    made: list[tuple[W, asyncio.AbstractEventLoop]] = []
    broken: list[BaseException] = []

    async def main() -> None:
        worker = make()
        made.append((worker, asyncio.get_running_loop()))
        ready.set()
        await worker.run()

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            broken.append(error)
            raise
        finally:
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(30)
    try:
        yield made[0][0]
    finally:
        for worker, loop in made:
            if not loop.is_closed():
                loop.call_soon_threadsafe(stop, worker)
        thread.join(30)
    assert not thread.is_alive(), "it did not stop"
    assert broken == []


@dataclass
class Process:
    """A program of the stack exactly as `up` starts it, against the test database."""

    child: Child
    log: Path

    @staticmethod
    def make(plan: stack.Plan) -> Child:
        raise NotImplementedError

    @classmethod
    @contextlib.contextmanager
    def started(cls, folder: Path, **variables: str) -> Iterator[Self]:
        """Start it, and end it after, whatever happened."""
        layout = Layout.of(folder)
        layout.prepare()
        told = {"DATABASE_URL": _test_database(), "DATA_DIR": str(layout.root), **variables}
        child = cls.make(stack.Plan(layout=layout, variables=told))
        process = cls(child, child.log)
        try:
            child.start()
            yield process
        finally:
            child.kill()

    def wait(self, condition: Any, timeout: float = 120) -> Any:
        """`wait_for`, but with the reason when the process has ended meanwhile."""

        def alive_and_true() -> Any:
            assert self.child.exit_code() is None, f"it ended: {self.child.last_words()}"
            return condition()

        return wait_for(alive_and_true, timeout)

    def said(self, words: str) -> bool:
        return words in self.log.read_text(encoding="utf-8", errors="replace")
