"""Who answers: providers, agents, assignments. Which one serves a call, and what a change of them entails."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from analysis.addresses import check_address, host_of
from analysis.agents import Values
from analysis.agents import agent_at as agent_at
from analysis.models import Agent, Assignment, Provider
from knowledge.models import Project
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.enums import ProviderKind, Purpose, Stage
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.llm.types import Endpoint
from tasktracker.core.models import Workspace

OFFLINE = "offline"
NEED_ADDRESS = (ProviderKind.AZURE, ProviderKind.COMPATIBLE)
PURPOSES = {Stage.KNOWLEDGE: Purpose.EXTRACT_KNOWLEDGE, Stage.TASKS: Purpose.PROPOSE_TASKS}


@dataclass(frozen=True, slots=True)
class Engine:
    """Who serves a call; `agent` when an assignment named one. `model` is empty for the offline engine."""

    provider: Provider
    agent: Agent | None = None

    @property
    def model(self) -> str:
        return (self.agent.model if self.agent else "") or self.provider.default_model

    @property
    def is_offline(self) -> bool:
        return self.provider.kind == ProviderKind.OFFLINE

    @property
    def is_remote(self) -> bool:
        """Whether texts leave the house."""
        return not (self.is_offline or self.provider.local)


def endpoint_of(provider: Provider, agent: Values | None) -> Endpoint:
    """Where the gateway asks; raises `DecryptionError` for a key that no configured key opens.

    An agent's model is one of its own provider: a fallback is asked for its default model.
    """
    return Endpoint(
        kind=ProviderKind(provider.kind),
        model=(agent.model if agent and agent.provider_id == provider.pk else "") or provider.default_model,
        url=provider.base_url,
        key=provider.open_api_key(),
        is_local=provider.local,
        context_tokens=provider.context_tokens,
        timeout_seconds=provider.timeout_seconds,
        name=provider.name,
        concurrency=provider.concurrency,
        requests_per_minute=provider.requests_per_minute,
        tokens_per_minute=provider.tokens_per_minute,
    )


@transaction.atomic
def ensure_offline_provider(*, workspace: Workspace) -> Provider:
    """The workspace's provider `offline`: always there, and the default until another one is chosen."""
    provider, _ = Provider.objects.get_or_create(
        workspace=workspace,
        name=OFFLINE,
        defaults={
            "kind": ProviderKind.OFFLINE,
            "local": True,
            "is_default": not Provider.objects.filter(workspace=workspace, is_default=True).exists(),
        },
    )
    return provider


def choose_engine(*, workspace: Workspace, purpose: str, provider: str | Provider | None = None) -> Engine:
    """The call's own provider, else the assignment for the purpose, else the workspace's default.

    Never a silent fall from a model to the offline engine: what was asked for and can't serve is `Invalid`.
    """
    offline = ensure_offline_provider(workspace=workspace)
    if isinstance(provider, str):
        provider = _by_name(workspace, provider)
    assigned = _assigned(workspace, purpose)
    if provider is None:
        default = Provider.objects.filter(workspace=workspace, is_default=True).first()
        engine = Engine(assigned.provider, assigned) if assigned else Engine(default or offline)
    else:
        engine = Engine(provider, assigned if assigned and assigned.provider_id == provider.pk else None)
    _check_usable(engine)
    return engine


def _by_name(workspace: Workspace, name: str) -> Provider:
    found = Provider.objects.filter(workspace=workspace, name=name).first()
    if found is None:
        names = ", ".join(Provider.objects.filter(workspace=workspace).values_list("name", flat=True))
        raise Invalid(f"There is no provider {name!r} here; there are: {names}.", code="unknown_provider")
    return found


def _assigned(workspace: Workspace, purpose: str) -> Agent | None:
    """The agent of the purpose. Where the workspace has one project only, that project's word goes first."""
    rows = Assignment.objects.filter(workspace=workspace, purpose=purpose).select_related("agent__provider")
    projects = list(Project.objects.filter(workspace=workspace).values_list("pk", flat=True)[:2])
    found = rows.filter(project_id=projects[0]).first() if len(projects) == 1 else None
    found = found or rows.filter(project=None).first()
    return found.agent if found else None


def _check_usable(engine: Engine) -> None:
    provider = engine.provider
    if not provider.is_active:
        raise Invalid(f"The provider {provider.name} is switched off.", code="provider_inactive")
    if not engine.is_offline and not engine.model:
        raise Invalid(
            f"Nobody has said which model of {provider.name} to ask: set its default_model.", code="model_missing"
        )


def save_provider(*, provider: Provider, values: Mapping[str, Any]) -> Provider:
    """Write `values` (fields of Provider, and `api_key` in clear) to a new or stored row; raises `Invalid`, `Conflict`.

    The address is checked first: names are resolved while nothing is locked.
    """
    check_address(values.get("base_url", provider.base_url))
    return store_provider(provider=provider, values=values)


@transaction.atomic
def store_provider(*, provider: Provider, values: Mapping[str, Any]) -> Provider:
    """`save_provider` for who has called `check_address` already.

    A new host clears the key, which must be entered again: whoever may change the address must not receive the key.
    """
    values = dict(values)
    key = values.pop("api_key", None)
    if provider.pk:
        provider = Provider.objects.select_for_update().get(pk=provider.pk)
        if provider.name == OFFLINE and any(
            values.get(name, getattr(provider, name)) != getattr(provider, name) for name in ("name", "kind")
        ):
            raise Invalid("The offline engine keeps its name and kind.", code="offline_fixed")
    before = (host_of(provider.base_url), provider.kind) if provider.pk else None
    for name, value in values.items():
        setattr(provider, name, value)
    if "local" not in values and not provider.pk:
        provider.local = provider.kind == ProviderKind.OFFLINE or _is_ours(provider)
    _check_provider(provider)
    if before is not None and before != (host_of(provider.base_url), provider.kind):
        provider.set_api_key("")
    if key is not None:
        provider.set_api_key(key)
    if provider.is_default:
        others = Provider.objects.filter(workspace=provider.workspace, is_default=True).exclude(pk=provider.pk)
        others.update(is_default=False)
    provider.save()
    return provider


def _is_ours(provider: Provider) -> bool:
    """Whether a new provider is an Ollama at an address that the operator named; anything else is said by a person."""
    host = urlsplit(provider.base_url or settings.OLLAMA_URL).netloc.lower()
    return provider.kind == ProviderKind.OLLAMA and host in {entry.lower() for entry in settings.LLM_ALLOWED_HOSTS}


def status_of(provider: Provider) -> str:
    """ready, inactive, model_missing (nobody said which to ask) or key_unreadable (enter the key again)."""
    if not provider.is_active:
        return "inactive"
    if provider.kind == ProviderKind.OFFLINE:
        return "ready"
    try:
        provider.open_api_key()
    except DecryptionError:
        return "key_unreadable"
    return "ready" if provider.default_model or provider.agents.exclude(model="").exists() else "model_missing"


def _check_provider(provider: Provider) -> None:
    twin = Provider.objects.filter(workspace=provider.workspace, name=provider.name).exclude(pk=provider.pk)
    if twin.exists():
        raise Conflict(f"There is a provider {provider.name} already.", code="name_taken", field="name")
    if provider.kind == ProviderKind.OFFLINE and provider.name != OFFLINE:
        raise Invalid("The offline engine is there already, under the name offline.", code="offline_fixed")
    if provider.kind in NEED_ADDRESS and not provider.base_url:
        raise Invalid(f"{provider.get_kind_display()} has no address of its own: give one.", field="base_url")
    if provider.name == OFFLINE:
        if provider.kind != ProviderKind.OFFLINE:
            raise Invalid("The name offline belongs to the offline engine.", code="offline_fixed")
        provider.is_active = provider.local = True


def stands_in_for(provider: Provider) -> QuerySet[Agent]:
    """The agents that have this provider among their fallbacks."""
    return Agent.objects.filter(workspace_id=provider.workspace_id, fallbacks__contains=[provider.pk])


@transaction.atomic
def delete_provider(*, provider: Provider) -> None:
    """Remove a provider that nothing uses; `Conflict` `in_use` where runs or agents name it."""
    if provider.name == OFFLINE:
        raise Conflict("The offline engine is always there.", code="offline_fixed")
    if provider.runs.exists() or provider.agents.exists() or stands_in_for(provider).exists():
        raise Conflict("Runs or agents use this provider: switch it off instead.", code="in_use")
    was_default = provider.is_default
    workspace = provider.workspace
    provider.delete()
    if was_default:
        offline = ensure_offline_provider(workspace=workspace)
        offline.is_default = True
        offline.save(update_fields=["is_default", "updated_at"])
