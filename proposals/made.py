"""What decisions at the desk did to an approved topic, atom or task: the history of the object, from its proposals."""

from typing import Any

from django.db.models import Model
from django.urls import reverse

from ingestion.models import Participant
from knowledge.handwork import words
from knowledge.history import HIDDEN, NEWEST, Deed, Line, by_hand, line
from knowledge.kinds import MODELS
from knowledge.models import Project
from proposals.history import POLICY
from proposals.models import ReviewAction
from tasktracker.core.journal import Change

DID = {"approve": "approved", "merge": "merged into this"}
NAMED: dict[str, type[Model]] = {"project_id": Project, "assignee_id": Participant}


def history_of(kind: str, pk: int) -> list[Deed]:
    """Changes by hand and by decisions, newest first."""
    return sorted([*by_hand(kind, pk), *by_decision(kind, pk)], key=lambda deed: deed.at, reverse=True)[:NEWEST]


def by_decision(kind: str, pk: int) -> list[Deed]:
    """The standing decisions that made or changed an object; three queries at most."""
    found = ReviewAction.objects.filter(
        proposal__created_kind=kind, proposal__created_id=pk, undone_at=None, verb__in=list(DID)
    )
    actions = list(found.select_related("by", "proposal").order_by("-id")[:NEWEST])
    label = MODELS[kind]._meta.label_lower
    changes = {
        action.pk: [
            change
            for change in action.changes
            if (change["model"], change["pk"]) == (label, pk) and change["before"] and change["after"]
        ]
        for action in actions
    }
    names = _names([change for own in changes.values() for change in own])
    return [
        _deed(action, [one for change in changes[action.pk] for one in _lines(change, names)]) for action in actions
    ]


def _deed(action: ReviewAction, lines: list[Line]) -> Deed:
    proposal = action.proposal
    return Deed(
        at=action.at,
        who=action.by.get_username() if action.by else POLICY,
        did=DID[action.verb] + (", with edits," if action.edited else "") + " a proposal:",
        lines=lines,
        title=f"#{proposal.pk} {proposal.title}",
        url=reverse("proposals:proposal", args=[proposal.pk]),
    )


def _names(changes: list[Change]) -> dict[tuple[str, int], str]:
    """What rows that changes refer to are called, by column and key."""
    found: dict[tuple[str, int], str] = {}
    for column, model in NAMED.items():
        keys = {values.get(column) for change in changes for values in (change["before"], change["after"])} - {None}
        if keys:
            found |= {(column, row.pk): str(row) for row in model._default_manager.filter(pk__in=keys)}
    return found


def _lines(change: Change, names: dict[tuple[str, int], str]) -> list[Line]:
    def said(name: str, value: Any) -> str:
        return names.get((name, value), "") if name in NAMED else words(value)

    return [
        line(name, said(name, change["before"].get(name)), said(name, value))
        for name, value in change["after"].items()
        if name not in HIDDEN
    ]
