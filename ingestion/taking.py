"""What of the messages that come is taken: a source's filters, in one place for every way in. Pure.

Entries are compared without regard to case. One with `*`, `?` or `[` is a pattern of the shell's kind, any other is
taken as it stands: a channel's or author's id or name, a piece of a text.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from ingestion.drafts import MessageDraft

_WILD = frozenset("*?[")
_LONGEST_TEXT = 20_000  # code points of a text that are looked at


def why_left_out(filters: Mapping[str, Any], draft: MessageDraft) -> str:
    """Why the source's `filters` leave this message out; "" where it is taken.

    `{"take": {"channels": […]}, "skip": {"channels": […], "authors": […], "patterns": […]}}`; an empty list says
    nothing, and what is in both is left out.
    """
    channel = (draft.channel.external_id, draft.channel.title)
    wanted = _entries(filters, "take", "channels")
    if wanted and _named(wanted, channel) is None:
        return "left out: its channel is not among those that this source takes"
    if (entry := _named(_entries(filters, "skip", "channels"), channel)) is not None:
        return f"left out: its channel is skipped ({entry})"
    author = (draft.author.external_id, draft.author.name) if draft.author else ()
    if (entry := _named(_entries(filters, "skip", "authors"), author)) is not None:
        return f"left out: its author is skipped ({entry})"
    text = draft.text[:_LONGEST_TEXT].casefold()
    for entry in _entries(filters, "skip", "patterns"):
        if _is_in(entry.casefold(), text):
            return f"left out: its text is skipped ({entry})"
    return ""


def _entries(filters: Mapping[str, Any], place: str, name: str) -> list[str]:
    lists = filters.get(place)
    found = lists.get(name) if isinstance(lists, dict) else None
    return [entry for entry in found if isinstance(entry, str) and entry] if isinstance(found, list) else []


def _named(entries: list[str], names: tuple[str, ...]) -> str | None:
    """The first entry that is one of the names."""
    folded = [name.casefold() for name in names if name]
    for entry in entries:
        wanted = entry.casefold()
        # A channel is often written with the sign that its platform shows before it.
        bare = wanted.lstrip("#@") or wanted
        if any(fnmatchcase(name, wanted) or fnmatchcase(name, bare) or name in (wanted, bare) for name in folded):
            return entry
    return None


def _is_in(wanted: str, text: str) -> bool:
    # fnmatch makes atomic groups of its stars: no text takes long, whatever the pattern.
    return wanted in text or (not _WILD.isdisjoint(wanted) and fnmatchcase(text, f"*{wanted}*"))
