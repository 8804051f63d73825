"""Who filled a field of a proposal: a model, its project's rules, a person, or a person over what a machine said."""

from collections.abc import Iterable, Mapping
from typing import Any

AI = "ai"
RULES = "rules"
HUMAN = "human"
EDITED = "edited"
MACHINES = (AI, RULES)
PEOPLE = (HUMAN, EDITED)
ALL = (*MACHINES, *PEOPLE)
EMPTY: tuple[Any, ...] = (None, "", [], {})

TOLD = {
    AI: "Filled by the model; nobody has changed it",
    RULES: "Filled by the project's rules",
    EDITED: "Filled by a machine, then changed by a person",
    HUMAN: "Set by a person",
}


def touched(origins: Mapping[str, str]) -> bool:
    """Whether a person has had a hand in any field."""
    return any(who in PEOPLE for who in origins.values())


def after_edit(origins: Mapping[str, str], before: Mapping[str, Any], changed: Iterable[str]) -> dict[str, str]:
    """The origins once a person has changed these keys. `before` is the payload as it was.

    What a machine had left empty is the person's own; what it had filled is edited, and stays so.
    """
    changes = {}
    for key in changed:
        was_filled = origins.get(key) in MACHINES and before.get(key) not in EMPTY
        changes[key] = EDITED if was_filled or origins.get(key) == EDITED else HUMAN
    return {**origins, **changes}
