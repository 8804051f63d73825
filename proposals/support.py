"""How many voices are independent. Pure."""

from collections.abc import Collection, Iterable

from ingestion.models import Message


def independent(messages: Iterable[Message], *, seen: Collection[int]) -> int:
    """How many independent messages are among those not `seen`: different people, in words of their own.

    A person who says it twice is one voice, and so is a text that is passed on.
    """
    authors: set[int | None] = set()
    texts: set[str] = set()
    count = 0
    for message in messages:
        text = " ".join(message.text.casefold().split())
        if message.pk in seen or message.author_id in authors or text in texts:
            continue
        authors.add(message.author_id)
        texts.add(text)
        count += 1
    return count
