"""Which conversation a message belongs to. Pure.

A message joins the conversation that it answers, if that was alive within `REPLY_AGE`; else the one that its author
was last heard in, or the liveliest one, of the same channel and thread, if that was alive within the gap; else it
begins a new one. Noise keeps no conversation alive.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

REPLY_AGE = timedelta(hours=24)
MESSAGE_OVERHEAD = 12  # tokens of a message's reference, author and time in a prompt


@dataclass(frozen=True, slots=True)
class WindowMessage:
    """A message without its text. `reply_to` is the id of a message, None also when that is not known.

    `is_noise` leaves it out, `is_done` marks one that was analysed before; both may still be shown as context.
    """

    id: int
    channel_id: int
    thread: str
    author_id: int | None
    sent_at: datetime
    tokens: int
    text_len: int = 0
    reply_to: int | None = None
    is_noise: bool = False
    is_done: bool = False

    @property
    def cost(self) -> int:
        """Tokens in a prompt."""
        return self.tokens + MESSAGE_OVERHEAD

    @property
    def is_signal(self) -> bool:
        return not (self.is_noise or self.is_done)


@dataclass(slots=True, eq=False)
class Conversation:
    """The messages of one conversation that may still go on; `parts` counts the windows made of it so far."""

    channel_id: int
    thread: str
    last_at: datetime
    messages: list[WindowMessage] = field(default_factory=list)
    authors: dict[int, datetime] = field(default_factory=dict)
    drained: list[int] = field(default_factory=list)
    tokens: int = 0
    parts: int = 0


class Conversations:
    """Holds the conversations that may still go on, the one that was longest silent first."""

    def __init__(self, gap: timedelta, *, drain_at: int, kept: int) -> None:
        """`drain_at` tokens are the most that one conversation may hold; its last `kept` messages stay after that."""
        self._gap = gap
        self._keep = max(gap, REPLY_AGE)
        self._drain_at = drain_at
        self._kept = max(1, kept)
        self._open: OrderedDict[int, Conversation] = OrderedDict()
        self._places: dict[tuple[int, str], list[Conversation]] = {}
        self._of_message: dict[int, Conversation] = {}

    def add(self, message: WindowMessage) -> Iterator[Conversation]:
        """Place one message; gives what has been silent for too long, or has grown too long and will go on."""
        while self._open:
            oldest = next(iter(self._open.values()))
            if message.sent_at - oldest.last_at <= self._keep:
                break
            self._close(oldest)
            yield oldest
        conversation = self._find(message) or self._begin(message)
        conversation.messages.append(message)
        self._of_message[message.id] = conversation
        if not message.is_noise:
            conversation.last_at = max(conversation.last_at, message.sent_at)
            if message.author_id is not None:
                conversation.authors[message.author_id] = message.sent_at
            conversation.tokens += message.cost
            self._open.move_to_end(id(conversation))
        if conversation.tokens > self._drain_at:
            yield conversation
            self._drain(conversation)

    def finish(self) -> Iterator[Conversation]:
        """All that is left, by when each conversation began."""
        yield from sorted(self._open.values(), key=lambda each: each.messages[0].sent_at)
        self._open.clear()

    def _find(self, message: WindowMessage) -> Conversation | None:
        if message.reply_to is not None:
            answered = self._of_message.get(message.reply_to)
            if (
                answered is not None
                and (answered.channel_id, answered.thread) == (message.channel_id, message.thread)
                and message.sent_at - answered.last_at <= self._keep
            ):
                return answered
        alive = [
            conversation
            for conversation in self._places.get((message.channel_id, message.thread), ())
            if message.sent_at - conversation.last_at <= self._gap
        ]
        if not alive:
            return None
        # Nobody was heard in most of them: then the liveliest wins.
        silent = message.sent_at - self._gap - timedelta(seconds=1)
        return max(alive, key=lambda each: (self._heard(message.author_id, each, silent), each.last_at))

    def _heard(self, author_id: int | None, conversation: Conversation, silent: datetime) -> datetime:
        return max(silent, conversation.authors.get(author_id, silent) if author_id is not None else silent)

    def _begin(self, message: WindowMessage) -> Conversation:
        conversation = Conversation(message.channel_id, message.thread, message.sent_at)
        self._open[id(conversation)] = conversation
        self._places.setdefault((message.channel_id, message.thread), []).append(conversation)
        return conversation

    def _close(self, conversation: Conversation) -> None:
        del self._open[id(conversation)]
        place = self._places[conversation.channel_id, conversation.thread]
        place.remove(conversation)
        if not place:
            del self._places[conversation.channel_id, conversation.thread]
        for message_id in (*conversation.drained, *(message.id for message in conversation.messages)):
            self._of_message.pop(message_id, None)

    def _drain(self, conversation: Conversation) -> None:
        """Forget what was handed out of a conversation that goes on and on; its end stays, as context."""
        conversation.drained.extend(message.id for message in conversation.messages)
        kept = conversation.messages[-self._kept :]
        conversation.messages = [message if message.is_noise else replace(message, is_done=True) for message in kept]
        conversation.tokens = 0
