"""From a stream of messages to windows: stretches of one conversation that fit into a model's context. Pure.

A conversation longer than the budget goes on in a next window, which repeats its last messages as context; a message
never lies in two windows as more than context. See `conversations` for who talks in which conversation.
"""

import math
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from analysis.conversations import MESSAGE_OVERHEAD, REPLY_AGE, Conversation, Conversations, WindowMessage

__all__ = [
    "MESSAGE_OVERHEAD",
    "REPLY_AGE",
    "WindowDraft",
    "WindowItem",
    "WindowMessage",
    "estimate_tokens",
    "halve",
    "pack",
    "split",
]

GAP_SECONDS = 600
CONTEXT = 5
TOKEN_BUDGET = 4_000
WINDOW_OVERHEAD = 40  # tokens of a window's fence and header
WINDOWS_A_CALL = 24

_CHILDREN_SHOWN = 3
_CONTEXT_SHARE = 0.3  # of the budget
_DRAIN_AT = 8  # budgets that one conversation may hold in memory before its windows are handed out
_CJK = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True)
class WindowItem:
    """A message of a window; `context` is shown, never extracted from."""

    message: WindowMessage
    context: bool = False

    @property
    def id(self) -> int:
        return self.message.id


@dataclass(frozen=True, slots=True)
class WindowDraft:
    """A stretch of one conversation in the order of time. `part` counts the windows of one conversation from 0."""

    channel_id: int
    thread: str
    items: tuple[WindowItem, ...]
    part: int = 0

    @property
    def tokens(self) -> int:
        """What the window takes of a prompt, context and header included."""
        return WINDOW_OVERHEAD + sum(item.message.cost for item in self.items)

    @property
    def message_ids(self) -> tuple[int, ...]:
        """What is extracted from."""
        return tuple(item.id for item in self.items if not item.context)

    @property
    def context_ids(self) -> tuple[int, ...]:
        return tuple(item.id for item in self.items if item.context)

    @property
    def starts_at(self) -> datetime:
        return next(item.message.sent_at for item in self.items if not item.context)

    @property
    def ends_at(self) -> datetime:
        return max(item.message.sent_at for item in self.items)


class HasTokens(Protocol):
    """A window, drafted or stored."""

    @property
    def tokens(self) -> int: ...


def split(
    messages: Iterable[WindowMessage],
    *,
    gap_seconds: int = GAP_SECONDS,
    token_budget: int = TOKEN_BUDGET,
    context: int = CONTEXT,
) -> Iterator[WindowDraft]:
    """Windows for messages that come in the order of time; memory is bounded by what is alive within a day.

    Every message that is neither noise nor done is in exactly one window as more than context, and no window holds
    more than `token_budget` tokens unless a single message does. Noise is shown next to the signal that it answers
    or that answers it. The same messages give the same windows.
    """
    conversations = Conversations(timedelta(seconds=gap_seconds), drain_at=_DRAIN_AT * token_budget, kept=context)
    for message in messages:
        for conversation in conversations.add(message):
            yield from _windows(conversation, token_budget, context)
    for conversation in conversations.finish():
        yield from _windows(conversation, token_budget, context)


def halve(window: WindowDraft, *, context: int = CONTEXT) -> tuple[WindowDraft, ...]:
    """Two windows of about half the tokens, the second with the end of the first as context.

    The window itself when it holds one message only.
    """
    extracted = [item for item in window.items if not item.context]
    if len(extracted) < 2:
        return (window,)
    half = sum(item.message.cost for item in extracted) / 2
    taken, at = extracted[0].message.cost, 1
    while at < len(extracted) - 1 and taken + extracted[at].message.cost / 2 <= half:
        taken += extracted[at].message.cost
        at += 1
    cut = window.items.index(extracted[at])
    first, second = window.items[:cut], window.items[cut:]
    answered = {item.message.reply_to for item in second}
    recent = {item.id for item in [item for item in first if not item.context][-context:]} if context else set()
    shown = tuple(WindowItem(item.message, True) for item in first if item.id in answered or item.id in recent)
    return replace(window, items=first), replace(window, items=shown + second)


def pack[T: HasTokens](
    windows: Iterable[T], *, token_budget: int = TOKEN_BUDGET, limit: int = WINDOWS_A_CALL
) -> Iterator[list[T]]:
    """Groups of windows for one call each, in order: at most `limit`, and `token_budget` unless one alone has more."""
    group: list[T] = []
    tokens = 0
    for window in windows:
        if group and (len(group) >= limit or tokens + window.tokens > token_budget):
            yield group
            group, tokens = [], 0
        group.append(window)
        tokens += window.tokens
    if group:
        yield group


def estimate_tokens(text: str) -> int:
    """About how many tokens a model reads: 4 ASCII letters, 2 of most scripts, 1 ideograph or syllable each."""
    wide = len(_CJK.findall(text))
    plain = len(text.encode("ascii", "ignore"))
    return math.ceil(plain / 4 + wide + (len(text) - plain - wide) / 2)


class _Builder:
    """The window that is being filled, within the budget."""

    def __init__(self, conversation: Conversation, budget: int) -> None:
        self._conversation = conversation
        self._budget = budget
        self._order = {message.id: at for at, message in enumerate(conversation.messages)}
        self._children: dict[int, int] = {}
        self.part = conversation.parts
        self.items: dict[int, WindowItem] = {}
        self.tokens = WINDOW_OVERHEAD
        self.has_signal = False

    def fits(self, tokens: int) -> bool:
        return self.tokens + tokens <= self._budget

    def add(self, message: WindowMessage, *, context: bool) -> None:
        self.items[message.id] = WindowItem(message, context)
        self.tokens += message.cost
        self.has_signal = self.has_signal or not context

    def add_child(self, message: WindowMessage) -> None:
        """Noise in answer to a message of this window, for the first few of them."""
        answered = self.items.get(message.reply_to or 0)
        if answered is None or answered.context or not self.fits(message.cost):
            return
        if self._children.get(answered.id, 0) < _CHILDREN_SHOWN:
            self._children[answered.id] = self._children.get(answered.id, 0) + 1
            self.add(message, context=True)

    def take(self) -> WindowDraft:
        """The window as it is, in order; the next part begins empty."""
        items = sorted(self.items.values(), key=lambda item: self._order[item.id])
        window = WindowDraft(self._conversation.channel_id, self._conversation.thread, tuple(items), self.part)
        self.part += 1
        self.items = {}
        self.tokens = WINDOW_OVERHEAD
        self.has_signal = False
        self._children = {}
        return window


def _windows(conversation: Conversation, budget: int, context: int) -> Iterator[WindowDraft]:
    """The windows of one conversation; none when all of it is noise or done."""
    builder = _Builder(conversation, budget)
    by_id = {message.id: message for message in conversation.messages}
    earlier: deque[WindowMessage] = deque(maxlen=context)
    for message in conversation.messages:
        if message.is_signal:
            parent = by_id.get(message.reply_to) if message.reply_to is not None else None
            needed = message.cost + (parent.cost if parent and parent.id not in builder.items else 0)
            if builder.has_signal and not builder.fits(needed):
                yield builder.take()
            if not builder.has_signal:
                for shown in _affordable(earlier, min(budget * _CONTEXT_SHARE, budget - builder.tokens - needed)):
                    builder.add(shown, context=True)
            if parent and parent.id not in builder.items and builder.fits(message.cost + parent.cost):
                builder.add(parent, context=True)
            builder.add(message, context=False)
        elif message.is_noise:
            builder.add_child(message)
        if not message.is_noise:
            earlier.append(message)
    if builder.has_signal:
        yield builder.take()
    conversation.parts = builder.part


def _affordable(earlier: Sequence[WindowMessage], tokens: float) -> list[WindowMessage]:
    """The latest messages that fit, in order."""
    shown: list[WindowMessage] = []
    for message in reversed(earlier):
        tokens -= message.cost
        if tokens < 0:
            break
        shown.append(message)
    return shown[::-1]
