"""From any JSON to a message: an expression of JMESPath (https://jmespath.org) for each field. Pure.

What a mapping does not name is looked for where our own messages have it, at the top or in `data`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from jmespath.exceptions import JMESPathError, JMESPathTypeError

from ingestion import expressions
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.text import clean_id, clean_name, clean_text

PLATFORM = "webhook"
LONGEST = 1_000  # characters of an expression
USUAL = {
    "text": "text || data.text",
    "author": "author.name || author || data.author.name || data.author",
    "author_id": "author.id || data.author.id",
    "external_id": "external_id || data.external_id",
    "channel": "channel || data.channel",
    "sent_at": "sent_at || data.sent_at",
    "edited_at": "edited_at || data.edited_at",
    "thread": "thread || data.thread",
    "reply_to": "reply_to || data.reply_to",
}
FIELDS = tuple(USUAL)
_TIMES = ("sent_at", "edited_at")


@dataclass(frozen=True, slots=True)
class Mapped:
    """A message, or for each field that stands in its way what to do."""

    draft: MessageDraft | None = None
    errors: dict[str, str] = field(default_factory=dict)


class _Bad(ValueError):
    """What is wrong with one field."""


def preview_mapping(
    mapping: Mapping[str, Any],
    body: object,
    *,
    source_id: int = 0,
    fallback_id: str = "preview",
    received_at: datetime | None = None,
) -> Mapped:
    """The message that `mapping` makes of `body` (JSON as text or bytes, or parsed), or errors by field.

    A message without an id of its own goes by `fallback_id`, one without a time by `received_at` (now). Errors that
    belong to no field stand under "body". Never raises, whatever comes.
    """
    errors = _unknown(mapping)
    if isinstance(body, str | bytes):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            return Mapped(errors={**errors, "body": "This is not JSON: paste a body as the sender sends it."})
    found: dict[str, Any] = {}
    for name in FIELDS:
        try:
            found[name] = _value(name, mapping.get(name), body)
        except _Bad as error:
            errors[name] = str(error)
    if not errors.get("text") and not str(found.get("text") or "").strip():
        errors["text"] = _nothing("text", "message.body")
    if errors:
        return Mapped(errors=errors)
    sent_at = found["sent_at"] or received_at or datetime.now(UTC)
    name = clean_id(found["channel"])
    author_id, shown = found["author_id"] or found["author"], found["author"] or found["author_id"]
    text, cut = clean_text(found["text"])
    draft = MessageDraft(
        channel=ChannelDraft(PLATFORM, clean_id(f"{source_id}/{name}"), clean_name(name)),
        external_id=clean_id(found["external_id"]) or clean_id(fallback_id),
        author=PersonDraft(clean_id(author_id), clean_name(shown)) if clean_id(author_id) else None,
        text=text,
        sent_at=sent_at,
        edited_at=found["edited_at"] if found["edited_at"] and found["edited_at"] > sent_at else None,
        reply_to=clean_id(found["reply_to"]),
        thread=clean_id(found["thread"]),
        metadata={"cut": True} if cut else {},
    )
    return Mapped(draft)


def mistakes(mapping: object) -> dict[str, str]:
    """What keeps a mapping from being saved, by field: whatever would be refused for each body that comes."""
    if not isinstance(mapping, Mapping):
        return {"mapping": "This is an object with an expression of JMESPath for each field."}
    found = _unknown(mapping)
    for name in FIELDS:
        expression = mapping.get(name)
        if expression is None or expression == "":
            continue
        try:
            _compiled(expression)
        except _Bad as error:
            found[name] = str(error)
    return found


def _unknown(mapping: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: f"There is no field {clean_name(str(name), 40)!r}: use {', '.join(FIELDS)}."
        for name in mapping
        if name not in USUAL
    }


def _value(name: str, expression: object, body: object) -> Any:
    """What the field's expression finds: a text, for times a datetime, "" or None for nothing."""
    is_usual = expression is None or expression == ""
    compiled = _compiled(USUAL[name] if is_usual else expression)
    try:
        found = expressions.search(compiled, body)
    except JMESPathError as error:
        raise _Bad(f"The expression can't be used on this body: {_trouble(error)}.") from None
    except (RecursionError, ValueError, TypeError, ArithmeticError, AttributeError):
        raise _Bad("The expression can't be used on this body: write a plain path, such as data.text.") from None
    if name in _TIMES:
        return _time(name, found, is_usual=is_usual)
    if found is None:
        if name == "external_id" and not is_usual:
            raise _Bad(_nothing(name, "message.id"))  # a new id for each copy would make a message of each
        return ""
    if isinstance(found, str):
        return found
    if isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 2**127:
        return str(found)
    raise _Bad(f"{name} has to be a text or a number, and this is {_kind(found)}: name a part of it.")


def _trouble(error: JMESPathError) -> str:
    """Without the value, which the error quotes: the reason is kept with what came."""
    if isinstance(error, JMESPathTypeError):
        wanted = " or ".join(map(str, error.expected_types))
        return f"{error.function_name}() takes {wanted}, and this is {error.actual_type}"
    return clean_name(str(error).split("\n")[0], 160)


def _compiled(expression: object) -> Any:
    if not isinstance(expression, str) or len(expression) > LONGEST:
        raise _Bad(f"Write an expression of JMESPath of at most {LONGEST} characters, such as data.text.")
    try:
        return expressions.compiled(expression)
    except expressions.TooMuch:
        raise _Bad("This expression may make too much of a body: write a plain path, such as data.text.") from None
    except JMESPathError as error:
        said = clean_name(str(error).split("\n")[0], 160)
        raise _Bad(f"This is no expression of JMESPath: {said}. Write a path such as data.text.") from None
    except expressions.TooDeep:
        raise _Bad("This expression is too deep: write a plain path, such as data.text.") from None


def _time(name: str, found: object, *, is_usual: bool) -> datetime | None:
    if found is None or found == "":
        return None
    try:
        if isinstance(found, str) and not found.isdigit():
            when = datetime.fromisoformat(found)
            return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(found, int | float | str) and not isinstance(found, bool):
            seconds = float(found)
            return datetime.fromtimestamp(seconds / 1000 if abs(seconds) > 10**11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        pass  # told below
    raise _Bad(f"{name} has to be a time as in 2026-01-31T12:00:00Z, or seconds since 1970: name where one stands.")


def _nothing(name: str, such_as: str) -> str:
    return f"Nothing was found for {name}: look at the body, and write where it stands, such as {such_as}."


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", bool: "yes or no"}
    return names.get(type(value), "something else")
