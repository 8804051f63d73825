"""What the test server says: answers read from the prompt alone, as a model would have to.

`valid` quotes real passages of real messages; `obedient` does whatever a message tells it to do.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

type Messages = Sequence[Mapping[str, Any]]

_LABEL = re.compile(r"^\[(?P<ref>[wmaxkp]\d+)(?P<context> context)?\] ?(?P<rest>.*)$")
_HEAD = re.compile(r"^(?:\d\d:\d\d)? ?(?P<author>[^:>]*?) ?(?:>(?P<reply>m\d+))?: ?(?P<text>.*)$")


@dataclass
class Message:
    """A message as the prompt shows it; `text` has its line ends back."""

    ref: str
    text: str
    context: bool
    author: str = ""
    reply_to: str = ""


@dataclass
class Window:
    """A window as the prompt shows it."""

    ref: str
    messages: list[Message] = field(default_factory=list)
    atoms: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Shown:
    """Everything that the user's part of a prompt shows."""

    windows: list[Window] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)  # of prompts without windows
    known: list[tuple[str, str]] = field(default_factory=list)
    pairs: list[list[str]] = field(default_factory=list)


def read(messages: Messages) -> Shown:
    """Parse the first user message by the rules of the fence: our lines begin with [, continuations with |."""
    text = next(str(message["content"]) for message in messages if message["role"] == "user")
    shown = Shown()
    last: Message | None = None
    for line in text.split("\n"):
        if line.startswith("| ") and last is not None:
            last.text += "\n" + line[2:]
            continue
        if line.startswith(("[A] ", "[B] ")) and shown.pairs:
            shown.pairs[-1].append(line[4:])
            continue
        found = _LABEL.match(line)
        if not found:
            continue
        ref, rest = found["ref"], found["rest"]
        window = shown.windows[-1] if shown.windows else None
        if ref[0] == "w":
            shown.windows.append(Window(ref))
        elif ref[0] == "p":
            shown.pairs.append([ref])
        elif ref[0] == "a" and window:
            window.atoms.append((ref, rest))
        elif ref[0] in "kx":
            shown.known.append((ref, rest))
        elif ref[0] == "m":
            head = _HEAD.match(rest)
            assert head, line
            last = Message(ref, head["text"], bool(found["context"]), head["author"], head["reply"] or "")
            (window.messages if window else shown.messages).append(last)
    return shown


def valid(messages: Messages) -> dict[str, Any]:
    """A valid answer to any of the product's prompts: for each window, one item from each longer message."""
    shown = read(messages)
    system = str(messages[0]["content"])
    if shown.pairs:
        return {"pairs": [{"p": ref, "same": a == b, "confidence": 0.9} for ref, a, b in shown.pairs]}
    if shown.windows:
        make = _tasks if any(window.atoms for window in shown.windows) else _knowledge
        return {"windows": [make(window) for window in shown.windows]}
    asked = [message for message in shown.messages if not message.context]
    if "verdict" in system:
        verdicts = [("signal" if len(message.text) > 20 else "noise") for message in asked]
        return _each("verdict", asked, verdicts)
    return _each("category", asked, ["question" if "?" in message.text else "discussion" for message in asked])


def obedient(messages: Messages) -> dict[str, Any]:
    """What a model says that takes orders from messages: the JSON after "ANSWER:" in one of them."""
    shown = read(messages)
    orders = [
        order
        for window in shown.windows
        for message in window.messages
        for order in re.findall(r"ANSWER:\s*(\{.*\})", message.text, re.DOTALL)
    ]
    for order in orders:
        try:
            made: dict[str, Any] = json.loads(order)
        except ValueError:
            continue
        return made
    return valid(messages)


def damaged(fault: str, messages: Messages, answer: Callable[[Messages], dict[str, Any] | str]) -> dict[str, Any] | str:
    """`answer` with the damage that a fault of content does to it."""
    made = answer(messages)
    if fault not in {"wrong_ids", "one_bad"} or isinstance(made, str):
        return made
    items = [item for entry in made.get("windows", []) for item in [*entry.get("atoms", []), *entry.get("tasks", [])]]
    if fault == "one_bad":
        items[0]["title"] = ""
        return made
    for item in items:
        item["evidence"] = [{"m": "m999", "quote": "never said"}]
    return made


def _quote(message: Message) -> str:
    return max(message.text.split("\n"), key=len).strip()[:100].strip()


def _quotable(window: Window) -> list[Message]:
    asked = [message for message in window.messages if not message.context and len(message.text.strip()) > 15]
    return asked[:24]


def _knowledge(window: Window) -> dict[str, Any]:
    quotable = _quotable(window)
    atoms = [
        {
            "type": "question" if "?" in message.text else "insight",
            "title": f"Note: {_quote(message)[:80]}",
            "content": message.text[:300],
            "evidence": [{"m": message.ref, "quote": _quote(message)}],
            "confidence": 0.8,
            "reasoning": "It is said.",
        }
        for message in quotable
    ]
    topics = [
        {
            "name": f"About {' '.join(_quote(message).split()[:4])}",
            "evidence": [{"m": message.ref, "quote": _quote(message)}],
            "confidence": 0.7,
        }
        for message in quotable[:1]
    ]
    return {"window": window.ref, "topics": topics, "atoms": atoms}


def _tasks(window: Window) -> dict[str, Any]:
    quotable = _quotable(window)
    tasks = [
        {
            "title": f"Do: {text[:100]}",
            "category": "chore",
            "priority": "medium",
            "atoms": [ref],
            "evidence": [{"m": message.ref, "quote": _quote(message)} for message in quotable[:1]],
            "confidence": 0.8,
        }
        for ref, text in window.atoms[:12]
    ]
    return {"window": window.ref, "tasks": tasks}


def _each(name: str, asked: list[Message], words: list[str]) -> dict[str, Any]:
    rows = [{"m": message.ref, name: word, "confidence": 0.9} for message, word in zip(asked, words, strict=True)]
    return {"messages": rows}
