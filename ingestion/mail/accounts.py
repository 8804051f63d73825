"""Which mailboxes are to be read, how far each folder was read, and what went wrong: the database's side of IMAP."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.db import transaction
from django.utils import timezone

from ingestion.models import Delivery, Source
from ingestion.text import clean_name
from tasktracker.core.crypto import DecryptionError

log = logging.getLogger(__name__)

FOLDERS = "folders"  # in a source's state: {folder: {"validity": UIDVALIDITY, "uid": the last one that was taken}}
HISTORY_DAYS = 90
IMAPS = 993
MOST_FOLDERS = 20
TLS = ("tls", "starttls", "none")

FOLDER_LINE = b"X-Tasktracker-Folder: "
RECEIVED_LINE = b"X-Tasktracker-Received: "


@dataclass(frozen=True, slots=True)
class Account:
    """A mailbox to be read for a source. The password stays out of `repr`, and so out of logs."""

    source_id: int
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folders: tuple[str, ...] = ("INBOX",)
    tls: str = "tls"
    history_days: int = HISTORY_DAYS  # of a folder that was never read; 0: all that it holds

    @property
    def lock_name(self) -> str:
        """Names the mailbox for the advisory lock: one reader for each source."""
        return f"tasktracker.mail:{self.source_id}"


@dataclass(frozen=True, slots=True)
class Position:
    """How far a folder was read: its UIDVALIDITY, and the last UID of that which is in our hands."""

    validity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it was fetched; `key` as `email.mail_key` says, `received` is the server's INTERNALDATE."""

    uid: int
    key: str
    raw: bytes
    received: datetime | None


def read_accounts() -> list[Account]:
    """The mailboxes of all active sources that name a server and have a password, oldest source first.

    What is missing in one that names a server is noted in its `last_error`.
    """
    found: list[Account] = []
    for source in Source.objects.filter(kind=Source.Kind.EMAIL, is_active=True, config__has_key="host").order_by("pk"):
        if not is_mailbox(source):
            continue
        try:
            found.append(account_of(source))
        except ValueError as error:
            note_error(source_id=source.pk, error=str(error))
    return found


def is_any_wanted() -> bool:
    """Whether an active source names a mail server, so that reading mail is worth a process."""
    named = Source.objects.filter(kind=Source.Kind.EMAIL, is_active=True, config__has_key="host")
    return named.exclude(config__host="").exists()


def is_mailbox(source: Source) -> bool:
    """Whether mail is fetched from a server that the source names, and not posted to us."""
    return bool(server_of(source))


def server_of(source: Source) -> str:
    """The mail server that a source names; "" where mail is posted to us, and for every other kind."""
    return str(source.config.get("host") or "").strip().lower() if source.kind == Source.Kind.EMAIL else ""


def address_of(kind: str, config: Mapping[str, Any]) -> tuple[str, int]:
    """Host and port of the mail server that a source of this kind and config reads from; ("", 0) for none."""
    host = clean_name(str(config.get("host") or ""), 253) if kind == Source.Kind.EMAIL else ""
    return (host, _number(config.get("port"), IMAPS)) if host else ("", 0)


def account_of(source: Source) -> Account:
    """The mailbox that a source's config and secret name; ValueError says what is missing, for its `last_error`."""
    config = source.config
    try:
        password = source.open_secret()
    except DecryptionError:
        raise ValueError("The password cannot be opened with the keys of this server: enter it again.") from None
    user, (host, port) = clean_name(str(config.get("user") or ""), 255), address_of(source.kind, config)
    if not user or not password:
        raise ValueError(f"{host} asks who you are: enter the user and the password of the mailbox.")
    if not user.isprintable() or not password.isprintable():
        raise ValueError("The user or the password has a line break in it: enter them again.")
    tls = str(config.get("tls") or "")
    if not tls:
        tls = "starttls" if port == 143 else "tls"
    if tls not in TLS:
        raise ValueError(f"tls is one of {', '.join(TLS)}.")
    named = config.get("folders")
    folders = [one.strip() for one in named if isinstance(one, str) and one.strip()] if isinstance(named, list) else []
    if len(folders) > MOST_FOLDERS:
        raise ValueError(f"{len(folders)} folders are named; at most {MOST_FOLDERS} are read. Make a second source.")
    history_days = _number(config.get("history_days"), HISTORY_DAYS)
    return Account(
        source.pk, host, port, user, password, tuple(dict.fromkeys(folders)) or ("INBOX",), tls, history_days
    )


def channel_of(source: Source, folder: str) -> str:
    """The id of the channel of a mailbox's folder: its address for INBOX, "address/folder" for others."""
    config = source.config
    address = str(config.get("address") or config.get("user") or "").strip().lower()
    if "@" not in address:
        address = f"{address}@{str(config.get('host') or 'unknown').strip().lower()}"
    return address if folder.upper() in ("", "INBOX") else f"{address}/{folder}"


def position_of(*, source_id: int, folder: str) -> Position | None:
    """How far a folder was read; None for one that never was."""
    state = Source.objects.values_list("state", flat=True).get(pk=source_id)
    folders = state.get(FOLDERS)
    told = folders.get(folder) if isinstance(folders, dict) else None
    if not isinstance(told, dict) or not isinstance(told.get("validity"), int) or not isinstance(told.get("uid"), int):
        return None
    return Position(told["validity"], told["uid"])


def known_keys(*, source_id: int, keys: Sequence[str]) -> set[str]:
    """Those of the keys under which a mail is in the inbox already."""
    known = Delivery.objects.filter(source_id=source_id, external_id__in=keys)
    return set(known.values_list("external_id", flat=True))


def store(*, source_id: int, folder: str, position: Position, mails: Iterable[Mail]) -> None:
    """Put mails into the inbox and move the folder's position, in one transaction; committed on return.

    A mail that is there already stays as it is. Raises Source.DoesNotExist when the source was deleted meanwhile.
    """
    deliveries = [
        Delivery(source_id=source_id, external_id=mail.key, raw=with_trace(mail, folder=folder))
        for mail in sorted(mails, key=lambda mail: mail.uid)
    ]
    with transaction.atomic(durable=True):
        source = Source.objects.select_for_update(of=("self",)).get(pk=source_id)
        # In one order: two readers of the same mails, one of them slow to end, must not wait in a ring. The lock on
        # the source's row is what sees to it.
        Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
        folders = source.state.get(FOLDERS)
        told = {"validity": position.validity, "uid": position.uid}
        source.state = {**source.state, FOLDERS: {**(folders if isinstance(folders, dict) else {}), folder: told}}
        source.save(update_fields=["state"])


def with_trace(mail: Mail, *, folder: str) -> bytes:
    """The raw mail with two lines above it, as a mail server adds them: its folder, and when the server took it."""
    received = mail.received.isoformat().encode() if mail.received else b""
    return b"".join((FOLDER_LINE, quote(folder, safe="").encode(), b"\r\n", RECEIVED_LINE, received, b"\r\n", mail.raw))


def note_error(*, source_id: int, error: str) -> None:
    """Say in the source's row what keeps its mailbox from being read; the same thing again changes nothing."""
    text = clean_name(error, 300)
    Source.objects.filter(pk=source_id).exclude(last_error=text).update(last_error=text, last_error_at=timezone.now())


def clear_error(*, source_id: int) -> None:
    """All is well again."""
    Source.objects.filter(pk=source_id).exclude(last_error="").update(last_error="", last_error_at=None)


def _number(value: Any, default: int) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        return default
    return number if 0 <= number <= 65_535 else default
