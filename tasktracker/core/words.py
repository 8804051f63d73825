"""Numbers with their nouns."""


def counted_as(number: int, noun: str, plural: str = "") -> str:
    """`1 message`, `1,218 messages`; `plural` is for nouns that take more than an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
