"""Nicknames that a message begins with, in chats where that is how one speaks to somebody."""

import re
from collections.abc import Collection

# "u27: try again", "jo_d, yes", "<jo> yes": names as IRC and its kin write them in front.
_NICK = re.compile(r"^(?:<([@+]?[\w\[\]{}|^`.-]{2,24})>|@?([\w\[\]{}|^`.-]{2,24})[:,>])\s+(?=\S+\s+\S)")
_NICK_SIGN = re.compile(r"[a-z]\d|[_|^`\[\]{}]", re.IGNORECASE)


def without_nick(text: str, people: Collection[str]) -> str:
    """Without the nickname in front: one in brackets, of somebody who is here, or that no plain word is spelt like."""
    found = _NICK.match(text)
    if found is None:
        return text
    name = found.group(1) or found.group(2)
    is_name = found.group(1) or text.startswith("@") or name.lower() in people or _NICK_SIGN.search(name)
    return text[found.end() :] if is_name else text
