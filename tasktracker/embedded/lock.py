"""One holder for each data directory, told by the kernel: the lock dies with its process, a pid file does not."""

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from tasktracker.embedded.errors import AlreadyRunning, from_os_error


@dataclass
class DirectoryLock:
    """A lock held through an open file; `note` is what others are told (an address, for instance)."""

    path: Path
    descriptor: int

    @classmethod
    def take(cls, path: Path, note: str = "") -> "DirectoryLock":
        """Hold the lock or raise AlreadyRunning, which names the holder."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise from_os_error(error, "lock the data directory") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "note": note}).encode(), 0)
        except BlockingIOError as error:
            os.close(descriptor)
            raise AlreadyRunning(_held_by(path)) from error
        except OSError as error:
            os.close(descriptor)
            raise from_os_error(error, "lock the data directory") from error
        return cls(path, descriptor)

    def release(self) -> None:
        """Let go; twice is harmless. The file stays: removing it would let two processes lock two files."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def _held_by(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        holder = {}
    who = f" (process {holder['pid']})" if "pid" in holder else ""
    where = f" at {holder['note']}" if holder.get("note") else ""
    return (
        f"Task Tracker is already running from {path.parent}{where}{who}: "
        "stop that one, or set DATA_DIR to another folder."
    )
