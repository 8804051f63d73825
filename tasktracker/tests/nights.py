"""A night in which things die: a chat, what strikes the processes of `up`, and what is looked at in the morning."""

import contextlib
import http.client
import json
import os
import random
import re
import signal
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from tasktracker import embedded
from tasktracker.embedded import Layout, process

FIRST = datetime(2026, 3, 2, 7, tzinfo=UTC)
TALK = (
    ("Vera", "The night train page shows no seats when berths are free, see booking {n}."),
    ("Tomas", "I see it too for booking {n}: the count is read before the hold is released."),
    ("Vera", "We agreed to release the hold first, so booking {n} should work on Monday."),
    ("Ines", "Could the page say when a berth of booking {n} was last seen to be free?"),
)
# What each is asked to end by.
ENGINES_AND_WORKER = {"worker": signal.SIGTERM, "valkey": signal.SIGTERM, "postgres": signal.SIGINT}
# psycopg's own OperationalError is a connection that failed; what a server refuses is a class of psycopg.errors. The
# buffer of a connection that redis-py has closed under a reader says that the file is closed.
LOST = re.compile(
    r"^(psycopg\.OperationalError|psycopg\.errors\.(AdminShutdown|CannotConnectNow|CrashShutdown)"
    r"|psycopg_pool\.\w+|redis\.exceptions\.(ConnectionError|TimeoutError|BusyLoadingError)"
    r"|kombu\.exceptions\.OperationalError|Connection(Refused|Reset)Error|BrokenPipeError"
    r"|ValueError: I/O operation on closed file)\b",
    re.MULTILINE,
)
RECORD = re.compile(r"^(?=\d{4}-\d\d-\d\d |(?:DEBUG|INFO|WARNING|ERROR|CRITICAL): )", re.MULTILINE)


def chat(conversations: int) -> list[dict[str, Any]]:
    """Messages for POST /api/messages/bulk: talks of four, each a window of its own, every text said once."""
    return [
        {
            "source": "night",
            "channel": "trains",
            "external_id": f"{number}-{place}",
            "author": author,
            "text": text.format(n=10_000 + number),
            "sent_at": (FIRST + timedelta(hours=2 * number, seconds=20 * place)).isoformat(),
        }
        for number in range(conversations)
        for place, (author, text) in enumerate(TALK)
    ]


def call(port: int, path: str, token: str, body: Any = None) -> Any:
    """What the API answers to a GET, or to a POST of `body`; OSError where it does not."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)
    except http.client.HTTPException as error:
        raise OSError(f"no whole answer: {type(error).__name__}") from error


class Trouble:
    """Strikes what runs from a data directory, as its dice say; `struck` tells what, in order."""

    def __init__(self, data_dir: Path, dice: random.Random) -> None:
        self.folder = Layout.of(data_dir).pid_file("x").parent
        self.dice = dice
        self.struck: list[str] = []

    def strike(self) -> None:
        """kill -9 to the worker with its children, to Valkey or to PostgreSQL, or an orderly restart of all three.

        What is down at the moment is not chosen.
        """
        up = [name for name in ENGINES_AND_WORKER if self._pid(name)]
        if not up:
            return
        kind = self.dice.choice([*up, "restart"])
        self.struck.append(kind)
        if kind == "restart":
            for name, number in ENGINES_AND_WORKER.items():
                _send(os.kill, self._pid(name), number)
        else:
            _send(os.killpg if kind == "worker" else os.kill, self._pid(kind), signal.SIGKILL)

    def _pid(self, name: str) -> int:
        """0 where it is down, or just on its way up."""
        try:
            record = json.loads((self.folder / f"{name}.json").read_text())
        except (FileNotFoundError, ValueError):
            return 0
        pid = int(record["pid"])
        return pid if process.birth(pid) == record["birth"] else 0


def _send(how: Callable[[int, int], None], pid: int, number: signal.Signals) -> None:
    if pid:
        with contextlib.suppress(ProcessLookupError):
            how(pid, number)


def rows(data_dir: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """From the database of a running `up`."""
    with psycopg.connect(embedded.engines(data_dir).database_url) as connection:
        return connection.execute(query, values).fetchall()


def left_of(data_dir: Path) -> list[str]:
    """Command lines of processes that work for, or in, a data directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # ended meanwhile, or somebody else's
            works_for = f"DATA_DIR={data_dir}\0".encode() in (entry / "environ").read_bytes()
            if works_for or (entry / "cwd").readlink().is_relative_to(data_dir):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


def errors_in(logs: Path) -> Iterator[str]:
    """Each record of the logs with a traceback, unless a lost connection is among its causes."""
    for path in sorted(logs.glob("*.log*")):
        for record in RECORD.split(path.read_text(errors="replace")):
            if "Traceback (most recent call last)" in record and not LOST.search(record):
                yield f"{path.name}: {record}"


def counted(found: list[tuple[Any, ...]]) -> Counter[Any]:
    """How often each first column came."""
    return Counter(row[0] for row in found)
