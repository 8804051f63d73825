"""Ids for messages that have none of their own: a hash of what makes them what they are."""

import hashlib
from collections import OrderedDict

_KEPT = 10_000


def hashed(*parts: str) -> str:
    """40 hexadecimal digits that stand for these parts, in this order."""
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=20).hexdigest()


class Occurrences:
    """How often a key was met before, of the last 10,000: equal messages stand close together in a file."""

    def __init__(self) -> None:
        self._met: OrderedDict[str, int] = OrderedDict()

    def before(self, key: str) -> int:
        count = self._met.pop(key, 0)
        self._met[key] = count + 1
        if len(self._met) > _KEPT:
            self._met.popitem(last=False)
        return count
