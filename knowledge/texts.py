"""The text of an object that is embedded and searched."""

from collections.abc import Callable
from typing import Any

from django.db import models

from ingestion.models import Message
from knowledge.models import Atom, Task, Topic

OWNERS: dict[str, type[models.Model]] = {"topic": Topic, "atom": Atom, "task": Task, "message": Message}
_TEXTS: dict[str, Callable[[Any], str]] = {
    "topic": lambda topic: "\n".join(filter(None, (topic.name, topic.description, " ".join(topic.keywords)))),
    "atom": lambda atom: f"{atom.title}\n{atom.content}".strip(),
    "task": lambda task: f"{task.title}\n{task.description}".strip(),
    "message": lambda message: message.text,
}


def text_of(kind: str, row: models.Model) -> str:
    """What an object says, its title first."""
    return _TEXTS[kind](row)


def title_of(kind: str, row: Any) -> str:
    """One line for a list."""
    if kind == "message":
        return " ".join(row.text.split())[:120]
    return str(row.name if kind == "topic" else row.title)
