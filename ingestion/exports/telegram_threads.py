"""Which forum topic a message belongs to, from the chain of replies: the export names no topic."""

from array import array
from bisect import bisect_left


class TopicMap:
    """For one chat: topics by the id of the service message that made them, and the topic of each message in one.

    Message ids grow through a chat, so they lie in sorted arrays (16 bytes for each message of a topic, none for
    a chat without topics); an id out of order goes into a dict.
    """

    def __init__(self) -> None:
        self._titles: dict[int, str] = {}
        self._ids = array("q")
        self._roots = array("q")
        self._late: dict[int, int] = {}

    def create(self, root: int, title: str) -> None:
        self._titles[root] = title

    def rename(self, root: int, title: str) -> None:
        if root in self._titles:
            self._titles[root] = title

    def title(self, root: int) -> str:
        return self._titles.get(root, "")

    def is_root(self, message: int) -> bool:
        return message in self._titles

    def place(self, message: int, reply_to: int | None) -> int | None:
        """The root of the topic of `message`, which answers `reply_to`; None for the General topic or no forum."""
        if not self._titles or reply_to is None:
            return None
        root = reply_to if reply_to in self._titles else self._root_of(reply_to)
        if root is not None:
            self._remember(message, root)
        return root

    def _root_of(self, message: int) -> int | None:
        at = bisect_left(self._ids, message)
        if at < len(self._ids) and self._ids[at] == message:
            return self._roots[at]
        return self._late.get(message)

    def _remember(self, message: int, root: int) -> None:
        if not self._ids or message > self._ids[-1]:
            self._ids.append(message)
            self._roots.append(root)
        else:
            self._late[message] = root
