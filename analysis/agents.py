"""Agents and their versions: each change is a new one, kept for ever; a run works with the one it was made with."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from analysis.models import Agent, AgentVersion, AnalysisRun, Assignment, Provider
from knowledge.models import Project
from tasktracker.core.enums import ProviderKind
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.models import User, Workspace

MOST_FALLBACKS = 3
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,6})?")
# What a version holds of its agent.
KEPT = (
    *("name", "purpose", "provider_id", "fallbacks", "model"),
    *("temperature", "max_tokens", "instructions", "language"),
)

# Both have the same fields, by the same names.
type Values = Agent | AgentVersion


def agent_at(run: AnalysisRun) -> Values | None:
    """The run's agent as it was when the run was made; None where no agent was assigned.

    An agent that came into being without versions is given as it is.
    """
    if run.agent is None:
        return None
    versions = AgentVersion.objects.filter(agent_id=run.agent_id).select_related("provider")
    # What went before the versions that were kept is as near as can be told.
    found = versions.filter(number__gte=run.agent_version or 0).order_by("number").first()
    return found or run.agent


def at_version(agent: Agent, number: int) -> Agent:
    """The agent as it was in a version, as a row that is not to be saved; as it is now for one that was not kept."""
    kept = AgentVersion.objects.filter(agent_id=agent.pk, number=number).first()
    if kept is None or number == agent.version:
        return agent
    values = {name: getattr(kept, name) for name in KEPT if name != "provider_id"}
    provider = kept.provider or agent.provider
    return Agent(pk=agent.pk, workspace_id=agent.workspace_id, version=number, provider=provider, **values)


def fallbacks_of(agent: Values) -> list[Provider]:
    """The active providers to ask in the agent's order when its own is down; never the offline engine."""
    rows = Provider.objects.filter(pk__in=agent.fallbacks, is_active=True).exclude(kind=ProviderKind.OFFLINE)
    by_id = {row.pk: row for row in rows}
    return [by_id[pk] for pk in agent.fallbacks if pk in by_id and pk != agent.provider_id]


@transaction.atomic
def save_agent(*, agent: Agent, values: Mapping[str, Any], by: User | None = None) -> Agent:
    """Write `values` to a new or stored agent; anything that changes makes a new version. Raises `Invalid`, `Conflict`.

    `fallbacks` may hold ids or rows of providers.
    """
    values = dict(values)
    if "fallbacks" in values:
        values["fallbacks"] = _ids(values["fallbacks"])
    if agent.pk:
        agent = Agent.objects.select_for_update().get(pk=agent.pk)
        _keep(agent, by=None)  # one that was made without its first version
    changed = [name for name, value in values.items() if getattr(agent, name, None) != value]
    for name, value in values.items():
        setattr(agent, name, value)
    agent.fallbacks = [pk for pk in agent.fallbacks if pk != agent.provider_id]  # that one is asked anyway
    _check(agent)
    if agent.pk and not changed:
        return agent
    if agent.pk:
        agent.version += 1
    agent.save()
    _keep(agent, by=by)
    return agent


def _keep(agent: Agent, *, by: User | None) -> None:
    snapshot = {name: getattr(agent, name) for name in KEPT}
    more = {"provider_name": agent.provider.name, "at": timezone.now(), "by": by}
    AgentVersion.objects.get_or_create(agent=agent, number=agent.version, defaults=snapshot | more)


def _ids(fallbacks: Any) -> list[int]:
    """Ids in their order, each once; `Invalid` for anything else than a short list of providers."""
    rows = fallbacks if isinstance(fallbacks, Sequence) and not isinstance(fallbacks, str) else [fallbacks]
    ids = [one.pk if isinstance(one, Provider) else one for one in rows]
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in ids):
        raise Invalid("Fallbacks are a list of ids of providers.", field="fallbacks")
    ids = list(dict.fromkeys(ids))
    if len(ids) > MOST_FALLBACKS + 1:  # its own provider among them goes
        raise Invalid(f"An agent has at most {MOST_FALLBACKS} fallbacks.", field="fallbacks")
    return ids


def _check(agent: Agent) -> None:
    if agent.provider.workspace_id != agent.workspace_id:
        raise Invalid("This provider belongs to another workspace.", field="provider")
    if len(agent.fallbacks) > MOST_FALLBACKS:
        raise Invalid(f"An agent has at most {MOST_FALLBACKS} fallbacks.", field="fallbacks")
    ours = Provider.objects.filter(workspace_id=agent.workspace_id, pk__in=agent.fallbacks)
    if agent.fallbacks and ours.count() != len(agent.fallbacks):
        raise Invalid("A fallback is a provider of this workspace.", field="fallbacks")
    if ours.filter(kind=ProviderKind.OFFLINE).exists():
        raise Invalid("The offline engine never stands in for a model.", field="fallbacks")
    if agent.language and not LANGUAGE.fullmatch(agent.language):
        raise Invalid("Write the language as en, uk or pt-BR.", field="language")
    twin = Agent.objects.filter(workspace=agent.workspace, name=agent.name).exclude(pk=agent.pk)
    if twin.exists():
        raise Conflict(f"There is an agent {agent.name} already.", code="name_taken", field="name")


@transaction.atomic
def assign_agent(*, workspace: Workspace, agent: Agent, project: Project | None = None) -> Assignment:
    """Let the agent do the work that it is made for, in a project or everywhere, instead of who did it so far."""
    if agent.workspace_id != workspace.pk or (project is not None and project.workspace_id != workspace.pk):
        raise Invalid("Agent and project are of this workspace.")
    found, _ = Assignment.objects.update_or_create(
        workspace=workspace, purpose=agent.purpose, project=project, defaults={"agent": agent}
    )
    return found


@transaction.atomic
def delete_agent(*, agent: Agent) -> None:
    """Remove an agent with its versions and assignments; `Conflict` `in_use` while a run that is not over needs it."""
    if agent.runs.filter(status__in=AnalysisRun.LIVE).exists():
        raise Conflict("A run works with this agent: wait for it or cancel it.", code="in_use")
    agent.delete()
