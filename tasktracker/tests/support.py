"""What tests of every app share: waiting for a condition, short and long counts, real processes."""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from django.apps import apps
from django.db import connection

from tasktracker import stack
from tasktracker.embedded import Child, Layout
from tasktracker.embedded.process import stop_together

LONG = os.environ.get("TT_LONG") == "1"  # make test-long


def count(short: int, full: int) -> int:
    """How often a fault, race or fuzz test repeats: `short` in `make test`, `full` in `make test-long`."""
    return full if LONG else short


def wait_for[T](condition: Callable[[], T], timeout: float = 20.0, every: float = 0.05) -> T:
    """Ask `condition` until it is true and return what it said; AssertionError with its last answer after `timeout`."""
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            name = getattr(condition, "__name__", repr(condition))
            raise AssertionError(f"not within {timeout:.0f} s: {name} (its last answer: {answer!r})")
        time.sleep(every)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class LiveStack:
    """Running processes. `url` has no slash at its end; `logs` is the folder with web.log, worker.log, beat.log."""

    plan: stack.Plan
    children: dict[str, Child] = field(default_factory=dict)

    @classmethod
    @contextlib.contextmanager
    def started(
        cls,
        folder: Path,
        *,
        worker: bool = True,
        beat: bool = True,
        concurrency: int = 2,
        variables: Mapping[str, str] | None = None,
    ) -> Iterator["LiveStack"]:
        """Start against the current test database, wait until /api/health is content, and end all of it after."""
        layout = Layout.of(folder / "stack")
        layout.prepare()
        plan = stack.Plan(
            layout=layout,
            port=free_port(),
            beat=beat,
            concurrency=concurrency,
            variables={"DATABASE_URL": _test_database_url(), "DATA_DIR": str(layout.root), **(variables or {})},
        )
        live = cls(plan, {child.name: child for child in stack.children(plan) if worker or child.name != "worker"})
        try:
            for child in live.children.values():
                child.start()
            live.wait_ready()
            yield live
        finally:
            stop_together(list(live.children.values()))

    @property
    def url(self) -> str:
        return f"http://{self.plan.host}:{self.plan.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{self.plan.host}:{self.plan.port}/ws/"

    @property
    def logs(self) -> Path:
        return self.plan.layout.logs

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Until health says ok for the web process and for each other process that runs."""

        def ready() -> bool:
            for child in self.children.values():
                assert child.exit_code() is None, f"{child.name} ended: {child.last_words()}"
            found = stack.health(self.plan, "localhost")
            return all(found.get(name) == "ok" for name in ("web", "database", "broker", *self.children))

        wait_for(ready, timeout)

    def kill(self, name: str) -> None:
        """kill -9 to a process with everything it started: web, worker or beat. Its last heartbeat goes with it."""
        self.children[name].kill()
        _forget_heartbeat(name)

    def terminate(self, name: str) -> float:
        """SIGTERM, as a deployment does; the seconds until it was gone."""
        began = time.monotonic()
        child = self.children[name]
        child.signal(signal.SIGTERM)
        wait_for(lambda: child.exit_code() is not None, timeout=60)
        _forget_heartbeat(name)
        return time.monotonic() - began

    def start(self, name: str) -> None:
        """Start it (again); returns at once, see `wait_ready`."""
        self.children[name].start()

    def kill_worker(self) -> None:
        """kill -9 to the worker and its children."""
        self.kill("worker")

    def restart_worker(self) -> None:
        """Start the worker again after `kill_worker`."""
        self.start("worker")


def _forget_heartbeat(name: str) -> None:
    # By name: conftest.py imports this module before Django has its models.
    apps.get_model("core", "Heartbeat").objects.filter(name=name).delete()


def _test_database_url() -> str:
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{quote(str(connection.settings_dict['NAME']))}"))
