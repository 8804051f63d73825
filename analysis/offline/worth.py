"""What nobody's habit of calling things noise may hide: a question, a decision, a day that is named."""

from functools import cache

from tasktracker.core.enums import MessageCategory

from .classify import classify
from .cues import LANGUAGES
from .dates import names_number_of_day
from .words import tokens

LONGEST = 2_000  # characters that are looked at


def asks_settles_or_dates(text: str) -> bool:
    """Whether the text asks something, settles something or names a day."""
    text = text[:LONGEST]
    if "?" in text or "？" in text or names_number_of_day(text):
        return True
    if classify(text)[0] in (MessageCategory.QUESTION, MessageCategory.DECISION):
        return True
    words = [token.low for token in tokens(text)]
    months = _words("months")
    return not _words("weekdays").isdisjoint(words) or any(
        word in months and any(near.isdigit() for near in words[max(0, place - 1) : place + 2])
        for place, word in enumerate(words)
    )


@cache
def _words(name: str) -> frozenset[str]:
    """Weekdays or months, in every language at once."""
    forms = (form for language in LANGUAGES.values() for form in getattr(language.dates, name))
    return frozenset(word for form in forms for word in form.split("|") if word)
