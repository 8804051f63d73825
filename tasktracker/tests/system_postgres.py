"""A PostgreSQL of the system (Debian's, with contrib) for a test of its own: what the embedded one does not have."""

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tasktracker.embedded import accounts
from tasktracker.tests.support import wait_for

SUPERUSER = "tester"


def programs() -> Path | None:
    """The folder of the newest server's programs that has pg_trgm beside it."""
    found = [
        version / "bin"
        for version in Path("/usr/lib/postgresql").glob("[0-9]*")
        if (version / "bin" / "initdb").exists()
        and Path(f"/usr/share/postgresql/{version.name}/extension/pg_trgm.control").exists()
    ]
    return max(found, key=lambda folder: int(folder.parent.name), default=None)


@contextlib.contextmanager
def running() -> Iterator[Path]:
    """The folder of the socket of a server that lasts as long as the block; any user gets in."""
    account = accounts.engine_account()
    whose: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []} if account.changed else {}
    bin_ = programs()
    assert bin_ is not None
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        os.chown(folder, account.uid, account.gid)
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **whose}
        make = (str(bin_ / "initdb"), "-D", str(folder / "data"), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "-N")
        subprocess.run([*make, "--locale=C.UTF-8"], check=True, **quiet)
        server = subprocess.Popen(
            [
                *(bin_ / "postgres", "-D", folder / "data", "-c", "listen_addresses=", "-c", "fsync=off"),
                *("-c", f"unix_socket_directories={folder}", "-c", "shared_buffers=16MB"),
            ],
            **quiet,
        )
        try:
            wait_for(lambda: _answers(folder), timeout=30)
            yield folder
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)


@contextlib.contextmanager
def database(folder: Path, alias: str, *, user: str = SUPERUSER, name: str = "") -> Iterator[BaseDatabaseWrapper]:
    """A connection of Django's by the name `alias`, to a new database, or to the one that is named."""
    dbname = name or alias
    if not name:
        with psycopg.connect(_address(folder), autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{dbname}"')
    place = {"NAME": dbname, "USER": user, "PASSWORD": "", "HOST": str(folder), "PORT": "", "OPTIONS": {}}
    connections.databases[alias] = {**connections.databases["default"], **place}
    try:
        yield connections[alias]
    finally:
        connections[alias].close()
        del connections[alias], connections.databases[alias]


def _answers(folder: Path) -> bool:
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(_address(folder)):
        return True
    return False


def _address(folder: Path) -> str:
    return f"host={folder} user={SUPERUSER} dbname=postgres"
