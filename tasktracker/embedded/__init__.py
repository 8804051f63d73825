"""PostgreSQL (with pgvector) and Valkey out of Python wheels, for one machine and no installation.

Everything lies below one data directory: `postgres/`, `valkey/`, `logs/`, `secrets.json` (mode 600). Both servers
listen on Unix sockets only, in a directory that nobody else may enter, and ask for a random password. The URLs follow
from the data directory alone, so a second terminal finds engines that the first one started.

Importing this package is cheap and needs no Django: settings read `engines` and `secrets` from it.
"""

import shutil
import socket
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tasktracker.embedded import postgres, valkey
from tasktracker.embedded.errors import AlreadyRunning, EngineError
from tasktracker.embedded.keys import Secrets, secrets
from tasktracker.embedded.layout import Layout
from tasktracker.embedded.lock import DirectoryLock
from tasktracker.embedded.process import Child

__all__ = [
    "AlreadyRunning",
    "Child",
    "DirectoryLock",
    "EngineError",
    "Engines",
    "Layout",
    "Running",
    "Secrets",
    "engines",
    "is_running",
    "secrets",
    "start",
]

ROOM_NEEDED = 150 * 2**20  # a new cluster takes 40 MB, its log of changes soon 100


@dataclass(frozen=True)
class Engines:
    """`database_url` is a libpq URL, `redis_url` a redis-py URL; both hold a password and stay out of `repr`."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)


@dataclass(frozen=True)
class Running:
    """Engines that this process started, PostgreSQL first; the lock on the data directory goes with `stop`."""

    engines: Engines
    children: tuple[Child, ...]
    layout: Layout
    lock: DirectoryLock

    def stop(self) -> None:
        """End both servers, the last started first, and let go of the data directory. Twice is harmless."""
        try:
            for child in reversed(self.children):
                child.stop()
            self.layout.tidy()
        finally:
            self.lock.release()


def engines(data_dir: Path) -> Engines:
    """The URLs of the engines of `data_dir`, running or not. Makes the passwords on first use."""
    layout, made = Layout.of(data_dir), secrets(data_dir)
    host = quote(str(layout.sockets))
    return Engines(
        # The port is only part of the socket's name; without it PGPORT of somebody's shell would be taken.
        database_url=f"postgresql://{postgres.USER}:{made.postgres_password}@/{postgres.DATABASE}"
        f"?host={host}&port={postgres.PORT}",
        redis_url=f"unix://:{made.valkey_password}@{quote(str(layout.valkey_socket))}?db=0",
    )


def is_running(data_dir: Path) -> bool:
    """Whether both engines of `data_dir` accept connections now."""
    layout = Layout.of(data_dir)
    return all(_accepts(path) for path in (layout.postgres_socket, layout.valkey_socket))


def start(data_dir: Path, *, fsync: bool = True) -> Running:
    """Start both engines and wait until they answer; EngineError in one clear line where they cannot.

    The data directory is locked first: a second start on it is `AlreadyRunning`. Servers that an earlier, killed start
    left behind are ended before. `fsync=False` is for tests: it loses data on a power cut.
    """
    layout = Layout.of(data_dir)
    layout.prepare()
    _check_room(layout)
    lock = DirectoryLock.take(layout.lock_file("engines"))
    children: list[Child] = []
    try:
        made = secrets(data_dir)
        for child in (postgres.child(layout, made, fsync=fsync), valkey.child(layout, made, fsync=fsync)):
            children.append(child)
            child.start()
        for child in children:
            child.wait_ready()
    except BaseException:
        Running(engines(data_dir), tuple(children), layout, lock).stop()
        raise
    return Running(engines(data_dir), tuple(children), layout, lock)


def _check_room(layout: Layout) -> None:
    free = shutil.disk_usage(layout.root).free
    if free < ROOM_NEEDED:
        raise EngineError(
            f"The disk is nearly full ({free // 2**20} MB left for {layout.root}, "
            f"{ROOM_NEEDED // 2**20} MB are needed): free some space, or set DATA_DIR to a folder on another disk."
        )


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        return client.connect_ex(str(path)) == 0
