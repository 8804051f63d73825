"""One supervised program: started in its own session, found again after a crash of ours, ended for certain."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tasktracker.embedded.accounts import Account
from tasktracker.embedded.errors import EngineError, from_os_error

LAUNCHER = Path(__file__).with_name("launch.py")
POLL_SECONDS = 0.05


def _nothing() -> None:
    pass


@dataclass(kw_only=True)
class Child:
    """A program to run. `death_signal` is what it gets when this process dies without a word (Linux).

    It has a session of its own, so that Ctrl-C in the terminal reaches only us and we choose the order of the end.
    `needs` are paths that it must be able to enter as `account`.
    """

    name: str
    argv: Sequence[str]
    log: Path
    pid_file: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    account: Account | None = None
    needs: Sequence[Path] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 30.0
    ready_seconds: float = 60.0
    prepare: Callable[[], None] = _nothing
    is_ready: Callable[[], bool] = lambda: True
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    starts: int = field(default=0, init=False)

    def start(self) -> None:
        """Run it, after whatever an earlier start of it left running has been ended. EngineError when that fails."""
        try:
            end_leftover(self.pid_file, self.stop_signal, self.stop_seconds)
            self.prepare()
            if not self.starts:
                _put_aside(self.log)
            self.process = self._spawn()
            self.starts += 1
            self.pid_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            pid = self.process.pid
            self.pid_file.write_text(json.dumps({"pid": pid, "birth": birth(pid)}), encoding="utf-8")
        except OSError as error:
            raise from_os_error(error, f"start {self.name}") from error

    def exit_code(self) -> int | None:
        """None while it runs (or was never started), else how it ended; negative is a signal."""
        return self.process.poll() if self.process else None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process and self.process.poll() is None else None

    def wait_ready(self) -> None:
        """Return when it answers; EngineError with the log's reason when it ends or takes too long."""
        deadline = time.monotonic() + self.ready_seconds
        while not self.is_ready():
            if self.exit_code() is not None:
                raise EngineError(f"{self.name} ended at once: {self.last_words()}")
            if time.monotonic() > deadline:
                raise EngineError(f"{self.name} did not answer within {self.ready_seconds:.0f} s: {self.last_words()}")
            time.sleep(POLL_SECONDS)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program itself, not to what it started; nothing where it has ended."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)

    def stop(self) -> None:
        """Ask it to end, wait, then make it end with everything in its session. Twice is harmless."""
        if self.process is None:
            return
        self.signal(self.stop_signal)
        self.finish(time.monotonic() + self.stop_seconds)

    def finish(self, deadline: float) -> None:
        """The second half of `stop`, for many at once: wait until `deadline` (monotonic), then kill."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, deadline - time.monotonic()))
        self.kill()

    def kill(self) -> None:
        """SIGKILL to its whole process group, and wait."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # none left; macOS: only zombies left
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.pid_file.unlink(missing_ok=True)

    def last_words(self) -> str:
        """Why it ended, as far as its log says, on one line."""
        lines = [line.strip() for line in _tail(self.log).splitlines() if line.strip()]
        if any("No space left on device" in line for line in lines):
            return "the disk is full; free some space, or set DATA_DIR to a folder on another disk."
        telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "ERROR", "rror:"))]
        return f"{(telling or lines or ['it said nothing'])[-1]} (see {self.log})"

    def _spawn(self) -> subprocess.Popen[bytes]:
        changed = self.account is not None and self.account.changed
        account = self.account if self.account and changed else Account(-1, -1, changed=False)
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            return subprocess.Popen(  # noqa: S603 (our launcher and an argument list, no shell)
                [
                    *(sys.executable, "-I", "-S", str(LAUNCHER)),
                    *(str(os.getpid()), str(int(self.death_signal)), str(account.uid), str(account.gid)),
                    *(str(path) for path in self.needs),
                    "--",
                    *self.argv,
                ],
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                env=None if self.env is None else dict(self.env),
                cwd=self.cwd,
                start_new_session=True,
            )
        finally:
            os.close(descriptor)


def stop_together(children: Sequence[Child]) -> None:
    """Ask all of them at once, wait for the slowest, kill what is left; also when we are interrupted meanwhile.

    Each is asked once: a second SIGTERM in the middle of Celery's shutdown makes it hang.
    """
    began = time.monotonic()
    running = [child for child in children if child.pid is not None]
    try:
        for child in running:
            child.signal(child.stop_signal)
        for child in running:
            child.finish(began + child.stop_seconds)
    finally:
        for child in children:
            child.kill()


def end_leftover(pid_file: Path, stop_signal: signal.Signals, seconds: float) -> None:
    """End the process that a pid file names, if it still is that process; a number may have been given to another."""
    try:
        record = json.loads(pid_file.read_text(encoding="utf-8"))
        pid, born = int(record["pid"]), str(record["birth"])
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError):
        pid, born = 0, ""  # half written when the power went
    if born and birth(pid) == born:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, stop_signal)
        deadline = time.monotonic() + seconds
        while birth(pid) == born and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        if birth(pid) == born:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
    pid_file.unlink(missing_ok=True)


def birth(pid: int) -> str:
    """When a process started, in the system's own words; empty where there is none (or only a zombie)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self/stat").exists():
            return ""
        listed = subprocess.run(  # noqa: S603 (a fixed program, a number)
            ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return listed.stdout.strip()
    return "" if fields[0] in "ZX" else fields[19]


def _put_aside(log: Path) -> None:
    if log.exists() and log.stat().st_size:
        log.replace(log.with_suffix(".log.1"))


def _tail(path: Path, size: int = 8192) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - size))
            return file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
