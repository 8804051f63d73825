"""What tests of every app share: waiting for a condition, short and long counts, real processes."""

import contextlib
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import redis
from django.apps import apps
from django.db import connection
from django.utils import timezone

from tasktracker import env, stack
from tasktracker.embedded import Child, Layout
from tasktracker.embedded.process import stop_together

LONG = os.environ.get("TT_LONG") == "1"  # make test-long
PATIENCE = 3 if LONG else 1  # with full counts the processes of other tests take most of a small machine's time


def count(short: int, full: int) -> int:
    """How often a fault, race or fuzz test repeats: `short` in `make test`, `full` in `make test-long`."""
    return full if LONG else short


def some[T](rows: Sequence[T], step: int, start: int = 0) -> Sequence[T]:
    """Every `step`-th row from `start` on in `make test`, all of them in `make test-long`."""
    return rows if LONG else rows[start % step :: step]


def wait_for[T](condition: Callable[[], T], timeout: float = 20.0, every: float = 0.05) -> T:
    """Ask `condition` until it is true and return what it said.

    AssertionError with its last answer after `timeout` seconds, or three times as long in `make test-long`.
    """
    timeout *= PATIENCE
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
    """A port of this machine that nobody listens on now.

    It is below those that the system gives to outgoing connections, so none of them takes it before it is used.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class LiveStack:
    """Running processes. `url` has no slash at its end; `logs` is the folder with web.log, worker.log, beat.log.

    One for all tests of a pytest process: each takes what it needs by `use`, and what runs already is not started anew.
    """

    plan: stack.Plan
    children: dict[str, Child] = field(default_factory=dict)
    plans: dict[str, stack.Plan] = field(default_factory=dict)  # how each was started
    used: Collection[str] = ()  # those that the present test wants; the others hold still

    @classmethod
    @contextlib.contextmanager
    def standing_by(cls, folder: Path) -> Iterator["LiveStack"]:
        """Nothing runs yet; whatever does at the end is ended."""
        layout = Layout.of(folder / "stack")
        layout.prepare()
        variables = {"DATABASE_URL": _test_database_url(), "DATA_DIR": str(layout.root)}
        live = cls(stack.Plan(layout=layout, port=free_port(), variables=variables))
        try:
            yield live
        finally:
            live.used = live.children.keys()
            live._signal(signal.SIGCONT)
            stop_together(list(live.children.values()))

    def use(
        self,
        *,
        worker: bool = True,
        beat: bool = True,
        concurrency: int = 2,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Have exactly these run against the current test database, and wait until /api/health is content.

        `concurrency` and `variables` are the worker's; one that was started with others is started again.
        """
        own = replace(self.plan, concurrency=concurrency, variables={**self.plan.variables, **(variables or {})})
        wanted = {"web": self.plan} | ({"worker": own} if worker else {}) | ({"beat": self.plan} if beat else {})
        makers = {"web": stack.web, "worker": stack.worker, "beat": stack.beat}
        for name in list(self.children):
            if self.plans[name] != wanted.get(name, self.plans[name]) or not self.children[name].pid:
                self.kill(name)
                del self.children[name]
        self.used = wanted.keys()
        self._signal(signal.SIGCONT)
        for name, plan in wanted.items():
            if name in self.children:
                _tell_heartbeat(name)  # the one that it told went with the last test's data
            else:
                self.children[name], self.plans[name] = makers[name](plan), plan
                self.children[name].start()
        self.wait_ready()

    def pause(self) -> None:
        """After a test: whoever runs holds still, and holds no lock that the emptying of the database waits for."""

        def still() -> bool:
            self._signal(signal.SIGSTOP)
            if nobody_else_works():
                time.sleep(0.02)  # on a busy machine the database may not have read yet what was sent just before
                if nobody_else_works():
                    return True
            self._signal(signal.SIGCONT)
            return False

        empty_valkey()  # no job waits any more
        try:
            wait_for(still, timeout=30)
        except AssertionError:
            # A job that outlasts its test ends with its process: kept, it would work in the data of the next ones.
            for name in self.used:
                self.children[name].kill()
            end_of_others()
            wait_for(nobody_else_works, timeout=30)

    def _signal(self, number: signal.Signals) -> None:
        """To every process of every child that is used."""
        for name, child in self.children.items():
            if child.pid and name in self.used:
                os.killpg(child.pid, number)

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
            for child in (self.children[name] for name in self.used):
                assert child.exit_code() is None, f"{child.name} ended: {child.last_words()}"
            found = stack.health(self.plan, "localhost")
            return all(found.get(name) == "ok" for name in ("web", "database", "broker", *self.used))

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


@cache
def _valkeys() -> list["redis.Redis"]:
    """Broker and cache, and the channel layer, of this pytest process."""
    url = os.environ["REDIS_URL"]
    return [redis.Redis.from_url(address) for address in (url, env.channel_host(url)["address"])]


def empty_valkey() -> None:
    """Broker, cache and channel layer of this pytest process. Most tests left nothing there."""
    for client in _valkeys():
        with contextlib.suppress(redis.ConnectionError):  # a test may have taken the server down
            if client.dbsize():
                client.flushdb()


def nobody_else_works() -> bool:
    """Whether every other connection to this test database has nothing to do."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        (count,) = cursor.fetchall()
    return bool(count == (0,))


def end_of_others() -> None:
    """The server gives up what it does for other connections to this test database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _tell_heartbeat(name: str) -> None:
    apps.get_model("core", "Heartbeat").objects.update_or_create(name=name, defaults={"at": timezone.now()})


def _forget_heartbeat(name: str) -> None:
    # By name: conftest.py imports this module before Django has its models.
    apps.get_model("core", "Heartbeat").objects.filter(name=name).delete()


def _test_database_url() -> str:
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{quote(str(connection.settings_dict['NAME']))}"))
