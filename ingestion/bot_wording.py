"""Everything that the bot says, by name: each language has all of it."""

from collections.abc import Mapping
from typing import NamedTuple


class Texts(NamedTuple):
    """One language; `commands` are the descriptions in Telegram's menu, in the order of COMMANDS."""

    start: str
    help: str
    unclaimed: str
    status: str
    waiting: str
    link_usage: str
    linked_person: str
    linked_chat: str
    link_refused: Mapping[str, str]
    in_private: str
    not_linked: str
    not_allowed: str
    left: str
    task_usage: str
    task_made: str
    task_sorted: str
    task_ruled: str
    task_kinds: Mapping[str, str]
    priorities: Mapping[str, str]
    notify_on: str
    notify_off: str
    told_made: str
    told_status: str
    task_states: Mapping[str, str]
    nothing_waits: str
    is_gone: str
    was_first: str
    words_gone: str
    approve: str
    reject: str
    open: str
    back: str
    why: str
    reasons: Mapping[str, str]
    kinds: Mapping[str, str]
    confidence: str
    outcomes: Mapping[str, str]
    by_policy: str
    commands: tuple[str, ...]
