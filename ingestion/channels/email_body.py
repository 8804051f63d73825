"""The body of a mail: which of its parts is the text, and what is attached. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from ingestion.channels.email_headers import charset_of, decode_bytes, decode_words
from ingestion.channels.email_html import html_text
from ingestion.text import clean_name

PARTS = 500  # of one mail that are looked at
DEPTH = 30
TEXT_LIMIT = 1_000_000  # characters of a body that are looked at; what is stored is far shorter
ATTACHMENTS_KEPT = 50
_MANY_EMPTY = re.compile(r"\n{4,}")
_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,80}", re.ASCII)


@dataclass(slots=True)
class Body:
    """`text` as its reader sees it, quotations and all. Each attachment has `name`, `type` and `size` (bytes)."""

    text: str = ""
    is_html: bool = False
    attachments: list[dict[str, Any]] = field(default_factory=list)


def read_body(message: Message) -> Body:
    """The text of a mail (plain where it has one, else its HTML) and the names of what is attached."""
    body = Body()
    texts: list[str] = []
    for part in _shown(message, 0, [PARTS]):
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and not _is_attached(part):
            text = _text(part)
            if kind == "text/html":
                body.is_html = True
                text = html_text(text)
            if text.strip():
                texts.append(text.strip("\n"))
        elif not part.is_multipart() or kind == "message/rfc822":
            body.attachments.append(_attachment(part, kind))
    body.text = _MANY_EMPTY.sub("\n\n\n", "\n\n".join(texts))[:TEXT_LIMIT]
    del body.attachments[ATTACHMENTS_KEPT:]
    return body


def _shown(part: Message, depth: int, left: list[int]) -> Iterator[Message]:
    """The parts that a reader is shown, in order: of alternatives only one."""
    left[0] -= 1
    if left[0] < 0 or depth > DEPTH:
        return
    # Asked for anything but parts, the payload is decoded, by whatever the part calls its charset.
    inner = part.get_payload() if part.is_multipart() else None
    if not isinstance(inner, list) or part.get_content_maintype() == "message":
        yield part
        return
    children = [child for child in inner if isinstance(child, Message)]
    if part.get_content_subtype() == "alternative":
        children = _chosen(children)
    for child in children:
        yield from _shown(child, depth + 1, left)


def _chosen(children: list[Message]) -> list[Message]:
    """The plain text where it says something, else the HTML (alone or with its pictures), else all."""
    plain = [one for one in children if one.get_content_type() == "text/plain" and not _is_attached(one)]
    if any(_text(one).strip() for one in plain):
        others = [one for one in children if one.get_content_maintype() not in ("text", "multipart")]
        return plain[:1] + others + [one for one in children if one.get_content_type() == "multipart/mixed"]
    rich = [one for one in children if one not in plain]
    return rich or children


def _text(part: Message) -> str:
    raw = _content(part)[: TEXT_LIMIT * 4]
    text = decode_bytes(raw, charset_of(part))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if part.get_content_type() == "text/plain" and _parameter(part, "format").lower() == "flowed":
        text = _unflowed(text, is_deleted=_parameter(part, "delsp").lower() == "yes")
    return text


def _unflowed(text: str, *, is_deleted: bool) -> str:
    """RFC 3676: a line that ends in a space goes on in the next one of the same depth of quotation."""
    lines: list[str] = []
    flowing, last_depth = False, -1
    for line in text.split("\n"):
        rest = line.lstrip(">")
        depth = len(line) - len(rest)
        rest = rest.removeprefix(" ")
        is_delimiter = rest == "-- "
        if flowing and depth == last_depth and not is_delimiter:
            lines[-1] += rest
        else:
            lines.append(f"{'>' * depth} {rest}" if depth else rest)
        flowing, last_depth = rest.endswith(" ") and not is_delimiter, depth
        if flowing and is_deleted:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def _content(part: Message) -> bytes:
    """The bytes of a part, whatever its encoding says; b"" for parts within parts."""
    for _ in range(2):
        try:
            content = part.get_payload(decode=True)
        except (TypeError, ValueError, LookupError, AssertionError):
            part.del_param("charset")  # one in RFC 2231's form breaks the decoding of what is no ASCII
        else:
            return content if isinstance(content, bytes) else b""
    return b""


def _is_attached(part: Message) -> bool:
    """Whether a part is a file: said so, or text with a file's name that is not to be shown in place."""
    disposition = (part.get_content_disposition() or "").lower()
    return disposition == "attachment" or (bool(_file_name(part)) and disposition != "inline")


def _attachment(part: Message, kind: str) -> dict[str, Any]:
    name = _file_name(part)
    inner = part.get_payload() if part.is_multipart() else None
    if kind == "message/rfc822" and isinstance(inner, list):
        size = sum(len(str(one.get_payload())) for one in inner if isinstance(one, Message))
        name = name or next(
            (decode_words(str(one.get("Subject", ""))) for one in inner if isinstance(one, Message)), ""
        )
    else:
        size = len(_content(part))
    return {"name": clean_name(name) or "unnamed", "type": kind if _TYPE.fullmatch(kind) else "unknown", "size": size}


def _file_name(part: Message) -> str:
    """RFC 2231's form, or encoded words, which stand there more often than they should."""
    try:
        name = part.get_filename("") or ""
    except (ValueError, LookupError, TypeError):
        return ""
    return clean_name(decode_words(str(name)).replace("\\", "/").rpartition("/")[2])


def _parameter(part: Message, name: str) -> str:
    try:
        value = part.get_param(name, "")
    except (ValueError, LookupError, TypeError):
        return ""
    return value if isinstance(value, str) else ""
