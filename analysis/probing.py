"""Trying a provider or an agent out, for the person who sets it up."""

import json
import time
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from django.conf import settings
from django.core.cache import cache

from analysis.models import Agent, Provider
from analysis.offline import Plan, knowledge
from analysis.prompts import extract_knowledge
from analysis.prompts.inputs import PromptMessage, WindowInput
from analysis.providers import endpoint_of
from tasktracker.core import llm
from tasktracker.core.enums import ProviderKind
from tasktracker.core.errors import Unavailable
from tasktracker.core.events import enqueue
from tasktracker.core.llm import ledger, wire
from tasktracker.core.llm.failures import from_wire

LIST_SECONDS = 10.0
KEEP_SECONDS = 120
POLL_SECONDS = 0.1
ADDRESSES = {
    ProviderKind.OPENAI: "https://api.openai.com/v1",
    ProviderKind.MISTRAL: "https://api.mistral.ai/v1",
    ProviderKind.OPENROUTER: "https://openrouter.ai/api/v1",
    ProviderKind.ANTHROPIC: "https://api.anthropic.com/v1",
    ProviderKind.GEMINI: "https://generativelanguage.googleapis.com/v1beta",
}


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether a provider answers, in a sentence, and what it has."""

    ok: bool
    detail: str
    models: list[str]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def probe(provider: Provider) -> Probe:
    """Ask for the list of models: the cheapest call that shows address and key to be right."""
    if provider.kind == ProviderKind.OFFLINE:
        return Probe(True, "The offline engine is part of this installation.", [])
    try:
        models = models_of(provider)
    except llm.LLMError as error:
        return Probe(False, error.detail, [])
    wanted = provider.default_model
    if wanted and models and wanted not in models and f"{wanted}:latest" not in models:
        return Probe(False, f"It answers, but has no model {wanted}.", models)
    return Probe(True, "It answers.", models)


def models_of(provider: Provider) -> list[str]:
    """The names of the provider's models, sorted; empty for the offline engine. Raises `LLMError`."""
    if provider.kind == ProviderKind.OFFLINE:
        return []
    ledger.refuse_inside_transaction()
    url, headers = _listing(provider)
    trace = wire.Trace()
    deadline = time.monotonic() + LIST_SECONDS
    with wire.open_client(deadline=deadline, allowed=settings.LLM_ALLOWED_HOSTS, trace=trace) as client:
        try:
            body = client.get(url, headers=headers).raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            body = None
    rows = body.get("data", body.get("models")) if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise from_wire(trace)
    names = [row.get("id") or row.get("name") for row in rows if isinstance(row, dict)]
    return sorted({str(name).removeprefix("models/") for name in names if name})[:1000]


def _listing(provider: Provider) -> tuple[str, dict[str, str]]:
    kind, key = ProviderKind(provider.kind), provider.open_api_key()
    base = (provider.base_url or ADDRESSES.get(kind, "")).rstrip("/")
    if kind == ProviderKind.OLLAMA:
        return f"{(provider.base_url or settings.OLLAMA_URL).rstrip('/')}/api/tags", _bearer(key)
    if kind == ProviderKind.AZURE:
        return f"{base}/openai/models?api-version=2024-10-21", {"api-key": key}
    if kind == ProviderKind.ANTHROPIC:
        return f"{base}/models", {"x-api-key": key, "anthropic-version": "2023-06-01"}
    if kind == ProviderKind.GEMINI:
        return f"{base}/models", {"x-goog-api-key": key}
    return f"{base}/models", _bearer(key)


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def try_agent(agent: Agent, text: str) -> dict[str, Any]:
    """What the agent says about one message: `{"answer", "tokens_in", "tokens_out", "cost", "duration_ms"}`.

    A worker asks the model, so that the web process need not hold the libraries; `Unavailable` when none does in time.
    """
    if agent.provider.kind == ProviderKind.OFFLINE:
        began = time.monotonic()
        answer = knowledge(_window(text), Plan()).model_dump(mode="json")
        took = round((time.monotonic() - began) * 1000)
        return {"answer": answer, "tokens_in": 0, "tokens_out": 0, "cost": 0, "duration_ms": took}
    ticket = uuid.uuid4().hex
    cache.set(f"try:{ticket}:text", text, KEEP_SECONDS)
    deadline = time.monotonic() + min(agent.provider.timeout_seconds, 60) + 5
    sent = enqueue("analysis.tasks.try_agent", agent.pk, ticket)
    while sent and time.monotonic() < deadline:
        found = cache.get(f"try:{ticket}:answer")
        if found is not None:
            result = json.loads(found)
            if "error" in result:
                raise Unavailable(result["error"], code=result["code"])
            return dict(result)
        time.sleep(POLL_SECONDS)
    raise Unavailable("No worker has tried it in time.")


def answer_ticket(agent: Agent, ticket: str) -> None:
    """The worker's half of `try_agent`. Does nothing for a ticket that nobody waits for any more."""
    text = cache.get(f"try:{ticket}:text")
    if text is None:
        return
    provider = agent.provider
    try:
        reply = llm.ask(
            extract_knowledge.build(
                [_window(text)],
                instructions=agent.instructions,
                temperature=agent.temperature,
                max_tokens=agent.max_tokens,
            ),
            extract_knowledge.KnowledgeBatch,
            endpoint=endpoint_of(provider, agent),
            workspace_id=agent.workspace_id,
            subject=f"agent:{agent.pk}",
        )
        result: dict[str, Any] = {
            "answer": reply.value.model_dump(mode="json"),
            "tokens_in": reply.tokens_in,
            "tokens_out": reply.tokens_out,
            "cost": None if reply.cost is None else float(reply.cost),
            "duration_ms": reply.duration_ms,
        }
    except llm.LLMError as error:
        result = {"error": error.detail, "code": error.error_code}
    cache.set(f"try:{ticket}:answer", json.dumps(result), KEEP_SECONDS)


def _window(text: str) -> WindowInput:
    message = PromptMessage(ref="m1", author="someone", sent_at=datetime.now(UTC), text=text)
    return WindowInput(ref="w1", channel="", thread="", messages=(message,))
