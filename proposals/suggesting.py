"""What the rules of projects say about a task: its project, who takes it, how urgent it is, and why.

Filled in at intake where the model said nothing, never over what a model or a person has set; the card shows it as
filled by a machine, with the reason, and what the rules say otherwise as a suggestion that a click takes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ingestion.models import Participant
from knowledge.models import Project
from knowledge.project_rules import first_word, folded
from proposals.models import Evidence, Proposal
from proposals.origins import PEOPLE, RULES

WHYS = "suggested"  # the key of a payload that holds {field: why} of what was filled so
FIELDS = ("project", "assignee", "priority")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A field's value as a payload holds it (ids of projects and people), in words, and why."""

    field: str
    value: int | str
    shown: str
    why: str


class Adviser:
    """The rules of some projects; asks once for the people whom they name, when it needs them."""

    def __init__(self, projects: Iterable[Project]) -> None:
        self._projects = list(projects)
        self._people: dict[int, str] | None = None

    def advise(self, payload: Mapping[str, Any], quotes: Iterable[str]) -> list[Suggestion]:
        """What the rules say of a task with this payload that rests on these words; nothing where they don't speak."""
        if not self._projects:
            return []
        words = (payload.get("title"), payload.get("description"), *(payload.get("labels") or ()), *quotes)
        text = folded("\n".join(str(one) for one in words if one))
        found: list[Suggestion] = []
        project = self._named(payload.get("project"))
        if project is None and not payload.get("project"):
            project, why = self._spoken_of(text)
            if project is not None:
                found.append(Suggestion("project", project.pk, project.name, why))
        if project is None:
            return found
        return [one for one in (*found, self._taker(project, text), _priority(project, text)) if one is not None]

    def _named(self, said: Any) -> Project | None:
        same = (one for one in self._projects if one.pk == said or one.name.casefold() == str(said).casefold())
        return next(same, None) if said else None

    def _spoken_of(self, text: str) -> tuple[Project | None, str]:
        """The only project of whose words the most are said."""
        said = {project.pk: _said(project, text) for project in self._projects}
        most = max(len(words) for words in said.values())
        top = [project for project in self._projects if len(said[project.pk]) == most]
        if not most or len(top) != 1:
            return None, ""
        return top[0], f"says {_listed(said[top[0].pk])}"

    def _taker(self, project: Project, text: str) -> Suggestion | None:
        """Who owns a component that is spoken of, else who takes what nobody owns."""
        people = self._names()
        for component in project.components:
            if first_word([component], text) is None:
                continue
            for one in project.team:
                name = people.get(one["participant"])
                if name and component in one["components"]:
                    why = f"owns “{component}” in {project.name}"
                    return Suggestion("assignee", one["participant"], name, why)
        name = people.get(project.default_assignee_id or 0)
        if name is None:
            return None
        return Suggestion(
            "assignee", project.default_assignee_id or 0, name, f"takes what nobody else owns in {project.name}"
        )

    def _names(self) -> dict[int, str]:
        if self._people is None:
            ids = {one["participant"] for project in self._projects for one in project.team}
            ids |= {project.default_assignee_id for project in self._projects if project.default_assignee_id}
            workspaces = {project.workspace_id for project in self._projects}
            rows = (
                Participant.objects.filter(pk__in=ids, workspace__in=workspaces) if ids else Participant.objects.none()
            )
            self._people = dict(rows.values_list("pk", "name"))
        return self._people


def fill(adviser: Adviser, payload: dict[str, Any], *, given: Mapping[str, Any], quotes: Iterable[str]) -> set[str]:
    """Write the advice into a new task's payload where the model has `given` nothing; the fields that were filled."""
    advice = [one for one in adviser.advise(payload, quotes) if not given.get(one.field)]
    if advice:
        payload |= {one.field: one.value for one in advice}
        payload[WHYS] = {one.field: one.why for one in advice}
    return {one.field for one in advice}


def why_of(proposal: Proposal, field: str) -> str:
    """Why the rules filled a field; "" where they did not, or where somebody has changed it since."""
    return str(proposal.payload.get(WHYS, {}).get(field, "")) if proposal.origins.get(field) == RULES else ""


def open_advice(proposal: Proposal) -> list[Suggestion]:
    """What the rules say otherwise than an open task proposal has it, where no person has spoken. Three queries."""
    if proposal.kind != Proposal.Kind.TASK or not proposal.is_open or proposal.recommendation != "new_task":
        return []
    projects = Project.objects.filter(workspace=proposal.workspace_id).order_by("pk")
    quotes = Evidence.objects.filter(proposal=proposal).values_list("quote__text", flat=True)[:40]
    advice = Adviser(projects).advise(proposal.payload, quotes)
    return [one for one in advice if _is_news(proposal, one)]


def _is_news(proposal: Proposal, advice: Suggestion) -> bool:
    if proposal.origins.get(advice.field) in PEOPLE:
        return False
    now = proposal.payload.get(advice.field)
    if advice.field == "assignee" and now:
        return bool(proposal.origins.get("assignee") == RULES and now != advice.value)
    return bool(now != advice.value and str(now).casefold() != advice.shown.casefold())


def _priority(project: Project, text: str) -> Suggestion | None:
    for rule in project.priority_rules:
        word = first_word(rule["keywords"], text)
        if word is not None:
            why = f"“{word}” is {rule['priority']} in {project.name}"
            return Suggestion("priority", rule["priority"], rule["priority"], why)
    return None


def _said(project: Project, text: str) -> list[str]:
    """The words of the project that stand in the text, its own name among them."""
    words = {folded(word): word for word in (project.name, *project.keywords, *project.components)}
    return [word for word in words.values() if first_word([word], text) is not None]


def _listed(words: list[str]) -> str:
    return " and ".join(f"“{word}”" for word in words[:3]) + (f" and {len(words) - 3} more" if len(words) > 3 else "")
