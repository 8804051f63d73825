"""What the rules alone make of a message: how strongly each category is spoken for, and their own verdict."""

from tasktracker.core.enums import MessageCategory

from .cues.base import ATOM_KINDS
from .dialogue import is_acknowledgement
from .sentences import Parsed
from .speech import Reading

CATEGORIES: tuple[MessageCategory, ...] = tuple(MessageCategory)

# What each kind of sentence makes of a message.
_CATEGORY = {
    "problem": MessageCategory.BUG,
    "blocker": MessageCategory.BUG,
    "requirement": MessageCategory.FEATURE,
    "idea": MessageCategory.FEATURE,
    "question": MessageCategory.QUESTION,
    "decision": MessageCategory.DECISION,
    "solution": MessageCategory.DISCUSSION,
    "insight": MessageCategory.DISCUSSION,
    "risk": MessageCategory.DISCUSSION,
}
_LEAST = 0.5


def by_rules(parsed: Parsed, readings: list[Reading]) -> tuple[list[float], MessageCategory, float]:
    """The strength of each of `CATEGORIES`, the one that the rules choose, and how plain that is (0.3 to 0.97)."""
    if not readings:
        found = (
            (MessageCategory.BUG, 0.7)
            if parsed.trace
            else (MessageCategory.DISCUSSION, 0.4)
            if parsed.code
            else (MessageCategory.NOISE, 0.9)
        )
        return [0.0] * len(CATEGORIES), *found
    scores = _scores(parsed, readings)
    values = [scores[category] for category in CATEGORIES]
    if is_acknowledgement(parsed):
        return values, MessageCategory.NOISE, 0.95
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0].value))
    best, value = ranked[0]
    if value < _LEAST:
        return values, *_quiet(readings)
    second = ranked[1][1]
    return values, best, round(min(0.97, max(0.4, 0.25 + 0.55 * value + 0.35 * (value - second))), 2)


def _scores(parsed: Parsed, readings: list[Reading]) -> dict[MessageCategory, float]:
    scores: dict[MessageCategory, float] = dict.fromkeys(MessageCategory, 0.0)
    for place, reading in enumerate(readings):
        weight = 1.0 if place < 3 else 0.85  # what a message is about stands at its beginning
        for kind in ATOM_KINDS:
            value = reading.scores.get(kind, 0.0) * weight
            if kind in ("solution", "insight", "risk"):
                value *= 0.75
            category = _CATEGORY[kind]
            scores[category] = max(scores[category], value) + 0.04 * (value >= 0.5)
        trouble = 1 - (1 - 0.85 * reading.flags.get("trouble", 0.0)) * (1 - 0.5 * reading.flags.get("report", 0.0)) * (
            1 - reading.scores.get("problem", 0.0)
        )
        if reading.flags.get("trouble", 0.0) > 0:
            scores[MessageCategory.BUG] = max(scores[MessageCategory.BUG], 0.9 * trouble * weight)
        request = max(reading.flags.get("request", 0.0), 0.8 * reading.flags.get("commit", 0.0))
        if reading.flags.get("clarify", 0.0) < 0.7:
            scores[MessageCategory.TASK] = max(scores[MessageCategory.TASK], 0.95 * request)
        if reading.flags.get("chatter", 0.0) and len(readings) < 3:
            scores[MessageCategory.NOISE] = max(scores[MessageCategory.NOISE], 0.8 * reading.flags["chatter"])
    if parsed.trace:
        scores[MessageCategory.BUG] = max(scores[MessageCategory.BUG], 0.8) + 0.1
    return scores


def _quiet(readings: list[Reading]) -> tuple[MessageCategory, float]:
    """A message without a cue: talk when it says something, noise when it does not."""
    content = sum(reading.content for reading in readings)
    if content == 0:
        return MessageCategory.NOISE, 0.7
    return MessageCategory.DISCUSSION, round(min(0.65, 0.4 + 0.03 * content), 2)
