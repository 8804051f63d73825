"""A made-up chat of any size, the same at every run."""

import json
import random
from pathlib import Path

WORDS = [
    "export",
    "invoice",
    "billing",
    "customer",
    "shop",
    "release",
    "staging",
    "database",
    "retry",
    "payment",
    "webhook",
    "timeout",
    "calendar",
    "booking",
    "reminder",
    "photo",
    "offline",
    "queue",
    "backup",
    "restore",
    "certificate",
    "onboarding",
    "wizard",
    "barcode",
    "scanner",
    "template",
    "rounding",
    "deposit",
    "refund",
    "holiday",
    "closure",
    "merge",
    "duplicate",
    "report",
    "dashboard",
    "search",
    "filter",
    "printer",
    "label",
    "driver",
    "battery",
    "the",
    "a",
    "is",
    "was",
    "when",
    "after",
    "before",
    "because",
    "since",
    "every",
    "some",
    "it",
    "we",
    "they",
    "our",
    "this",
    "that",
    "fails",
    "works",
    "again",
    "slowly",
    "today",
]
START = 1_760_000_000


def sentence(chance: random.Random) -> str:
    words = chance.choices(WORDS, k=chance.randint(4, 24))
    return f"{' '.join(words).capitalize()}{chance.choice('..?!')}"


def write_export(path: Path, count: int, *, seed: int = 7, chat: int = 123456789) -> None:
    """A Telegram Desktop export of `count` messages by 40 people in one supergroup."""
    chance = random.Random(seed)
    at = START
    with path.open("w") as out:
        out.write(f'{{"name": "Bench", "type": "private_supergroup", "id": {chat}, "messages": [\n')
        for number in range(1, count + 1):
            at += chance.choice((5, 20, 60, 240, 900))
            text = sentence(chance)
            person = chance.randint(1, 40)
            message = {
                "id": number,
                "type": "message",
                "date": "2026-01-01T00:00:00",
                "date_unixtime": str(at),
                "from": f"Person {person}",
                "from_id": f"user{person}",
                "text": text,
                "text_entities": [{"type": "plain", "text": text}],
            }
            if number > 10 and chance.random() < 0.2:
                message["reply_to_message_id"] = number - chance.randint(1, 9)
            out.write(json.dumps(message) + (",\n" if number < count else "\n"))
        out.write("]}\n")
