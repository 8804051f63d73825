"""`manage.py up` as a person runs it: one terminal, real processes, every way to end it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tasktracker import embedded, stack
from tasktracker.embedded import Layout, process
from tasktracker.supervisor import signals_interrupt
from tasktracker.tests.support import LONG, free_port, some, wait_for

pytestmark = pytest.mark.live
START_SECONDS = 120.0  # it says by itself after 90 what is missing


class Terminal:
    """A running `manage.py up`, with what it has printed so far."""

    def __init__(
        self,
        data_dir: Path,
        port: int,
        *arguments: str,
        command: str = "up",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir, self.port = data_dir, port
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", command, *arguments],
            cwd=stack.BASE_DIR,
            env={**environment(data_dir), "PORT": str(port), "PYTHONUNBUFFERED": "1", **(variables or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait_ready(self) -> None:
        def said_or_over() -> bool:
            return re.search("^(Ready|Running)", self.text, re.MULTILINE) is not None or self.process.poll() is not None

        wait_for(said_or_over, START_SECONDS)
        assert "Ready: " in self.text, self.text

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        self._reader.join(timeout=10)
        return code

    def pids(self) -> dict[str, int]:
        folder = Layout.of(self.data_dir).pid_file("x").parent
        return {path.stem: json.loads(path.read_text())["pid"] for path in folder.glob("*.json")}

    def health(self) -> dict[str, str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/health", timeout=10) as response:
            return dict(json.load(response)["checks"])


def environment(data_dir: Path) -> dict[str, str]:
    """Without the engines of these tests: `up` brings its own."""
    left_out = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "TELEGRAM_BOT_TOKEN", "PORT"}
    kept = {name: value for name, value in os.environ.items() if name not in left_out and not name.startswith("TT_")}
    return kept | {"DATA_DIR": str(data_dir)}


def run(data_dir: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=stack.BASE_DIR,
        env=environment(data_dir),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def alive(pids: dict[str, int]) -> list[str]:
    return [name for name, pid in pids.items() if process.birth(pid)]


def get(port: int, path: str, token: str) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/{path}", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


@pytest.fixture
def start_up(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts `up` on one data directory, as often as it is called."""
    data_dir = tmp_path / "data"
    started: list[Terminal] = []

    def start(command: str = "up", **variables: str) -> Terminal:
        started.append(Terminal(data_dir, free_port(), command=command, variables=variables))
        return started[-1]

    yield start
    for terminal in started:
        terminal.end(signal.SIGKILL)
    for pid_file in (Layout.of(data_dir).pid_file("x").parent).glob("*.json"):
        process.end_leftover(pid_file, signal.SIGTERM, 20)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_from_the_first_start_to_the_last_ctrl_c(start_up: Callable[..., Terminal]) -> None:
    """One long life of one data directory: each start costs seconds, so each is used for all that it can show."""
    first = start_up("demo")
    password = check_first_demo(first)
    token = check_second_terminal(first)
    stats = get(first.port, "stats", token)
    check_what_dies_is_started_again(first)

    pids = first.pids()
    first.end(signal.SIGKILL)
    wait_for(lambda: not alive(pids), 40)

    second = start_up("demo")
    second.wait_ready()
    assert "loading" not in second.text
    assert password not in second.text
    assert "manage.py password demo" in second.text
    assert len(get(second.port, "analysis/runs", token)["results"]) == 1
    assert get(second.port, "stats", token)["messages"] == stats["messages"]
    last = second
    if LONG:  # else test_embedded.py shows what all of them dying at once leaves
        for pid in (second.process.pid, *second.pids().values()):
            os.kill(pid, signal.SIGKILL)
        second.process.wait()
        last = start_up()
        last.wait_ready()
        assert get(last.port, "stats", token)["messages"] == stats["messages"]
    pids = last.pids()
    assert last.end(signal.SIGINT) == 0
    assert last.lines[-1] == "Stopped."
    assert alive(pids) == []
    assert last.pids() == {}
    assert "Traceback" not in last.text


def check_first_demo(up: Terminal) -> str:
    """It loads the sample chat, is healthy, has found something, and says its password; that password."""
    wait_for(lambda: "stage 1 is completed" in up.text or up.process.poll() is not None, START_SECONDS)
    assert "stage 1 is completed" in up.text, up.text
    assert f"Ready: http://127.0.0.1:{up.port}/" in up.lines
    assert set(up.health().values()) == {"ok"}
    assert set(up.pids()) == {"postgres", "valkey", "web", "worker", "beat"}
    login = re.search(r"^Log in: demo / (\S+)   \(shown only this once\)$", up.text, re.MULTILINE)
    assert login is not None
    return login[1]


def check_second_terminal(up: Terminal) -> str:
    """Commands find the engines; a second start on the same directory is refused and harms nothing; a token."""
    made = run(up.data_dir, "token", "demo", "--workspace", "demo")
    assert made.returncode == 0, made.stderr
    assert re.fullmatch(r"\S+\n", made.stdout)  # only the token on standard output
    token = made.stdout.strip()
    assert wait_for(lambda: get(up.port, "proposals", token)["results"])
    if not LONG:  # test_embedded.py shows the second start
        return token
    doctor = run(up.data_dir, "doctor")
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert {"database", "broker", "worker", "beat"} <= {line.split()[0] for line in doctor.stdout.splitlines()}
    second = run(up.data_dir, "up", "--port", str(free_port()))
    assert second.returncode == 1
    assert f"already running from {up.data_dir} at http://127.0.0.1:{up.port}/" in second.stderr
    assert second.stderr.count("\n") == 1
    assert set(up.health().values()) == {"ok"}
    return token


def check_what_dies_is_started_again(up: Terminal) -> None:
    before = up.pids()
    killed = some(("postgres", "worker", "web", "valkey"), 4)
    for name in killed:
        os.kill(before[name], signal.SIGKILL)

    def healed() -> bool:
        now = up.pids()
        if any(now.get(name, before[name]) == before[name] for name in killed):
            return False
        try:
            return set(up.health().values()) == {"ok"}
        except OSError:
            return False

    wait_for(healed, START_SECONDS)
    assert "ended (SIGKILL)" in up.text
    assert up.pids()["beat"] == before["beat"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_that_ends_a_terminal_ends_it_in_order(number: signal.Signals) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        signals_interrupt()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@pytest.mark.long
def test_a_port_in_use_is_named_with_another_that_is_free(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(tmp_path / "data", "up", "--port", str(port))
    assert done.returncode == 1
    assert re.search(rf"Port {port} on 127\.0\.0\.1 cannot be used .* PORT=\d+\.", done.stderr)
    assert done.stderr.count("\n") == 1
    assert not embedded.is_running(tmp_path / "data")


@pytest.mark.long
def test_commands_say_how_to_start_the_engines_when_they_are_not_running(tmp_path: Path) -> None:
    done = run(tmp_path / "data", "token", "ann")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "are not running: start them in another terminal with make demo or manage.py up" in done.stderr
    assert done.stderr.count("\n") == 1
    doctor = run(tmp_path / "data", "doctor")
    assert doctor.returncode == 1
    assert doctor.stdout.splitlines()[0].split()[:2] == ["engines", "down"]


@pytest.mark.long
def test_no_embedded_without_servers_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path / "data", "up", "--no-embedded")
    assert done.returncode == 1
    assert "--no-embedded needs DATABASE_URL and REDIS_URL" in done.stderr
