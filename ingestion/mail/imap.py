"""One IMAP connection: what is new in a folder, mails without marking them as read, waiting for more.

Blocking, and without the database: callers run it in a thread. Folders are opened by EXAMINE and bodies read by
BODY.PEEK, so that nothing in the mailbox changes.
"""

import imaplib
import logging
import select
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientError, LoginError

from ingestion.mail.accounts import Account, Position
from ingestion.mail.servers import VettedClient
from tasktracker.core.llm.guard import AddressRefused

CONNECT_SECONDS, READ_SECONDS = 15.0, 60.0
PEEK_AT_ONCE = 100
HEAD_LIMIT = 65_536  # bytes of a header block that are looked at before the mail is fetched
RAW_LIMIT = 5_000_000  # bytes of one mail: its text stands before what is attached
SAID_LIMIT = 120

# What imapclient raises: its own errors are imaplib's, and what it cannot parse is one of the last two.
_TROUBLE = (OSError, imaplib.IMAP4.error, ValueError, LookupError)

# At DEBUG it writes down what passes over the line: people's mails.
logging.getLogger("imapclient").setLevel(logging.WARNING)


class MailboxAway(Exception):
    """The mailbox cannot be read now; the text says why and what to do. `is_final`: only a person can change it."""

    def __init__(self, text: str, *, is_final: bool = False) -> None:
        super().__init__(text)
        self.is_final = is_final


class NoSuchFolder(MailboxAway):
    """One folder is missing; the others can be read."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder holds behind a position: `uids` ascending; `is_rescan` where its UIDVALIDITY is a new one."""

    validity: int
    uids: list[int]
    last_uid: int
    is_rescan: bool = False


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail before its body is fetched: `head` is its header block."""

    uid: int
    size: int
    received: datetime | None
    head: bytes


class Mailbox:
    """A connection to the server of an account. Every method may raise `MailboxAway`; the connection is over then."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._folder = ""
        self._client = self._connected()
        self.has_idle = bool(self._ask(lambda: self._client.has_capability("IDLE")))

    def look(self, folder: str, position: Position | None) -> Found:
        """What is new in a folder. One that was never read, or is numbered anew, is read from `history_days` ago."""
        told = self._examine(folder)
        validity, next_uid = int(told.get(b"UIDVALIDITY", 0)), int(told.get(b"UIDNEXT", 1))
        is_new = position is None or position.validity != validity
        since = 0 if position is None or is_new else position.uid
        days = self._account.history_days
        criteria: list[Any] = ["UID", f"{since + 1}:*"]
        if is_new and days:
            criteria += ["SINCE", (datetime.now(UTC) - timedelta(days=days)).date()]
        uids = self._ask(lambda: self._client.search(criteria)) if told.get(b"EXISTS") else []
        # "n:*" means the last mail at least, whatever n is.
        new = sorted(int(uid) for uid in uids if int(uid) > since)
        # Of all that is skipped because of its age, nothing is asked again.
        last = max([since, *([next_uid - 1] if not new else [])])
        return Found(validity, new, last, is_rescan=position is not None and is_new)

    def peek(self, uids: Sequence[int]) -> list[Envelope]:
        """Sizes and headers of mails of the folder that was looked at, ascending; what was deleted is left out."""
        asked = ["RFC822.SIZE", "INTERNALDATE", f"BODY.PEEK[HEADER]<0.{HEAD_LIMIT}>"]
        told = self._ask(lambda: self._client.fetch(list(uids), asked))
        return [
            Envelope(uid, _number(mail.get(b"RFC822.SIZE")), _aware(mail.get(b"INTERNALDATE")), _bytes(mail, b"HEADER"))
            for uid, mail in sorted(told.items())
            if uid in set(uids)
        ]

    def fetch(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Raw mails by UID, each cut at RAW_LIMIT bytes; what was deleted meanwhile is left out."""
        told = self._ask(lambda: self._client.fetch(list(uids), [f"BODY.PEEK[]<0.{RAW_LIMIT}>"]))
        return {uid: raw for uid, mail in told.items() if (raw := _bytes(mail, b""))}

    def wait(self, *, seconds: float, wake: socket.socket) -> None:
        """Until the server says that something has changed in the folder looked at last, `wake` can be read, or time
        is over. A server without IDLE is left alone meanwhile."""
        if not self.has_idle or not self._folder:
            select.select([wake], [], [], seconds)
            return
        try:
            self._ask(self._client.idle)
        except MailboxAway:
            # The server had news at that very moment; the next connection reads them.
            self.close()
            raise
        if not self._has_heard():
            select.select([wake, self._client.socket()], [], [], seconds)
        self._ask(self._client.idle_done)

    def close(self) -> None:
        """Say goodbye where somebody listens."""
        try:
            self._client.logout()
        except (OSError, imaplib.IMAP4.error, AttributeError) as error:
            logging.getLogger(__name__).debug("no goodbye (%s)", type(error).__name__)

    def _has_heard(self) -> bool:
        """Whether the server's next words lie in a buffer already, where `select` does not see them."""
        connection = self._client._imap
        connection.sock.setblocking(False)
        try:
            return bool(connection.file.peek(1))
        except OSError:
            return False  # nothing there: TLS says so by an error
        finally:
            connection.sock.settimeout(READ_SECONDS)

    def _connected(self) -> IMAPClient:
        account = self._account
        try:
            client: IMAPClient = VettedClient(
                account.host,
                account.port,
                ssl=account.tls == "tls",
                ssl_context=ssl.create_default_context() if account.tls == "tls" else None,
                timeout=SocketTimeout(CONNECT_SECONDS, READ_SECONDS),
            )
            if account.tls == "starttls":
                client.starttls(ssl.create_default_context())
            if client.has_capability("AUTH=PLAIN"):
                client.plain_login(account.user, account.password)  # any letter may be in them
            else:
                client.login(_quoted(account.user), account.password)
        except _TROUBLE as error:
            raise self._away(error) from None
        return client

    def _examine(self, folder: str) -> dict[bytes, Any]:
        try:
            told: dict[bytes, Any] = self._client.select_folder(folder, readonly=True)
        except imaplib.IMAP4.abort as error:
            raise self._away(error) from None
        except IMAPClientError as error:
            self._folder = ""
            names = ", ".join(sorted(name for _, _, name in self._ask(self._client.list_folders))[:10])
            raise NoSuchFolder(
                f"The folder {folder!r} cannot be opened ({_said(error)}). There are: {names}."
            ) from None
        except OSError as error:
            raise self._away(error) from None
        self._folder = folder
        return told

    def _ask(self, question: Any) -> Any:
        try:
            return question()
        except _TROUBLE as error:
            raise self._away(error) from None

    def _away(self, error: Exception) -> MailboxAway:
        """What is wrong in words for whoever set the mailbox up; the password is in none of them."""
        account = self._account
        where = f"{account.host}:{account.port}"
        if isinstance(error, MailboxAway):
            return error
        if isinstance(error, AddressRefused):
            return MailboxAway(str(error), is_final=True)
        if isinstance(error, LoginError):
            return MailboxAway(
                f"{account.host} refused the login of {account.user} ({_said(error)}). Check the user and enter the "
                f"password again; many providers want an app password made for this program.",
                is_final=True,
            )
        if isinstance(error, ssl.SSLCertVerificationError):
            return MailboxAway(
                f"The certificate of {where} is not to be trusted ({error.verify_message}). Check the server's name.",
                is_final=True,
            )
        if isinstance(error, ssl.SSLError):
            return MailboxAway(f"{where} does not speak TLS as expected. Port 993 is TLS from the start, 143 STARTTLS.")
        if isinstance(error, socket.gaierror | UnicodeError):
            return MailboxAway(f"There is no server named {account.host}: check its name.")
        if isinstance(error, CapabilityError):
            return MailboxAway(f"{where} cannot do what is needed: {_said(error)}", is_final=True)
        if isinstance(error, OSError):
            return MailboxAway(f"{where} does not answer ({type(error).__name__}). Check server and port.")
        if isinstance(error, imaplib.IMAP4.error):
            return MailboxAway(f"{where} ended the conversation ({_said(error)}).")
        return MailboxAway(f"{where} says what is not understood ({type(error).__name__}). Is it an IMAP server?")


def _quoted(user: str) -> str:
    """imaplib quotes the password only."""
    return '"' + user.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _said(error: Exception) -> str:
    """The server's words, shortened: never those of a mail, as they come with a refusal."""
    words = " ".join(str(error).split()).removeprefix("b'").rstrip("'")
    return words[:SAID_LIMIT]


def _bytes(mail: dict[bytes, Any], section: bytes) -> bytes:
    """The value of BODY[section], under whatever name the server gives it back (with "<0>" for a part of it)."""
    for name, value in mail.items():
        if name.startswith(b"BODY[" + section + b"]") and isinstance(value, bytes):
            return value
    return b""


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _aware(value: object) -> datetime | None:
    """INTERNALDATE in UTC: imapclient gives it in this machine's zone, without saying so."""
    return value.astimezone(UTC) if isinstance(value, datetime) else None
