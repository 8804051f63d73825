"""Asking a provider what it is: whether it answers, which models it has, what they can do. No model is called here."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from analysis.models import Provider
from tasktracker.core import llm
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.enums import ProviderKind
from tasktracker.core.llm import ledger, wire
from tasktracker.core.llm.failures import from_wire

LIST_SECONDS = 10.0
GLANCE_SECONDS = 2.0  # what a page waits for an Ollama that may not be there at all
MOST_MODELS = 1000
ADDRESSES = {
    ProviderKind.OPENAI: "https://api.openai.com/v1",
    ProviderKind.MISTRAL: "https://api.mistral.ai/v1",
    ProviderKind.OPENROUTER: "https://openrouter.ai/api/v1",
    ProviderKind.ANTHROPIC: "https://api.anthropic.com/v1",
    ProviderKind.GEMINI: "https://generativelanguage.googleapis.com/v1beta",
}
# What lists of models call the context: OpenRouter, vLLM, Mistral, Groq, Gemini.
CONTEXT_NAMES = ("context_length", "max_model_len", "max_context_length", "context_window", "inputTokenLimit")
# Servers that hold every model to a JSON Schema.
STRUCTURED = (
    *(ProviderKind.OLLAMA, ProviderKind.OPENAI, ProviderKind.AZURE),
    *(ProviderKind.ANTHROPIC, ProviderKind.GEMINI, ProviderKind.MISTRAL),
)

type Structured = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether a provider answers, in a sentence, what it has, and what its default model can do.

    `structured` says whether answers can be held to a JSON Schema; `context_tokens` is None where nobody says it.
    """

    ok: bool
    detail: str
    models: list[str]
    structured: Structured = "unknown"
    context_tokens: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Listing:
    """A server's list of models, by name, with what it says of each."""

    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return sorted(self.rows)[:MOST_MODELS]

    def row(self, model: str) -> Mapping[str, Any]:
        """What is said of a model; empty for one that is not there."""
        return self.rows.get(model) or self.rows.get(f"{model}:latest") or {}


def probe(provider: Provider, *, seconds: float = LIST_SECONDS) -> Probe:
    """Ask for the list of models: the cheapest call that shows address and key to be right."""
    if provider.kind == ProviderKind.OFFLINE:
        return Probe(True, "The offline engine is part of this installation.", [], "yes")
    deadline = time.monotonic() + seconds
    try:
        found = listing(provider, deadline=deadline)
    except llm.LLMError as error:
        return Probe(False, error.detail, [])
    wanted = provider.default_model
    row = found.row(wanted)
    if wanted and found.rows and not row:
        return Probe(False, f"It answers, but has no model {wanted}.", found.names)
    context = _context_of(row)
    if context is None and wanted and provider.kind == ProviderKind.OLLAMA:
        context = _shown_context(provider, wanted, deadline=deadline)
    return Probe(True, "It answers.", found.names, structured_of(provider, row), context)


def models_of(provider: Provider) -> list[str]:
    """The provider's models by name, sorted; empty for the offline engine. Raises `LLMError`."""
    if provider.kind == ProviderKind.OFFLINE:
        return []
    return listing(provider, deadline=time.monotonic() + LIST_SECONDS).names


def structured_of(provider: Provider, row: Mapping[str, Any]) -> Structured:
    """What is known without a call: by the kind of server, or by what its list says of the model."""
    told = row.get("supported_parameters")
    if isinstance(told, list):
        return "yes" if {"structured_outputs", "response_format"} & {str(one) for one in told} else "no"
    own = provider.kind == ProviderKind.OPENAI and urlsplit(provider.base_url).hostname not in (None, "api.openai.com")
    return "yes" if provider.kind in STRUCTURED and not own else "unknown"


def glance(provider: Provider, *, seconds: float) -> list[str]:
    """`models_of` for who can do without: empty where the provider does not answer in time."""
    if provider.kind == ProviderKind.OFFLINE:
        return []
    try:
        return listing(provider, deadline=time.monotonic() + seconds).names
    except llm.LLMError:
        return []


def find_ollama() -> list[str] | None:
    """The models of an Ollama at OLLAMA_URL; None where none answers within GLANCE_SECONDS."""
    nobody = Provider(kind=ProviderKind.OLLAMA)
    try:
        return listing(nobody, deadline=time.monotonic() + GLANCE_SECONDS).names
    except llm.LLMError:
        return None


def listing(provider: Provider, *, deadline: float) -> Listing:
    """The provider's models; `deadline` is on `time.monotonic()`. Raises `LLMError`."""
    url, headers = _address(provider)
    body = _asked("GET", url, headers=headers, deadline=deadline)
    rows = body.get("data", body.get("models")) if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise llm.ProviderDown("What answers at this address is not the provider's API.")
    named = [(row.get("id") or row.get("name"), row) for row in rows if isinstance(row, dict)]
    return Listing({str(name).removeprefix("models/"): row for name, row in named if name})


def _shown_context(provider: Provider, model: str, *, deadline: float) -> int | None:
    """What Ollama says of a model's context; None where it does not say."""
    url = f"{(provider.base_url or settings.OLLAMA_URL).rstrip('/')}/api/show"
    try:
        headers = _bearer(_key(provider))
        body = _asked("POST", url, headers=headers, deadline=deadline, json={"model": model})
    except llm.LLMError:
        return None
    told = body.get("model_info") if isinstance(body, dict) else None
    told = told if isinstance(told, dict) else {}
    return next((_positive(value) for name, value in told.items() if name.endswith(".context_length")), None)


def _asked(method: str, url: str, *, headers: dict[str, str], deadline: float, json: Any = None) -> Any:
    """The body of one request over the guarded client; raises `LLMError`."""
    ledger.refuse_inside_transaction()
    trace = wire.Trace()
    with wire.open_client(deadline=deadline, allowed=settings.LLM_ALLOWED_HOSTS, trace=trace) as client:
        try:
            return client.request(method, url, headers=headers, json=json).raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            pass
    raise from_wire(trace)


def _context_of(row: Mapping[str, Any]) -> int | None:
    return next((found for name in CONTEXT_NAMES if (found := _positive(row.get(name)))), None)


def _positive(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9 else None


def _address(provider: Provider) -> tuple[str, dict[str, str]]:
    kind, key = ProviderKind(provider.kind), _key(provider)
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


def _key(provider: Provider) -> str:
    try:
        return provider.open_api_key()
    except DecryptionError as error:
        raise llm.Refused(str(error)) from None


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}
