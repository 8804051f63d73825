"""What may stand in a project's rules, which part of its version a change grows, and what its words match. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from tasktracker.core.enums import Priority
from tasktracker.core.errors import Invalid

WORD, MEANING = 60, 300  # letters
MOST_WORDS, MOST_RULES = 200, 50
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,6})?")
FIRST = "1.0.0"
EQUALS = " = "  # between a term and its meaning, where people read and type them
# What grows the middle part: what a model is told of, and what is filled in by itself. All else grows the last one.
MINOR = frozenset({"language", "components", "priority_rules"})

Values = Mapping[str, Any]


def words_of(value: Any, field: str, *, most: int = MOST_WORDS) -> list[str]:
    """Words in their order, each once whatever its case; a comma divides two. `Invalid` says what is wrong."""
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(one, str) for one in value):
        raise Invalid("Give a list of words.", field=field)
    words = [" ".join(word.split()) for entry in value for word in entry.split(",")]
    kept: dict[str, str] = {}
    for word in filter(None, words):
        kept.setdefault(folded(word), word)
    if len(kept) > most:
        raise Invalid(f"At most {most} of them.", field=field)
    if any(len(word) > WORD for word in kept.values()):
        raise Invalid(f"Each may have {WORD} letters.", field=field)
    return list(kept.values())


def glossary_of(value: Any) -> dict[str, str]:
    """Terms with their meanings, none of them empty."""
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for pair in value.items() for one in pair):
        raise Invalid("Give terms with their meanings: {term: meaning}.", field="glossary")
    kept = {" ".join(term.split()): " ".join(meaning.split()) for term, meaning in value.items()}
    if any(EQUALS in term for term in kept):
        raise Invalid("A term has no “ = ” in it: that divides it from its meaning.", field="glossary")
    kept = {term: meaning for term, meaning in kept.items() if term and meaning}
    if len(kept) > MOST_WORDS or any(len(t) > WORD or len(m) > MEANING for t, m in kept.items()):
        raise Invalid(f"At most {MOST_WORDS} terms of {WORD} letters, with meanings of {MEANING}.", field="glossary")
    return kept


def priority_rules_of(value: Any) -> list[dict[str, Any]]:
    """`[{keywords: [word], priority}]`, each with a word and a priority that we know."""
    if not isinstance(value, list) or not all(isinstance(rule, Mapping) for rule in value):
        raise Invalid("Give rules: [{keywords: [word], priority}].", field="priority_rules")
    if len(value) > MOST_RULES:
        raise Invalid(f"At most {MOST_RULES} rules.", field="priority_rules")
    kept = []
    for rule in value:
        if set(rule) != {"keywords", "priority"}:
            raise Invalid("A rule has keywords and a priority, nothing else.", field="priority_rules")
        if rule["priority"] not in Priority.values:
            raise Invalid(
                f"{rule['priority']!r} is no priority: use {', '.join(Priority.values)}.", field="priority_rules"
            )
        words = words_of(rule["keywords"], "priority_rules")
        if not words:
            raise Invalid("A rule needs a word.", field="priority_rules")
        kept.append({"keywords": words, "priority": str(rule["priority"])})
    return kept


def team_of(value: Any, components: Sequence[str], *, strict: bool) -> list[dict[str, Any]]:
    """`[{participant: id, components: [name]}]`, each person once.

    A component that the project has not is refused where `strict`, else it falls out: it was removed.
    """
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise Invalid("Give people: [{participant: id, components: [name]}].", field="team")
    known = {folded(name): name for name in components}
    kept: dict[int, dict[str, Any]] = {}
    for one in value:
        pk = one.get("participant")
        if not isinstance(pk, int) or isinstance(pk, bool) or set(one) - {"participant", "components"}:
            raise Invalid("Each has a participant (an id) and components.", field="team")
        if pk in kept:
            raise Invalid("Each person stands in the team once.", field="team")
        owned = words_of(one.get("components", []), "team")
        strange = next((name for name in owned if folded(name) not in known), None)
        if strange is not None and strict:
            raise Invalid(f"{strange!r} is not a component of this project.", field="team")
        kept[pk] = {"participant": pk, "components": [known[folded(name)] for name in owned if folded(name) in known]}
    return list(kept.values())


def language_of(value: Any) -> str:
    """A language tag such as en, uk or pt-BR."""
    if not isinstance(value, str) or not LANGUAGE.fullmatch(value):
        raise Invalid("Write the language as en, uk or pt-BR.", field="language")
    return value


def part_of(before: Values, after: Values) -> str:
    """Which part of the version the change grows: "major", "minor", "patch", or "" where nothing changed.

    Major: a name that others use is gone: the project's own, or a component that was removed or renamed. What was
    found under an older version may name what is not there any more.
    Minor: the same words may be read or filled in otherwise: another language, a new component, priority rules.
    Patch: everything else: keywords, glossary, people, description.
    """
    changed = {name for name in after if before.get(name) != after[name]}
    if not changed:
        return ""
    gone = set(before.get("components", ())) - set(after.get("components", before.get("components", ())))
    if "name" in changed or gone:
        return "major"
    return "minor" if changed & MINOR else "patch"


def grown(number: str, part: str) -> str:
    """The next version: "1.2.3" grows to 2.0.0, 1.3.0 or 1.2.4."""
    numbers = [int(one) if one.isascii() and one.isdigit() else 0 for one in [*number.split("."), "0", "0"][:3]]
    at = ("major", "minor", "patch").index(part)
    return ".".join(str(one) for one in [*numbers[:at], numbers[at] + 1, *([0] * (2 - at))])


def folded(text: str) -> str:
    """Text as words are compared: NFKC, case folded."""
    return unicodedata.normalize("NFKC", text).casefold()


def first_word(words: Iterable[str], text: str) -> str | None:
    """The first of `words` that stands in `text` as a whole word (or words), in any language; None for none.

    `text` is `folded` already. Never a part of a word: "ok" is not in "token".
    """
    return next((word for word in words if word.strip() and _pattern(word).search(text)), None)


@lru_cache(maxsize=4_096)
def _pattern(word: str) -> re.Pattern[str]:
    spaced = r"\s+".join(re.escape(one) for one in folded(word).split())
    return re.compile(rf"(?<!\w){spaced}(?!\w)")
