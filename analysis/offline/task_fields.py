"""The fields of a task: priority, category, labels, description, confidence and reasoning."""

from collections.abc import Sequence

from analysis.prompts.inputs import KnownItem
from tasktracker.core.enums import Priority, TaskCategory

from .bonds import TROUBLE
from .solved import WorkAtom


def priority_of(group: Sequence[WorkAtom]) -> Priority:
    """From what is at stake, how many say so and how soon it is due."""
    lead = group[0]
    people = {message.author for item in group for message in item.messages}
    severe = any(item.read.severe for item in group)
    urgent = any(item.read.urgent for item in group)
    blocker = any(item.atom.type == "blocker" for item in group)
    soon = any(item.read.days_left is not None and item.read.days_left <= 2 for item in group)
    if lead.atom.type in TROUBLE and severe and (urgent or blocker or len(people) > 1):
        return Priority.CRITICAL
    if (
        (severe and lead.atom.type != "idea")
        or blocker
        or urgent
        or soon
        or (lead.atom.type in TROUBLE and len(people) > 2)
    ):
        return Priority.HIGH
    if (
        any(item.read.minor for item in group)
        or lead.atom.type == "idea"
        or (lead.atom.type == "question" and len(people) < 2)
    ):
        return Priority.LOW
    return Priority.MEDIUM


def category_of(group: Sequence[WorkAtom]) -> TaskCategory:
    lead = group[0]
    kinds = {item.atom.type for item in group}
    if lead.atom.type == "problem" or (lead.atom.type == "blocker" and ("problem" in kinds or lead.read.trouble)):
        return TaskCategory.BUG
    if lead.atom.type in ("blocker", "risk"):
        return TaskCategory.CHORE
    if lead.atom.type == "question":
        return TaskCategory.QUESTION
    return lead.read.category


def labels_of(group: Sequence[WorkAtom]) -> list[str]:
    """Words that name the matter: first those that several of its atoms share, then those of the leading title."""
    counts: dict[str, int] = {}
    for item in group:
        for label in item.read.labels:
            counts[label] = counts.get(label, 0) + 1
    order = {label: place for place, label in enumerate(counts)}
    return sorted(counts, key=lambda label: (-counts[label], order[label]))[:4]


def description_of(group: Sequence[WorkAtom], atoms: Sequence[WorkAtom]) -> str:
    lines = [group[0].atom.content or group[0].atom.title]
    lines += [f"- {item.atom.type}: {item.atom.title}" for item in group[1:8]]
    members = {item.atom.ref for item in group}
    for item in atoms:
        if (
            item.atom.type in ("insight", "solution", "decision")
            and item.atom.ref not in members
            and any(ref in members for _, ref in item.atom.links)
        ):
            lines.append(f"- {item.atom.type}: {item.atom.title}")
    return "\n".join(lines)[:4000]


def confidence_of(group: Sequence[WorkAtom]) -> float:
    """0.5 to 0.97, by the kind of work and by how plainly it is asked for."""
    lead = group[0]
    base = {
        "problem": 0.8,
        "blocker": 0.84,
        "requirement": 0.78,
        "risk": 0.66,
        "idea": 0.6,
        "question": 0.58,
        "decision": 0.74,
    }[lead.atom.type]
    people = {message.author for item in group for message in item.messages}
    value = base + 0.04 * min(2, len(people) - 1 if people else 0) + 0.03 * min(2, len(group) - 1)
    value += (
        0.08 * lead.read.requested
        + 0.05 * (lead.read.due is not None)
        + 0.04 * lead.read.severe
        - 0.06 * lead.read.hedged
    )
    return round(min(0.97, max(0.5, value if lead.messages else value - 0.15)), 2)


def reasoning_of(group: Sequence[WorkAtom], known: KnownItem | None) -> str:
    lead = group[0]
    people = sorted({message.author for item in group for message in item.messages})
    article = "an" if lead.atom.type[0] in "aeiou" else "a"
    parts = [
        f"{article} {lead.atom.type} that nothing approved solves"
        if lead.atom.type in (*TROUBLE, "question")
        else f"{article} {lead.atom.type}"
    ]
    if len(group) > 1:
        parts.append(f"{len(group)} atoms of one matter")
    if people:
        parts.append("said by " + ", ".join(people[:3]) + ("" if len(people) < 4 else f" and {len(people) - 3} more"))
    parts.extend(lead.read.found)
    if known is not None:
        parts.append(f"like the known task “{known.title}”")
    text = "; ".join(dict.fromkeys(parts))
    return (text[:1].upper() + text[1:])[:590] + "."
