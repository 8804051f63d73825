"""Days by which something is due, as people write them, counted from the day of the message."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from .cues import LANGUAGES
from .words import Token, tokens

_ISO = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(20\d\d|\d\d)?(?![\d])")
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(20\d\d)(?!\d)")
_NUMBER = re.compile(r"^(\d{1,2})(?:st|nd|rd|th|го|е|-го|-е|er|º|ª)?$")
_CLOCK = re.compile(r"\d{1,2}(?::\d\d|\s?(?:am|pm|uhr|h)\b)", re.IGNORECASE)
_REACH = 4  # words between "by" and its day


@dataclass(frozen=True, slots=True)
class _Words:
    today: frozenset[str]
    tomorrow: frozenset[str]
    overmorrow: frozenset[str]
    until: frozenset[str]
    next: frozenset[str]
    end_of: frozenset[str]
    week: frozenset[str]
    month: frozenset[str]
    day: frozenset[str]
    inside: frozenset[str]
    weekdays: dict[str, int]
    months: dict[str, int]


@cache
def _table(lang: str) -> _Words:
    """The words of a language; Cyrillic chats and English terms mix, so English days are always known."""

    def split(block: str) -> frozenset[str]:
        return frozenset(word for word in block.split("|") if word)

    def merged(name: str) -> frozenset[str]:
        return split(getattr(LANGUAGES[lang].dates, name)) | split(getattr(LANGUAGES["en"].dates, name))

    def numbered(name: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for code in ("en", lang):
            for place, forms in enumerate(getattr(LANGUAGES[code].dates, name)):
                found |= dict.fromkeys(forms.split("|"), place)
        return found

    return _Words(
        today=merged("today"),
        tomorrow=merged("tomorrow"),
        overmorrow=merged("overmorrow"),
        until=merged("until"),
        next=merged("next"),
        end_of=merged("end_of"),
        week=merged("week"),
        month=merged("month"),
        day=merged("day"),
        inside=merged("inside"),
        weekdays=numbered("weekdays"),
        months=numbered("months"),
    )


def names_number_of_day(text: str) -> bool:
    """Whether a date in figures is in the text: 2026-03-01, 1.3., 01/03/2026."""
    return any(pattern.search(text) for pattern in (_ISO, _DOTTED, _SLASHED))


def due(text: str, said: date, lang: str = "en", also: Collection[str] = (), marked: bool = False) -> date | None:
    """The day until which `text`, written on the day `said`, wants something; None when it names none.

    `also`: further words that mark a day here, such as "on" in a decision; `marked`: only days that such a word marks,
    not a mere "today" or "tomorrow".

    "by Friday" is the next Friday after `said`; a date without a year is the next such day. A day in the past, or more
    than two years off, is no due date.
    """
    words = tokens(text)
    table = _table(lang)
    for place, word in enumerate(words):
        if word.low in table.until or word.low in also:
            found = _after(text, words, place + 1, said, table)
            if found is not None and said <= found <= said + timedelta(days=730):
                return found
    if marked:
        return None
    for word in words:
        if word.low in table.overmorrow:
            return said + timedelta(days=2)
        if word.low in table.tomorrow:
            return said + timedelta(days=1)
    for place, word in enumerate(words):
        if word.low in table.inside and place + 2 < len(words):
            span = _span(words, place + 1, table)
            if span:
                return said + timedelta(days=span)
        if word.low in table.today and not _is_past(words, place):
            return said
    return None


def without_due(text: str, said: date, lang: str) -> str:
    """`text` without a due day at its end: "Run the drill by Thursday" is "Run the drill"."""
    words = tokens(text)
    table = _table(lang)
    for place in range(len(words) - 2, 1, -1):
        near = len(words) - place <= 5
        if near and words[place].low in table.until and _after(text, words, place + 1, said, table) is not None:
            return text[: words[place].start].rstrip(" ,;:-–—")
    return text


def _is_past(words: Sequence[Token], place: int) -> bool:
    return place + 1 < len(words) and words[place + 1].low in ("morning", "since", "was")


def _span(words: Sequence[Token], place: int, table: _Words) -> int:
    number = _NUMBER.match(words[place].low)
    if number is None or place + 1 >= len(words):
        return 0
    unit = words[place + 1].low
    return int(number.group(1)) * (1 if unit in table.day else 7 if unit in table.week or unit == "weeks" else 0)


def _after(text: str, words: Sequence[Token], place: int, said: date, table: _Words) -> date | None:
    """The day named in the few words after a word such as "by"."""
    if place >= len(words):
        return None
    end = words[min(len(words), place + _REACH) - 1].end
    part = text[words[place].start : end + 6]
    written = _written(part, said)
    if written is not None:
        return written
    if _CLOCK.match(part):
        return said
    following = False
    for index in range(place, min(len(words), place + _REACH)):
        low = words[index].low
        number = _NUMBER.match(low)
        if low in table.next:
            following = True
        elif low in table.today:
            return said
        elif low in table.tomorrow:
            return said + timedelta(days=1)
        elif low in table.overmorrow:
            return said + timedelta(days=2)
        elif low in table.end_of:
            return _end(words, index, said, table)
        elif number is not None:
            day = int(number.group(1))
            month = next((table.months[w.low] for w in words[index + 1 : index + 3] if w.low in table.months), None)
            return _on(day, month, said) if month is not None or low != number.group(1) else None
        elif low in table.months and index + 1 < len(words) and (number := _NUMBER.match(words[index + 1].low)):
            return _on(int(number.group(1)), table.months[low], said)
        elif low in table.weekdays:
            # "Friday 13th", "Tuesday the 24th": the number says which one.
            for later in words[index + 1 : index + 4]:
                numbered = _NUMBER.match(later.low)
                if numbered is not None and later.low != numbered.group(1):
                    return _on(int(numbered.group(1)), None, said)
            ahead = (table.weekdays[low] - said.weekday()) % 7 or 7
            return said + timedelta(days=ahead + (7 if following and ahead < 7 - said.weekday() else 0))
        elif low in table.week and following:
            return said + timedelta(days=11 - said.weekday())
    return None


def _written(part: str, said: date) -> date | None:
    """A date in figures: 2026-11-20, 20.11.2026, 20.11., 20/11/2026."""
    try:
        if match := _ISO.match(part):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _DOTTED.match(part):
            if match[3]:
                year = int(match[3])
                return date(year + 2000 if year < 100 else year, int(match[2]), int(match[1]))
            return _on(int(match[1]), int(match[2]) - 1, said)
        if match := _SLASHED.match(part):
            first, second = int(match[1]), int(match[2])
            return date(int(match[3]), second, first) if second <= 12 else date(int(match[3]), first, second)
    except ValueError:
        return None
    return None


def _on(day: int, month: int | None, said: date) -> date | None:
    """The next such day on or after `said`; `month` from 0, None for this month or the next that has it."""
    for ahead in range(13):
        year, number = said.year + (said.month - 1 + ahead) // 12, (said.month - 1 + ahead) % 12
        if month is not None and number != month:
            continue
        try:
            found = date(year, number + 1, day)
        except ValueError:
            continue
        if found >= said:
            return found
    return None


def _end(words: Sequence[Token], place: int, said: date, table: _Words) -> date:
    """The end of the week (its Friday) or of the month; of the day when neither is said."""
    rest = {word.low for word in words[place + 1 : place + 4]}
    if rest & table.week:
        return said + timedelta(days=(4 - said.weekday()) % 7)
    if rest & table.month:
        following = (said.replace(day=28) + timedelta(days=4)).replace(day=1)
        return following - timedelta(days=1)
    return said
