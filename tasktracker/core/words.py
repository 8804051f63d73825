"""Numbers with their nouns."""


def counted_as(number: int, noun: str) -> str:
    """`1 message`, `1,218 messages`; for nouns that only take an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
