"""Slack's markup turned into plain text: what its events and its exports say alike. Pure.

Source of the form: https://docs.slack.dev/messaging/formatting-message-text (references, links and three entities).
"""

import re
from collections.abc import Mapping

_MARKUP = re.compile(r"<([^<>\n]{1,4000})>|&(?:amp|lt|gt);")
_ENTITY = re.compile(r"&(amp|lt|gt);")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">"}


def plain_text(text: str, *, users: Mapping[str, str], channels: Mapping[str, str]) -> str:
    """The text as a reader of Slack sees it; `users` and `channels` give names by id.

    `<@U1>` becomes `@name`, `<#C1>` `#name`, `<!here>` `@here`, a date its own fallback, a link its address, or
    `label (address)` where the label hides it. A reference without a known name shows its label, else its id. Marks
    such as `*bold*` stay as they were typed.
    """
    if "<" not in text and "&" not in text:
        return text

    def shown(found: re.Match[str]) -> str:
        return _reference(found[1], users, channels) if found[1] else _unescaped(found[0])

    return _MARKUP.sub(shown, text)


def _reference(inside: str, users: Mapping[str, str], channels: Mapping[str, str]) -> str:
    target, bar, label = inside.partition("|")
    label = _unescaped(label).strip()
    kind, name = target[:1], target[1:]
    if kind == "@":
        return f"@{users.get(name) or label.lstrip('@') or name}"
    if kind == "#":
        return f"#{channels.get(name) or label.lstrip('#') or name}"
    if kind == "!":
        if bar and label:  # a group, a date: Slack names what to show without it
            return label
        return f"@{name.partition('^')[2] or name}"
    return _link(_unescaped(target).strip(), label)


def _link(address: str, label: str) -> str:
    shown = address.removeprefix("mailto:").removeprefix("tel:")
    if not label or _bare(label) == _bare(address):
        return label if label and ":" not in label else shown
    return f"{label} ({shown})"


def _bare(address: str) -> str:
    for start in ("https://", "http://", "mailto:", "tel:"):
        address = address.removeprefix(start)
    return address.rstrip("/").casefold()


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda found: _CHARACTERS[found[1]], text)
