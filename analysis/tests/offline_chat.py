"""Chats for the tests of the offline engine, and the windows that are made of them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from analysis.offline import ClusterAtom, Plan, cluster_atoms, knowledge, plan, tasks
from analysis.prompts.answers import AtomItem, TaskItem, WindowKnowledge
from analysis.prompts.inputs import AtomInput, KnownItem, PromptMessage, WindowInput

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "tasktracker" / "demo" / "chat.json"
MONTH = ROOT.parent / "shared" / "data" / "demo" / "telegram" / "result.json"
CHATS = [
    pytest.param(DEMO, id="demo chat"),
    pytest.param(MONTH, id="a month of a developers' chat", marks=pytest.mark.long),
]
START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)  # a Monday
GAP = timedelta(seconds=600)

Said = tuple[str, str] | tuple[str, str, int]


def window(
    said: Sequence[Said], *, ref: str = "w1", known: Sequence[KnownItem] = (), context: int = 0, at: datetime = START
) -> WindowInput:
    """A window of (author, text) or (author, text, place of the message answered, from 1), one minute apart."""
    messages = []
    for place, line in enumerate(said, start=1):
        answered = f"m{line[2]}" if len(line) == 3 else None
        sent = at + timedelta(minutes=place)
        messages.append(PromptMessage(f"m{place}", line[0], sent, line[1], place <= context, answered))
    return WindowInput(ref, "Parcel desk", "", tuple(messages), tuple(known))


def work(atoms: Sequence[dict[str, Any]], *, known: Sequence[KnownItem] = (), at: datetime = START) -> WindowInput:
    """A window of stage `tasks`: each atom has type, title, and optionally says [(author, text)], links, day."""
    messages: list[PromptMessage] = []
    inputs = []
    for place, atom in enumerate(atoms, start=1):
        refs = []
        for author, text in atom.get("says", [("Ann Lee", atom["title"])]):
            ref = f"m{len(messages) + 1}"
            messages.append(PromptMessage(ref, author, at + timedelta(days=atom.get("day", 0), minutes=place), text))
            refs.append(ref)
        links = tuple(atom.get("links", ()))
        inputs.append(AtomInput(f"a{place}", atom["type"], atom["title"], atom.get("content", ""), tuple(refs), links))
    return WindowInput("w1", "Parcel desk", "", tuple(messages), tuple(known), tuple(inputs))


def only(answer: WindowKnowledge, kind: str) -> AtomItem:
    """The one atom of a kind."""
    found = [atom for atom in answer.atoms if atom.type == kind]
    assert len(found) == 1, [(atom.type, atom.title) for atom in answer.atoms]
    return found[0]


@cache
def exported(path: Path) -> list[WindowInput]:
    """The windows of a Telegram Desktop export: by topic, then by a gap of ten minutes, 60 messages at most."""
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    raw = json.loads(path.read_text(encoding="utf-8"))["messages"]
    roots = {message["id"] for message in raw if message.get("action") == "topic_created"}
    thread: dict[int, str] = {}
    talks: dict[str, list[dict[str, Any]]] = {}
    for message in raw:
        answered = message.get("reply_to_message_id")
        thread[message["id"]] = str(answered) if answered in roots else thread.get(answered, "")
        if message["type"] == "message" and text_of(message).strip() and not is_bot(message):
            talks.setdefault(thread[message["id"]], []).append(message)
    windows: list[WindowInput] = []
    for name in sorted(talks):
        for part in _parts(talks[name]):
            windows.append(_window(part, name, len(windows) + 1))
    return windows


@cache
def learned(path: Path) -> tuple[Plan, list[tuple[WindowInput, WindowKnowledge]]]:
    """The plan of such an export, and what stage `knowledge` says of each window."""
    windows = exported(path)
    made = plan(windows)
    return made, [(window, knowledge(window, made)) for window in windows]


def text_of(message: dict[str, Any]) -> str:
    """The plain text of an exported message."""
    text = message.get("text", "")
    return text if isinstance(text, str) else "".join(p if isinstance(p, str) else p.get("text", "") for p in text)


def is_bot(message: dict[str, Any]) -> bool:
    name = str(message.get("from") or "").lower()
    return name.endswith("bot") or "notifications" in name


def _parts(messages: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    parts: list[list[dict[str, Any]]] = []
    before: datetime | None = None
    for message in messages:
        sent = datetime.fromisoformat(message["date"])
        if before is None or sent - before > GAP or len(parts[-1]) >= 60:
            parts.append([])
        parts[-1].append(message)
        before = sent
    return parts


def _window(part: list[dict[str, Any]], thread: str, number: int) -> WindowInput:
    refs = {message["id"]: f"m{place}" for place, message in enumerate(part, start=1)}
    messages = tuple(
        PromptMessage(
            refs[message["id"]],
            message.get("from") or "Deleted account",
            datetime.fromisoformat(message["date"]).replace(tzinfo=UTC),
            text_of(message),
            False,
            refs.get(message.get("reply_to_message_id") or 0),
        )
        for message in part
    )
    return WindowInput(f"w{number}", "chat", thread, messages)


@dataclass(frozen=True)
class Proposed:
    """A task, the window it came from, and (atom type, id of the message) of all that its atoms quote."""

    task: TaskItem
    window: WindowInput
    quoted: frozenset[tuple[str, int]]


@cache
def both_stages(path: Path) -> list[Proposed]:
    """The tasks of a chat when everything that stage `knowledge` found is approved."""
    known = learned(path)[1]
    raw = {message["id"]: message for message in json.loads(path.read_text(encoding="utf-8"))["messages"]}
    ids = {(m.get("from") or "Deleted account", m["date"], text_of(m)): m["id"] for m in raw.values() if "text" in m}
    found = [(atom, window) for window, answer in known for atom in answer.atoms]
    place_of = {(window.ref, atom.title): str(place) for place, (atom, window) in enumerate(found)}
    quoted: list[dict[int, PromptMessage]] = []
    plain = []
    for place, (atom, window) in enumerate(found):
        said = {message.ref: message for message in window.messages}
        messages = [said[evidence.m] for evidence in atom.evidence]
        mine = {ids[m.author, f"{m.sent_at:%Y-%m-%dT%H:%M:%S}", m.text]: m for m in messages}
        quoted.append(mine)
        answers = [str(raw[number]["reply_to_message_id"]) for number in mine if "reply_to_message_id" in raw[number]]
        links = tuple((link.type.value, place_of.get((window.ref, link.to), "")) for link in atom.links)
        plain.append(
            ClusterAtom(
                str(place),
                atom.type.value,
                atom.title,
                atom.content,
                (atom.topic,) if atom.topic else (),
                " ".join(evidence.quote for evidence in atom.evidence),
                links,
                max(message.sent_at for message in messages),
                tuple(map(str, mine)),
                tuple(answers),
            )
        )
    return [item for group in cluster_atoms(plain) for item in _looked_at(group, plain, quoted, raw)]


def _looked_at(
    group: Sequence[int],
    plain: Sequence[ClusterAtom],
    quoted: Sequence[dict[int, PromptMessage]],
    raw: dict[int, dict[str, Any]],
) -> list[Proposed]:
    """The tasks of one group of atoms, shown with the whole messages that they quote."""
    messages = {number: message for place in group for number, message in quoted[place].items()}
    refs = {number: f"m{count}" for count, number in enumerate(sorted(messages), start=1)}
    names = {plain[place].id: f"a{count}" for count, place in enumerate(group, start=1)}
    shown = tuple(
        replace(messages[number], ref=ref, reply_to=refs.get(raw[number].get("reply_to_message_id") or 0))
        for number, ref in refs.items()
    )
    inputs = tuple(
        AtomInput(
            names[plain[place].id],
            plain[place].type,
            plain[place].title,
            plain[place].content,
            tuple(refs[number] for number in quoted[place]),
            tuple((kind, names[other]) for kind, other in plain[place].links if other in names),
        )
        for place in group
    )
    window = WindowInput("w1", "chat", "", shown, (), inputs)
    place_of = {name: int(number) for number, name in names.items()}
    return [
        Proposed(
            task,
            window,
            frozenset((plain[place_of[ref]].type, number) for ref in task.atoms for number in quoted[place_of[ref]]),
        )
        for task in tasks(window).tasks
    ]
