"""The keys of the desk: what each does, and what a person has chosen instead.

A key is named by `event.code`, its place on the keyboard, so that it works on any layout. Templates and scripts speak
of an action by the code that it has by default; the page's script translates what is pressed (static/app.js).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.models import User
from tasktracker.core.transitions import lock

GO = "go"  # the scope of keys that count only after the one named "go"
MARKS = {
    "BracketLeft": "[",
    "BracketRight": "]",
    "Semicolon": ";",
    "Quote": "'",
    "Backquote": "`",
    "Backslash": "\\",
    "Comma": ",",
    "Period": ".",
    "Slash": "/",
    "Minus": "-",
    "Equal": "=",
}
# Digits choose from a menu; Enter, Escape, Tab and Space are the browser's.
CODES = {**{f"Key{letter}": letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, **MARKS}


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a key does. `code` is its default; two of one `scope` never share a key."""

    name: str
    label: str
    code: str
    group: str
    scope: str = ""


EVERYWHERE, LIST, DESK, AFTER_GO = "Everywhere", "In a list", "At the review desk", "After the key “go to”"
ACTIONS = {
    one.name: one
    for one in (
        Action("search", "Search", "Slash", EVERYWHERE),
        Action("go", "Go to …", "KeyG", EVERYWHERE),
        Action("go_proposals", "Proposals", "KeyP", AFTER_GO, GO),
        Action("go_topics", "Topics", "KeyT", AFTER_GO, GO),
        Action("go_tasks", "Tasks", "KeyK", AFTER_GO, GO),
        Action("go_runs", "Runs", "KeyR", AFTER_GO, GO),
        Action("go_messages", "Messages", "KeyM", AFTER_GO, GO),
        Action("go_dashboard", "Dashboard", "KeyD", AFTER_GO, GO),
        Action("next", "Next; with ⇧ extend the selection", "KeyJ", LIST),
        Action("previous", "Previous; with ⇧ extend the selection", "KeyK", LIST),
        Action("select", "Select", "KeyX", LIST),
        Action("flip", "Flip noise", "KeyF", LIST),
        Action("source", "Source message", "KeyO", LIST),
        Action("card_left", "Move a card of the board left", "BracketLeft", LIST),
        Action("card_right", "Move a card of the board right", "BracketRight", LIST),
        Action("approve", "Approve and next", "KeyA", DESK),
        Action("edit", "Edit", "KeyE", DESK),
        Action("reject", "Reject, then the reason", "KeyR", DESK),
        Action("duplicate", "Duplicate of …", "KeyD", DESK),
        Action("merge", "Merge side by side", "KeyM", DESK),
        Action("snooze", "Snooze", "KeyH", DESK),
        Action("undo", "Undo the last decision", "KeyZ", DESK),
    )
}


def keys_of(user: object) -> dict[str, str]:
    """The code of each action for a person. An action whose default they gave to another one has none: ""."""
    chosen = chosen_by(user)
    taken = {(ACTIONS[name].scope, code) for name, code in chosen.items()}
    return {
        name: chosen.get(name) or ("" if (one.scope, one.code) in taken else one.code) for name, one in ACTIONS.items()
    }


def chosen_by(user: object) -> dict[str, str]:
    """What differs from the defaults; what this version does not know is left out."""
    found: Mapping[str, str] = getattr(user, "own_keys", None) or {}
    return {name: code for name, code in found.items() if name in ACTIONS and code in CODES}


def keymap_of(user: object) -> dict[str, str]:
    """For the page's script: what a code that is pressed means by default, "" for one that means nothing any more.

    Codes after the key "go" begin with "go:". Only what differs; empty for a person with the defaults.
    """
    if not chosen_by(user):
        return {}
    keys = keys_of(user)
    freed = {_pressed(one, one.code): "" for name, one in ACTIONS.items() if keys[name] != one.code}
    own = {_pressed(one, keys[name]): one.code for name, one in ACTIONS.items() if keys[name] not in ("", one.code)}
    return freed | own


def name_of(code: str) -> str:
    """What stands on the key, on a keyboard of the United States."""
    return CODES.get(code, "")


@transaction.atomic
def save_keys(*, user: User, codes: Mapping[str, str]) -> User:
    """Choose keys: `codes` by action; what is left out has its default.

    Raises `Invalid` (no such action or key) and `Conflict` `key_taken` with `actions`, the two that would share one.
    """
    whole = {name: codes.get(name, one.code) for name, one in ACTIONS.items()}
    for name, code in codes.items():
        if name not in ACTIONS:
            raise Invalid(f"No key does {name[:40]!r}.")
        if code not in CODES:
            raise Invalid(f"{ACTIONS[name].label}: {code[:40]!r} is no key that can be chosen.", field=name)
    clash = clash_of(whole)
    if clash is not None:
        raise Conflict(told(clash, whole[clash[0]]), code="key_taken", actions=list(clash))
    locked = lock(User, user.pk)
    locked.own_keys = {name: code for name, code in whole.items() if code != ACTIONS[name].code}
    locked.save(update_fields=["own_keys"])
    user.own_keys = locked.own_keys
    return locked


def clash_of(codes: Mapping[str, str]) -> tuple[str, str] | None:
    """The first two actions that would share a key."""
    seen: dict[tuple[str, str], str] = {}
    for name, one in ACTIONS.items():
        other = seen.setdefault((one.scope, codes[name]), name)
        if other != name:
            return other, name
    return None


def told(clash: tuple[str, str], code: str) -> str:
    """A clash in a sentence."""
    first, second = (ACTIONS[name].label.partition(";")[0] for name in clash)
    return f"“{first}” and “{second}” can't both be {name_of(code)}. Give one of them another key."


def _pressed(action: Action, code: str) -> str:
    return f"{action.scope}:{code}" if action.scope else code
