"""Blocks of words in the source: readable, easy to add to, and one kind of thing everywhere."""


def word_list(block: str) -> tuple[str, ...]:
    """The words of a block of text, in order."""
    return tuple(block.split())


def word_set(block: str) -> frozenset[str]:
    """The words of a block of text, as a set."""
    return frozenset(block.split())
