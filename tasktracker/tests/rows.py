"""A row of any model that a key may point at, in any workspace."""

from typing import Any

from django.db.models import Model

from analysis.models import Agent, Assignment, Provider, Schedule, SpendingCap, TaskConfig
from ingestion.models import Channel, Participant, Source
from knowledge.models import Atom, AtomLink, Project, Task, Topic
from tasktracker.core import services
from tasktracker.core.models import ApiToken, Membership, User, Workspace


def make(model: type[Model], workspace: Workspace) -> Any:
    """A row of `model` in `workspace`; a model that is not known here fails the test that needs it."""
    name = f"{model.__name__} of {workspace.slug}"
    if model in (User, Membership):
        found = services.ensure_member(
            username=f"member-of-{workspace.slug}", workspace_slug=workspace.slug, role="reviewer"
        )
        return found.user if model is User else found
    if model is ApiToken:
        return ApiToken.objects.create(workspace=workspace, user=make(User, workspace), digest=name)
    if model is Agent:
        values = {"purpose": "classify", "provider": make(Provider, workspace)}
        return Agent.objects.get_or_create(workspace=workspace, name=name, defaults=values)[0]
    if model is AtomLink:
        ends = [make(Atom, workspace) for _ in range(2)]
        return AtomLink.objects.create(workspace=workspace, from_atom=ends[0], to_atom=ends[1], type="solves")
    if model is Assignment:
        return Assignment.objects.create(workspace=workspace, purpose="classify", agent=make(Agent, workspace))
    if model is SpendingCap:
        return SpendingCap.objects.get_or_create(workspace=workspace, defaults={"calls": 1000})[0]
    if model in (Participant, Channel):
        more = {"name": name} if model is Participant else {"title": name}
        return model._default_manager.create(workspace=workspace, platform="api", external_id=name, **more)
    if model in (Atom, Task):
        more = {"type": "problem"} if model is Atom else {}
        return model._default_manager.create(workspace=workspace, title=name, **more)
    assert model in (Topic, Project, Provider, Schedule, Source, TaskConfig), f"say how to make a {model}"
    more_of: dict[Any, dict[str, Any]] = {
        Provider: {"kind": "openai"},
        Schedule: {"cron": "0 7 * * *"},
        Source: {"kind": "api"},
        TaskConfig: {"schema": {"type": "object", "properties": {"severity": {"enum": ["S1"]}}}},
    }
    return model._default_manager.get_or_create(workspace=workspace, name=name, defaults=more_of.get(model, {}))[0]
