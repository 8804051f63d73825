"""What the engine needs to know of one language: data only, one file for each language beside this one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Kinds of cue. The first nine are the atom types; the others say how a sentence is meant.
ATOM_KINDS = (
    "problem",
    "solution",
    "decision",
    "question",
    "insight",
    "idea",
    "blocker",
    "risk",
    "requirement",
)
OTHER_KINDS = (
    "trouble",  # a faint sign of a problem; counts beside another, or in a report
    "report",  # when, where and to whom it happens
    "request",  # somebody is asked to do something
    "commit",  # the author promises to do something
    "resolved",  # it works now, never mind
    "answer",  # makes a reply sound like an answer
    "clarify",  # a question that only keeps the talk going
    "chatter",  # social talk
    "mention",  # "error handling": the word without the trouble
    "unsolved",  # "has to be fixed": the word without the solution
    "hedge",  # the author is not sure
    "hypothetic",  # if, in case
    "urgent",
    "severe",  # production, data loss, security
    "minor",  # typo, cosmetic
)


@dataclass(frozen=True, slots=True)
class DateWords:
    """Words of dates, lower case, as written in the language."""

    today: str = ""
    tomorrow: str = ""
    overmorrow: str = ""
    until: str = ""  # marks a deadline: by, until, due, no later than
    next: str = ""
    end_of: str = ""
    week: str = ""
    month: str = ""
    day: str = ""
    inside: str = ""  # "in" three days, "within"
    weekdays: tuple[str, ...] = ()  # seven entries from Monday, forms parted by |
    months: tuple[str, ...] = ()  # twelve entries, forms parted by |


@dataclass(frozen=True, slots=True)
class Wording:
    """What the engine itself writes in the language. `{}` stands for the rest."""

    bylines: Mapping[str, str] = field(default_factory=dict)  # atom type -> "Reported by"
    answer: str = "Answer by"
    also: str = "Also reported by"
    evidence: str = "Agreed evidence"
    fix: str = "Fix {}"
    do: str = "{}"
    consider: str = "Consider: {}"
    clarify: str = "Clarify: {}"
    unblock: str = "Unblock: {}"
    prevent: str = "Prevent: {}"
    labels: Mapping[str, str] = field(default_factory=dict)  # atom type -> "Problem"


@dataclass(frozen=True, slots=True)
class Language:
    """One language. Blocks of phrases are in the notation of `phrases.PhraseIndex`."""

    code: str
    stop: frozenset[str]
    cues: tuple[tuple[str, float, str], ...]
    openers: str = ""  # what a title leaves out at the beginning of a sentence
    closers: str = ""  # and at its end
    tags: Mapping[str, str] = field(default_factory=dict)  # kind -> words that announce it: "Risk: ..."
    acknowledgements: frozenset[str] = frozenset()  # whole messages that say nothing
    questions: frozenset[str] = frozenset()  # words that begin a question
    negations: frozenset[str] = frozenset()
    articles: frozenset[str] = frozenset()  # left out at the beginning of a title
    pronouns: frozenset[str] = frozenset()  # a sentence that begins with one needs its subject named
    clauses: tuple[str, ...] = ()  # words before which a long sentence may be cut
    weak: frozenset[str] = frozenset()  # words that name no topic: thing, way, work
    dates: DateWords = DateWords()
    wording: Wording = Wording()
    rewrites: tuple[tuple[str, str, str], ...] = ()  # (kind or *, regular expression, replacement) for titles


def words(block: str) -> frozenset[str]:
    """The words of a block of text."""
    return frozenset(block.split())
