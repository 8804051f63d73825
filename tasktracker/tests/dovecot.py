"""A real IMAP server (Dovecot) of a test's own: a child process, its own config, folder and loopback ports."""

import contextlib
import getpass
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import override_settings

from tasktracker.tests.support import free_port, wait_for

USER, PASSWORD = "team@x.example", 'pa ss\\"wörd'
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/dovecot"


def binary() -> str | None:
    return shutil.which("dovecot", path=PATH)


@dataclass
class Dovecot:
    """A running server with one mailbox. `deliver` puts a mail there as a mail server does."""

    folder: Path
    port: int
    tls_port: int
    _process: "subprocess.Popen[bytes] | None" = None
    _count: int = field(default=0)

    @classmethod
    @contextlib.contextmanager
    def running(cls) -> Iterator["Dovecot"]:
        """Start it and end it. Its folder lies where the user that it reads mails as may go."""
        with tempfile.TemporaryDirectory(prefix="dovecot-", ignore_cleanup_errors=True) as folder:
            server = cls(Path(folder), free_port(), free_port())
            server.folder.chmod(0o755)
            server.configure()
            server.start()
            try:
                with server.allowed():
                    yield server
            finally:
                server.stop()

    @contextlib.contextmanager
    def allowed(self) -> Iterator[None]:
        """As an operator allows a mail server on a private address, here and in the programs that a test starts."""
        hosts = [f"{host}:{port}" for host in ("127.0.0.1", "localhost") for port in (self.port, self.tls_port)]
        with pytest.MonkeyPatch.context() as patch, override_settings(MAIL_ALLOWED_HOSTS=hosts):
            patch.setenv("MAIL_ALLOWED_HOSTS", ",".join(hosts))
            yield

    def configure(self, *, idle: bool = True) -> None:
        """Write the config; `start` reads it."""
        owner = _owner()
        inner = owner.pw_name if os.geteuid() else "dovecot"
        login = owner.pw_name if os.geteuid() else "dovenull"
        (self.folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", encoding="utf-8")
        key, cert = self.certificate()
        hidden = "" if idle else "imap_capability = IMAP4rev1 UIDPLUS AUTH=PLAIN\n"
        (self.folder / "dovecot.conf").write_text(
            f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {inner}
default_login_user = {login}
default_internal_group = {inner}
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
auth_mechanisms = plain
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = {self.folder}/users
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={self.folder}/home
}}
mail_location = maildir:{self.folder}/Maildir
mailbox_idle_check_interval = 1s
auth_failure_delay = 0
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = {self.tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
{hidden}""",
            encoding="utf-8",
        )
        for name in ("new", "cur", "tmp"):
            self._own(self.folder / "Maildir" / name)
        self._own(self.folder / "home")

    def certificate(self) -> tuple[Path, Path]:
        """Key and certificate for `localhost`, made once."""
        key, cert = self.folder / "key.pem", self.folder / "cert.pem"
        if not key.exists():
            subprocess.run(
                [
                    *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
                    *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"),
                    *("-keyout", str(key), "-out", str(cert)),
                ],
                check=True,
                capture_output=True,
            )
        return key, cert

    def start(self) -> None:
        program = binary()
        assert program is not None
        self._process = subprocess.Popen(
            [program, "-F", "-c", str(self.folder / "dovecot.conf")],
            env={**os.environ, "PATH": PATH},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for(self._answers, timeout=30)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGTERM)  # whoever serves a client would go on for a while
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)

    def deliver(self, raw: bytes, folder: str = "INBOX") -> None:
        """Put a mail into a folder, complete in one step."""
        home = self.folder / "Maildir" / ("" if folder == "INBOX" else f".{folder}")
        for name in ("new", "cur", "tmp"):
            self._own(home / name)
        self._count += 1
        name = f"{time.time():.6f}.{self._count}.test"
        unfinished = home / "tmp" / name
        unfinished.write_bytes(raw)
        _give(unfinished)
        unfinished.rename(home / "new" / name)

    def number_anew(self) -> None:
        """Forget all UIDs, as a restored backup does: the next start gives the folders another UIDVALIDITY."""
        self.stop()
        began = int(time.time())
        for pattern in ("**/dovecot-uidlist*", "**/dovecot.index*", "**/dovecot-uidvalidity*", "**/dovecot.list*"):
            for path in self.folder.glob(f"Maildir/{pattern}"):
                path.unlink()
        wait_for(lambda: int(time.time()) > began, timeout=5)  # a UIDVALIDITY is a time in seconds
        self.start()

    def seen(self) -> list[str]:
        """The files of mails that are marked as read."""
        mails = [*self.folder.glob("Maildir/**/cur/*"), *self.folder.glob("Maildir/**/new/*")]
        return [path.name for path in mails if "S" in path.name.rpartition(":2,")[2] and ":2," in path.name]

    def sessions(self) -> int:
        """How many connections were logged in since the start of the log."""
        return self.log().count("imap-login: Info: Login:")

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as probe:
            probe.settimeout(5)
            return probe.recv(20).startswith(b"* OK")
        return False

    def _own(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for path in (folder, *folder.parents):
            if path == self.folder:
                break
            _give(path)


def a_mail(number: int, body: str = "", **headers: str) -> bytes:
    """A small mail by Ann, `<mNUMBER@x.example>`."""
    lines = {
        "From": "Ann <ann@x.example>",
        "To": USER,
        "Subject": f"Mail {number}",
        "Date": datetime(2026, 5, 1, 10, tzinfo=UTC).strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "Message-ID": f"<m{number}@x.example>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{head}\r\n{body or f'the words of mail {number}'}\r\n".encode()


def _owner() -> pwd.struct_passwd:
    """Whose the mails are: Dovecot reads none as root."""
    return pwd.getpwnam("nobody" if os.geteuid() == 0 else getpass.getuser())


def _give(path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(path, _owner().pw_uid, _owner().pw_gid)
