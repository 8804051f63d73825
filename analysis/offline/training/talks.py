"""The weights with which a message is put into a conversation, from chats whose conversations are known."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.offline.talk_signs import Said
from analysis.offline.threads import conversations_of, rooms_of

from .fit import Floats, minimise
from .rows import read_rows

Example = tuple[Floats, int]
Chat = list[tuple[Said, str]]
PENALTY = 1e-3
PARTS = 3


def read_chat(path: Path) -> Chat:
    """Messages and their true conversation, in the order of the file."""
    made = []
    for row in read_rows(path):
        at = datetime.fromisoformat(row["ts"]) if row.get("ts") else None
        if at is not None and at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        said = Said(row["text"], row.get("author") or "", at, row.get("channel") or "")
        made.append((said, str(row["conversation"])))
    return made


def examples(chat: Chat) -> list[Example]:
    """For each message the choices that it had, and the right one, with everything before it in its true place."""
    rooms = rooms_of([said for said, _ in chat])
    talks: dict[tuple[str, str], object] = {}
    made: list[Example] = []
    for said, conversation in chat:
        room, key = rooms[said.place], (said.place, conversation)
        line = room.line(said)
        open_talks, rows = room.features(line)
        right = next((place for place, talk in enumerate(open_talks) if talk is talks.get(key)), len(open_talks))
        if not line.system:
            made.append((np.array(rows), right))
        talks[key] = room.add(line, open_talks[right] if right < len(open_talks) else None, 0)
    return made


def fit_talks(choices: Sequence[Example]) -> Floats:
    """One weight for each of `threads.NAMES`: the right choice of each message made likely."""
    rows = np.concatenate([each for each, _ in choices])
    starts = np.concatenate([[0], np.cumsum([len(each) for each, _ in choices])]).astype(np.int64)
    right = starts[:-1] + np.array([place for _, place in choices])
    owner: npt.NDArray[np.int64] = np.repeat(np.arange(len(choices)), np.diff(starts))

    def loss(weights: Floats) -> tuple[float, Floats]:
        values = rows @ weights
        most = np.maximum.reduceat(values, starts[:-1])
        powers = np.exp(values - most[owner])
        totals = np.add.reduceat(powers, starts[:-1])
        off = powers / totals[owner]
        off[right] -= 1
        cost = -float((values[right] - most - np.log(totals)).mean()) + 0.5 * PENALTY * float(weights @ weights)
        return cost, rows.T @ off / len(choices) + PENALTY * weights

    return minimise(loss, np.zeros(rows.shape[1]), steps=200)


def rooms_left_out(chats: dict[str, Chat], name: str) -> Iterator[tuple[list[Chat], Chat]]:
    """(chats to fit, chat to ask) for a set: a third of its rooms at a time, all other sets always known."""
    rooms = sorted({said.place for said, _ in chats[name]})
    others = [chat for other, chat in chats.items() if other != name]
    for number in range(min(PARTS, len(rooms))):
        asked = set(rooms[number::PARTS])
        known = [pair for pair in chats[name] if pair[0].place not in asked]
        yield [*others, known], [pair for pair in chats[name] if pair[0].place in asked]


def ask_talks(weights: Floats, chat: Chat) -> list[int]:
    """The conversations that these weights find."""
    return conversations_of([said for said, _ in chat], weights)
