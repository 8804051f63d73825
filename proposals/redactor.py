"""Words out of texts: which columns may hold words of messages, and what in them is never somebody's words."""

import json
import re
from collections.abc import Iterable
from functools import cache
from inspect import isclass
from typing import Any

from django.apps import apps
from django.db import models

from analysis.models import AnalysisRun, Finding
from knowledge.models import Atom, Edit, Task, Topic
from proposals.models import Proposal, ReviewAction
from tasktracker.core import enums
from tasktracker.core.models import IdempotentRequest

MARK = "[deleted]"
SHORTEST = 8  # characters: "ok, done" of somebody else must not go with it
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-][\d:]+)?)?")
PLAN = "offline"  # in a run's plan: what the engine without a model learnt, as JSON text

# What may hold words of messages, by model. `status` and its companions are no text.
TEXTS: dict[type[models.Model], tuple[str, ...]] = {
    Finding: ("title", "payload", "reasoning"),
    Proposal: ("title", "payload", "reasoning", "judged", "note"),
    ReviewAction: ("changes",),
    AnalysisRun: ("plan",),
    Topic: ("name", "description", "keywords"),
    Atom: ("title", "content"),
    Task: ("title", "description", "labels", "fields"),
    Edit: ("fields", "changes"),
    IdempotentRequest: ("body",),
}


@cache
def own_words() -> frozenset[str]:
    """Values that we write ourselves: a message that says "question" must not take the types out of payloads."""
    found = {model._meta.label_lower for model in apps.get_models(include_auto_created=True)}
    for one in vars(enums).values():
        if isclass(one) and issubclass(one, models.TextChoices):
            found.update(one.values)
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            found.update(str(value) for value, _ in field.flatchoices)
    return frozenset(found)


class Redactor:
    """Puts `MARK` where any of `passages` stands, whatever the white space and the case."""

    def __init__(self, passages: Iterable[str]) -> None:
        long = [words for words in passages if len(words.strip()) >= SHORTEST]
        found = [r"\s+".join(map(re.escape, words.split())) for words in long]
        self._pattern = re.compile("|".join(found), re.IGNORECASE) if found else None
        # The longest word of each passage: what has none of these holds none of them. As JSON has it, without quotes.
        self.marks = sorted({max(re.split(r"[\s\"\\\x00-\x1f\x7f]+", words), key=len) for words in long} - {""})

    def clean(self, value: Any) -> Any:
        """A copy of a JSON value with the words gone; an equal one where they are not in it."""
        if isinstance(value, str):
            return self._pattern.sub(MARK, value) if self._pattern else value
        if isinstance(value, list):
            return [self.clean(one) for one in value]
        if isinstance(value, dict):
            return {name: one if _is_own(one) else self.clean(one) for name, one in value.items()}
        return value

    def clean_plan(self, plan: dict[str, Any]) -> dict[str, Any]:
        """The same of a run's plan: JSON inside of JSON, with words as keys, which stays readable for its engine."""
        cleaned: dict[str, Any] = self.clean({name: one for name, one in plan.items() if name != PLAN})
        if PLAN in plan:
            learnt = json.loads(plan[PLAN])
            for bag in (learnt["df"], *(topic["terms"] for topic in learnt["topics"])):
                for word in [word for word in bag if self.clean(word) != word]:
                    del bag[word]
            for topic in learnt["topics"]:
                topic |= {name: self.clean(topic[name]) for name in ("name", "keywords")}
            cleaned[PLAN] = json.dumps(learnt, ensure_ascii=False, separators=(",", ":"))
        return cleaned

    def write(self, rows: Iterable[models.Model]) -> list[int]:
        """Clean the texts of rows and store what changed; times stay, as nobody edited it. The keys of those rows."""
        written = []
        for row in rows:
            changed = {}
            for name in TEXTS[type(row)]:
                value = getattr(row, name)
                cleaned = self.clean_plan(value) if name == "plan" else self.clean(value)
                if cleaned != value:
                    changed[name] = cleaned
            if changed:
                type(row)._default_manager.filter(pk=row.pk).update(**changed)
                written.append(row.pk)
        return written


def _is_own(value: Any) -> bool:
    """Whether a value in a journal or a payload is one of ours: an enumeration's, a model's label, a moment."""
    return isinstance(value, str) and (value in own_words() or MOMENT.fullmatch(value) is not None)
