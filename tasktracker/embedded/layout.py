"""Where everything lies below the data directory, and where sockets go when its path is too long for them."""

import contextlib
import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tasktracker.embedded import accounts
from tasktracker.embedded.errors import EngineError, from_os_error

# sun_path holds 107 bytes on Linux and 103 on macOS; the longest name we put there is 14 bytes.
SOCKET_DIR_LIMIT = 103 - len("/.s.PGSQL.5432")
_PLAIN = re.compile(r"[A-Za-z0-9_./+-]+")


@dataclass(frozen=True)
class Layout:
    """The paths of one data directory, all absolute. Nothing here touches the disk but `prepare`."""

    root: Path
    sockets: Path

    @classmethod
    def of(cls, data_dir: Path) -> "Layout":
        """The same answer in every terminal: it depends on the path and the user only."""
        root = data_dir.expanduser().resolve()
        inside = root / "run"
        if len(os.fsencode(inside)) <= SOCKET_DIR_LIMIT and _PLAIN.fullmatch(str(inside)):
            return cls(root, inside)
        name = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
        return cls(root, _short_temp() / f"tasktracker-{os.getuid()}-{name}")

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def secrets_file(self) -> Path:
        return self.root / "secrets.json"

    @property
    def postgres_socket(self) -> Path:
        return self.sockets / ".s.PGSQL.5432"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def lock_file(self, name: str) -> Path:
        return self.root / f"{name}.lock"

    def pid_file(self, name: str) -> Path:
        return self.root / "pids" / f"{name}.json"

    def tidy(self) -> None:
        """Remove the folder for sockets where it lies outside the data directory and is empty."""
        if self.sockets.parent != self.root:
            with contextlib.suppress(OSError):  # not empty, or gone already
                self.sockets.rmdir()

    def prepare(self) -> None:
        """Make the directories; EngineError where that is not possible or where somebody else owns them."""
        make_root(self.root)
        try:
            for path in (self.logs, self.root / "pids"):
                path.mkdir(mode=0o700, exist_ok=True)
            self.sockets.mkdir(mode=0o700, exist_ok=True)
            account = accounts.engine_account()
            found = self.sockets.lstat()
            # A name in the temp directory can be guessed: whoever made it first must be us.
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.getuid(), account.uid}:
                raise EngineError(f"{self.sockets} is not ours: remove it, or set DATA_DIR to a short path.")
            os.chown(self.sockets, account.uid, account.gid)
            self.sockets.chmod(0o700)
        except OSError as error:
            raise from_os_error(error, f"make the folders below {self.root}") from error


def make_root(root: Path) -> None:
    """The data directory itself: others may pass through (engines run as another user under root), not look."""
    try:
        root.mkdir(mode=0o711, parents=True, exist_ok=True)
    except FileExistsError as error:
        raise EngineError(f"DATA_DIR is {root}, which is a file: name a folder.") from error
    except OSError as error:
        raise from_os_error(error, "make the data directory") from error


def _short_temp() -> Path:
    """`/tmp` where there is one, whatever TMPDIR says in this terminal: another one must find the same sockets."""
    common = Path("/tmp")  # noqa: S108 (the directory made there has mode 700 and its owner is checked)
    return common if common.is_dir() and os.access(common, os.W_OK) else Path(tempfile.gettempdir())
