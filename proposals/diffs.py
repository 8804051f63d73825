"""What an approved object says in the words of a payload, and how a new saying differs from it."""

from collections.abc import Mapping
from typing import Any

from knowledge.kinds import Item
from knowledge.models import Atom, Task, Topic

# What a repetition may change. Names, types and titles stay as a person approved them.
GROWS = {
    "topic": ("description", "keywords"),
    "atom": ("content",),
    "task": ("description", "priority", "category", "assignee", "due", "labels", "fields"),
}
Diff = dict[str, dict[str, Any]]


def as_payload(item: Item) -> dict[str, Any]:
    """The object's current values under the keys of a payload."""
    match item:
        case Topic():
            return {"name": item.name, "description": item.description, "keywords": list(item.keywords)}
        case Atom():
            return {"type": item.type, "title": item.title, "content": item.content}
        case Task():
            return {
                "title": item.title,
                "description": item.description,
                "category": item.category,
                "priority": item.priority,
                "project": item.project.name if item.project else None,
                "assignee": item.assignee.name if item.assignee else None,
                "due": item.due.isoformat() if item.due else None,
                "labels": list(item.labels),
                "fields": dict(item.fields),
            }


def diff_of(kind: str, now: Mapping[str, Any], said: Mapping[str, Any]) -> Diff:
    """`{key: {before, after}}` for what `said` adds to `now` or says otherwise; nothing known is lost by it."""
    found: Diff = {}
    for key in GROWS[kind]:
        after = _grown(now.get(key), said.get(key))
        if after != now.get(key):
            found[key] = {"before": now.get(key), "after": after}
    return found


def both(left: Any, right: Any) -> Any:
    """Two values of one key as one: texts one after the other, lists united; else the right one where it says any."""
    if isinstance(right, str) and isinstance(left, str):
        return _grown(right, left)
    if isinstance(right, list) and isinstance(left, list):
        return right + [one for one in left if one not in right]
    if isinstance(right, dict) and isinstance(left, dict):
        return {**left, **right}
    return right if right not in (None, "") else left


def _grown(now: Any, said: Any) -> Any:
    if said in (None, "", [], {}):
        return now
    if isinstance(now, list) and isinstance(said, list):
        folded = {str(one).casefold() for one in now}
        return now + [one for one in said if str(one).casefold() not in folded]
    if isinstance(now, dict) and isinstance(said, dict):
        return {**now, **said}
    if isinstance(now, str) and isinstance(said, str) and " " in now + said:
        if _flat(said) in _flat(now):
            return now
        return said if _flat(now) in _flat(said) else f"{now}\n\n{said}"
    return said


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())
