"""The category of one message, whether it asks for something to be done, and whether it is worth reading.

Two readers weigh each message: the rules, which know turns of speech of many languages and carry over to any chat, and
what was learnt from labelled sets, which is better where a message is like theirs. How like, is a measured figure too.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tasktracker.core.enums import MessageCategory

from .coefficients import Head, coefficients
from .grams import grams
from .rules import CATEGORIES, by_rules
from .signs import NAMES as SIGNS
from .signs import Seen, look

Floats = npt.NDArray[np.float64]

INPUTS: tuple[str, ...] = (
    *SIGNS,
    *(f"spoken:{category.value}" for category in CATEGORIES),
    *(f"ruled:{category.value}" for category in CATEGORIES),
)
# What the rules alone weigh, in logits. The same in every chat, so set by hand and measured on the labelled sets.
_RULES: dict[str, tuple[str, float]] = {
    "ask": ("task", 2.4),
    "promise": ("task", 2.4),
    "assigned": ("task", 4.5),
    "early_assigned": ("task", 1.5),
    "praise": ("noise", 3.0),
    "wish": ("feature", 2.4),
    "settled": ("decision", 4.5),
    "broken": ("bug", 2.4),
    "wonder": ("question", 1.5),
    "hello": ("noise", 6.0),
    "tell": ("discussion", 1.5),
    "wide:bug": ("bug", 9.0),
    "wide:feature": ("feature", 9.0),
    "wide:question": ("question", 6.0),
    "wide:task": ("task", 3.0),
    "wide:noise": ("noise", 6.0),
    "wide:decision": ("decision", 6.0),
    **{f"spoken:{category.value}": (category.value, 1.0) for category in CATEGORIES},
    **{f"ruled:{category.value}": (category.value, 2.0) for category in CATEGORIES},
}


HIGH, MOST = 0.905, 0.97
_AGREED, _PLAIN = 0.85, 0.95
_NOISE, _QUESTION = CATEGORIES.index(MessageCategory.NOISE), CATEGORIES.index(MessageCategory.QUESTION)
_ENDS_MARKED = INPUTS.index("ends_marked")
_OTHERWISE = [
    INPUTS.index(name)
    for name in (
        "ask",
        "promise",
        "assigned",
        "wish",
        "broken",
        "trace",
        "turns",
        "wide:bug",
        "any:problem",
        "any:request",
    )
]


def rule_weights() -> Floats:
    """`INPUTS` x `CATEGORIES`."""
    made = np.zeros((len(INPUTS), len(CATEGORIES)))
    for name, (category, weight) in _RULES.items():
        made[INPUTS.index(name), CATEGORIES.index(MessageCategory(category))] = weight
    return made


RULE_WEIGHTS = rule_weights()


class Read(NamedTuple):
    """A message as numbers: `dense` in the order of `INPUTS`, places and values of its grams."""

    dense: Floats
    places: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]


def read_message(text: str) -> Read:
    """The numbers that everything here is made from."""
    return Read(dense_of(look(text)), *grams(text))


def dense_of(seen: Seen) -> Floats:
    """The signs of a message, what its rules speak for, and what they choose."""
    spoken, chosen, plain = by_rules(seen.parsed, seen.readings)
    ruled = [plain if category == chosen else 0.0 for category in CATEGORIES]
    return np.array([*seen.values, *spoken, *ruled])


class Weighed(NamedTuple):
    """How likely each of `CATEGORIES` is to the mix, to the rules and to what was learnt; `known` from 0 to 1."""

    mixed: Floats
    ruled: Floats
    learnt: Floats
    likeness: float
    known: float


def weigh(read: Read) -> Weighed:
    """All that speaks for each category."""
    learnt = coefficients()
    ruled = softmax(read.dense @ RULE_WEIGHTS)
    fitted = softmax(logits(learnt.category, read))
    likeness = float(softmax(_by_grams(learnt.likeness, read))[:-1].max())  # the last one is: of no learnt set
    known = learnt.familiarity.of(likeness)
    return Weighed(known * fitted + (1 - known) * ruled, ruled, fitted, likeness, known)


def logits(head: Head, read: Read) -> Floats:
    """What a fitted head makes of a message."""
    return _by_grams(head, read) + read.dense @ head.dense


def _by_grams(head: Head, read: Read) -> Floats:
    made: Floats = (read.values @ head.sparse[read.places].astype(np.float32)) * head.scale + head.bias
    return made


def softmax(values: Floats) -> Floats:
    """Shares that add up to 1."""
    powers = np.exp(values - values.max())
    made: Floats = powers / powers.sum()
    return made


@lru_cache(maxsize=512)
def _read(text: str) -> Read:
    return read_message(text)


def classify(text: str) -> tuple[MessageCategory, float]:
    """One of the seven categories, and how often such an answer is right (0.3 to 0.97)."""
    read = _read(text)
    weighed = weigh(read)
    best = int(weighed.mixed.argmax())
    return CATEGORIES[best], round(confidence(read, weighed), 3)


def confidence(read: Read, weighed: Weighed) -> float:
    """How often an answer like this one is right. Above 0.9 only what held in every labelled set that was left out."""
    trust = coefficients().trust
    best = int(weighed.mixed.argmax())
    share = float(weighed.mixed[best])
    sure = trust.is_familiar(share, float(weighed.ruled[best]), weighed.likeness)
    if sure or _both_hear_noise(weighed) or _plainly_asks(read, weighed):
        return HIGH + (MOST - HIGH) * share
    return trust.of(share, weighed.known)


def _both_hear_noise(weighed: Weighed) -> bool:
    """Thanks, praise and greetings: the one thing that both readers know wherever it is said."""
    return min(float(weighed.ruled[_NOISE]), float(weighed.learnt[_NOISE])) > _AGREED


def _plainly_asks(read: Read, weighed: Weighed) -> bool:
    """A question and nothing else: no trouble, no wish, nobody is asked to do anything. The sets teach none of it."""
    if weighed.mixed[_QUESTION] < _PLAIN or not read.dense[_ENDS_MARKED]:
        return False
    return not any(read.dense[place] for place in _OTHERWISE)


def action(text: str) -> tuple[str, float]:
    """`action` or `other`: whether somebody is to do something, and how sure that is (0.5 to 0.97)."""
    return _two(text, coefficients().action, ("action", "other"))


def signal(text: str) -> tuple[str, float]:
    """`signal` or `noise`: whether the message is worth reading, and how sure that is (0.5 to 0.97)."""
    return _two(text, coefficients().signal, ("signal", "noise"))


def _two(text: str, head: Head, names: tuple[str, str]) -> tuple[str, float]:
    read = _read(text)
    shares = softmax(logits(head, read))
    best = int(shares.argmax())
    return names[best], round(min(0.97, float(shares[best])), 2)
