"""Keeps a set of programs running: restarts what dies, shows what they complain about, ends them in order."""

import re
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from tasktracker.embedded.errors import EngineError
from tasktracker.embedded.process import Child, stop_together

TICK_SECONDS = 0.25
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
STABLE_SECONDS = 60.0  # alive this long: the next death starts again at the first pause
LOG_LIMIT = 20 * 1024 * 1024
COMPLAINTS_A_MINUTE = 3

_COMPLAINT = re.compile(r"\b(ERROR|CRITICAL|FATAL|PANIC)\b|^\w*(Error|Exception)\b")

Say = Callable[[str, str], None]


@dataclass
class _Watched:
    child: Child
    log_position: int = 0
    pause: float = FIRST_PAUSE
    started_at: float = field(default_factory=time.monotonic)
    start_again_at: float | None = None
    minute: int = 0
    complaints: int = 0


class Supervisor:
    """Watches children that have been started: engines, and programs that need them. `say(who, text)` prints a line."""

    def __init__(self, engines: Sequence[Child], programs: Sequence[Child], say: Say) -> None:
        self.say = say
        self._programs = list(programs)
        self._watched = [_Watched(child) for child in (*engines, *programs)]

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Run until `until()` is true; a KeyboardInterrupt (see `signals_interrupt`) ends it as well."""
        while not until():
            for watched in self._watched:
                self._look_after(watched)
                self._read_log(watched)
            time.sleep(TICK_SECONDS)

    def add(self, program: Child) -> None:
        """Start one more program, and watch over it as over the others."""
        program.start()
        self._programs.append(program)
        self._watched.append(_Watched(program))

    def stop(self) -> None:
        """Ask all programs at once, wait for the slowest; a second Ctrl-C kills what is left. Engines go on."""
        stop_together(self._programs)

    def _look_after(self, watched: _Watched) -> None:
        now = time.monotonic()
        child = watched.child
        if watched.start_again_at is not None:
            if now >= watched.start_again_at:
                self._start_again(watched)
            return
        code = child.exit_code()
        if code is None:
            return
        child.kill()  # what it had started and left behind
        if now - watched.started_at > STABLE_SECONDS:
            watched.pause = FIRST_PAUSE
        self.say(child.name, f"ended ({how(code)}): {child.last_words()}; starting again in {watched.pause:.0f} s")
        watched.start_again_at = now + watched.pause
        watched.pause = min(watched.pause * 2, LONGEST_PAUSE)

    def _start_again(self, watched: _Watched) -> None:
        watched.start_again_at, watched.started_at = None, time.monotonic()
        try:
            watched.child.start()
        except EngineError as error:
            self.say(watched.child.name, f"{error} Trying again in {watched.pause:.0f} s.")
            watched.start_again_at = time.monotonic() + watched.pause
            watched.pause = min(watched.pause * 2, LONGEST_PAUSE)
        else:
            self.say(watched.child.name, "started again")

    def _read_log(self, watched: _Watched) -> None:
        path = watched.child.log
        try:
            size = path.stat().st_size
            if size < watched.log_position:
                watched.log_position = 0
            if size == watched.log_position:
                return
            with path.open("rb") as file:
                file.seek(watched.log_position)
                new = file.read(256 * 1024)
            if size > LOG_LIMIT:
                _rotate(path)
                watched.log_position = 0
            else:
                watched.log_position += len(new)
        except OSError as error:
            self._complain(watched, f"its log cannot be read: {error.strerror}")
            return
        for line in new.decode("utf-8", errors="replace").splitlines():
            if _COMPLAINT.search(line):
                self._complain(watched, line.strip())

    def _complain(self, watched: _Watched, line: str) -> None:
        minute = int(time.monotonic() // 60)
        if minute != watched.minute:
            watched.minute, watched.complaints = minute, 0
        watched.complaints += 1
        if watched.complaints <= COMPLAINTS_A_MINUTE:
            self.say(watched.child.name, line[:300])
        elif watched.complaints == COMPLAINTS_A_MINUTE + 1:
            self.say(watched.child.name, f"… more of that in {watched.child.log}")


def how(code: int) -> str:
    """An exit code for a person: `exit 1`, or the signal's name."""
    if code >= 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def signals_interrupt() -> None:
    """Let SIGTERM and SIGHUP (the terminal was closed) end us the way Ctrl-C does, in order."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def _rotate(path: Path) -> None:
    # Copied and cut rather than renamed: the child goes on writing (appending) to the file that it has open.
    path.with_suffix(".log.1").write_bytes(path.read_bytes())
    with path.open("r+b") as file:
        file.truncate(0)
