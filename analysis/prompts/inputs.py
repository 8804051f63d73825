"""What both engines, the offline one and a language model, are given: one window, with short references."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """A message as the engine sees it. `ref` is `m1`…`mN`, unique within one call, never a database id.

    `context` marks earlier messages that are shown for understanding and must not be extracted from.
    `reply_to` is the ref of the message answered to, when that is in the same call.
    """

    ref: str
    author: str
    sent_at: datetime
    text: str
    context: bool = False
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class KnownItem:
    """Something already known (approved or waiting for review): `k1` topic or atom, `x1` task."""

    ref: str
    kind: str
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class WindowInput:
    """A stretch of one conversation. `ref` is `w1`…; stage `tasks` fills `atoms` as well."""

    ref: str
    channel: str
    thread: str
    messages: tuple[PromptMessage, ...]
    known: tuple[KnownItem, ...] = ()
    atoms: tuple["AtomInput", ...] = ()


@dataclass(frozen=True, slots=True)
class AtomInput:
    """An approved atom, for stage `tasks`: `ref` is `a1`…; `quotes` are refs of messages in the same window."""

    ref: str
    type: str
    title: str
    content: str
    quotes: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = field(default_factory=tuple)  # (link type, ref of the other atom)
