"""Mail (RFC 5322) as drafts. Pure.

A mail is the same one wherever it was read: its `Message-ID` is its key, and where it has none, a digest of its date,
author and words. A mailing list is a channel of its own, whatever mailbox or archive a copy was found in; all other
mails belong to the mailbox or folder that the caller names. A thread goes by the id of the mail that began it.
"""

import hashlib
import re
from datetime import datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from typing import Any

from ingestion.channels import email_headers as headers
from ingestion.channels.email_body import Body, read_body
from ingestion.channels.email_quotes import base_subject, is_answer, own_words
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.text import clean_json, clean_name

PLATFORM = "email"
UNKNOWN_CHANNEL = "unknown"
MAIL_LIMIT = 25_000_000  # bytes of a mail that are looked at

_MBOX_QUOTED = re.compile(rb"^>+From ", re.M)
_VACATION = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-From")
_REPORTS = frozenset(("delivery-status", "disposition-notification"))


def parse_mail(raw: bytes, *, channel: str | None, received: datetime | None = None) -> MessageDraft:
    """One mail as a draft; never raises, whatever `raw` holds.

    `channel` is the id of the mailbox or folder that it lies in (an address, or "address/folder"); a mailing list's
    mails go to the list, and with None the mail belongs to the first address that it was sent to. `received` (aware)
    stands in for a date that is missing or impossible. `thread` is the id of the mail that began it, its own where
    it began one; for an answer that names no mail before it (`metadata["by_subject"]`), it is left empty.
    `metadata`: subject, to, references, attachments, left_out (quote, signature), auto, date_missing, cut.
    """
    message, is_broken = _parsed(raw[:MAIL_LIMIT])
    body, is_broken = (Body(), True) if is_broken else _body(message)
    subject = headers.header(message, "Subject")
    before = headers.references(message)
    auto = _automatic(message)
    answers = bool(before) or is_answer(subject)
    words = own_words(body.text, subject=subject, is_reply=answers)
    sent_at, is_dated = headers.sent_at(message, received=received)
    key = mail_key(raw, message)
    title = clean_name(base_subject(subject))
    by_subject = answers and not before and bool(title)
    facts: dict[str, Any] = {
        "subject": clean_name(subject),
        "to": _recipients(message),
        "references": before,
        "by_subject": by_subject,
        "attachments": body.attachments,
        "left_out": list(words.left_out),
        "auto": auto,
        "date_missing": not is_dated,
        "unreadable": is_broken,
        "cut": len(raw) > MAIL_LIMIT,
    }
    return MessageDraft(
        channel=_channel(message, channel),
        external_id=key,
        author=_author(message, is_bot=auto in ("generated", "bulk")),
        # An empty mail with a subject ("server is down EOM") says what its subject says.
        text=words.text.strip() or ("" if body.attachments else clean_name(subject)),
        sent_at=sent_at,
        kind="service"
        if auto in ("replied", "report")
        else "media"
        if body.attachments and not words.text
        else "message",
        reply_to=headers.answered_id(message),
        thread="" if by_subject else (before[0] if before else key),
        thread_title=title,
        forwarded_from=words.forwarded_from,
        metadata=clean_json({name: value for name, value in facts.items() if value}).value,
    )


def mail_key(raw: bytes, message: Message | None = None) -> str:
    """What makes a mail the same one: its `Message-ID`, else "sha256:…" of its date, author and words.

    For the digest, line ends, white space and the ">" that mbox files put before "From " do not count.
    """
    message = message if message is not None else headers_of(raw)
    if key := headers.mail_id(headers.raw_header(message, "Message-ID")):
        return key
    body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    told = [headers.raw_header(message, name) for name in ("Date", "From", "Subject")]
    content = b" ".join(_MBOX_QUOTED.sub(b"From ", body).split())
    digest = hashlib.sha256("\n".join(told).encode("utf-8", "surrogateescape") + b"\n" + content)
    return f"sha256:{digest.hexdigest()}"


def headers_of(raw: bytes) -> Message:
    """The headers alone, read without the body."""
    return BytesHeaderParser(policy=compat32).parsebytes(raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n\n")


def author_address(raw: bytes) -> str:
    """The address in `From`, in lower case, or ""."""
    return next((address for _, address in headers.addresses(headers_of(raw), "From")), "")


def _parsed(raw: bytes) -> tuple[Message, bool]:
    """The mail, and whether only its headers could be read (parts within parts, deeper than the parser goes)."""
    try:
        return message_from_bytes(raw), False
    except (RecursionError, MessageError, ValueError, LookupError):
        return headers_of(raw), True


def _body(message: Message) -> tuple[Body, bool]:
    """The body, and whether it could not be read: `email` raises many things for parts that no mailer makes."""
    try:
        return read_body(message), False
    except (RecursionError, MessageError, ValueError, LookupError, TypeError, AttributeError):
        return Body(), True


def _channel(message: Message, given: str | None) -> ChannelDraft:
    number, name = headers.list_id(message)
    if number:
        return ChannelDraft(PLATFORM, number, name or number)
    if given is None:
        to = (one for field in ("Delivered-To", "To", "Cc") for _, one in headers.addresses(message, field))
        given = next(to, UNKNOWN_CHANNEL)
    return ChannelDraft(PLATFORM, given, given)


def _author(message: Message, *, is_bot: bool) -> PersonDraft | None:
    for field in ("From", "Sender", "Return-Path"):
        for name, address in headers.addresses(message, field):
            return PersonDraft(address, name or address, is_bot)
    return None


def _recipients(message: Message) -> list[str]:
    everybody = [address for field in ("To", "Cc") for _, address in headers.addresses(message, field)]
    return list(dict.fromkeys(everybody))[:20]


def _automatic(message: Message) -> str:
    """`replied` (an absence notice), `report` (undelivered), `generated` (by a program), `bulk`; "" by a person.

    A mailing list calls itself bulk or list too, so there it means nothing.
    """
    submitted = headers.header(message, "Auto-Submitted").replace(";", " ").lower().split()[:1]
    precedence = headers.header(message, "Precedence").strip().lower()
    if (
        message.get_content_type() == "multipart/report"
        and str(message.get_param("report-type", "")).lower() in _REPORTS
    ):
        return "report"
    if submitted in (["auto-replied"], ["auto-notified"]) or precedence == "auto_reply":
        return "replied"
    if any(headers.raw_header(message, name) for name in _VACATION):
        return "replied"
    if submitted not in ([], ["no"]):
        return "generated"
    if precedence in ("bulk", "junk") and not headers.raw_header(message, "List-Id"):
        return "bulk"
    return ""
