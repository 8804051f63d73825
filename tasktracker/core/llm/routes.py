"""Where each kind of provider is reached, in litellm's words, always through the client that is handed in."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from tasktracker.core.enums import ProviderKind
from tasktracker.core.llm.types import Endpoint, Refused

_AZURE_VERSION = "2024-10-21"
_OPENAI_URL = "https://api.openai.com/v1"
_OLLAMA_ENTRY = {
    "litellm_provider": "ollama_chat",
    "mode": "chat",
    "input_cost_per_token": 0.0,
    "output_cost_per_token": 0.0,
}
_NEEDS_KEY = frozenset(
    {ProviderKind.ANTHROPIC, ProviderKind.GEMINI, ProviderKind.MISTRAL, ProviderKind.OPENROUTER, ProviderKind.AZURE}
)


@dataclass(frozen=True)
class Libraries:
    """The modules that `live` imports late."""

    litellm: Any
    instructor: Any
    openai: Any
    incomplete: type[Exception]  # Instructor's "the answer ran into its limit"
    failed: type[Exception]  # Instructor's wrapping of every other error
    handler: Any  # litellm's wrapper around an httpx client


def check(endpoint: Endpoint) -> None:
    """Raise `Refused` when nothing could be asked of this endpoint."""
    if endpoint.kind == ProviderKind.OFFLINE:
        raise Refused("The offline engine is no model server.")
    if not endpoint.model:
        raise Refused("No model is named.")
    if endpoint.kind in _NEEDS_KEY and not endpoint.key:
        raise Refused("This provider needs a key.")
    if endpoint.kind == ProviderKind.AZURE and not endpoint.url:
        raise Refused("An Azure provider needs the address of its resource.")
    if endpoint.kind == ProviderKind.COMPATIBLE and not endpoint.url:
        raise Refused("An OpenAI-compatible server needs its address.")


def completion(endpoint: Endpoint, http: httpx.Client, libraries: Libraries) -> dict[str, Any]:
    """The arguments that say where litellm sends a completion, and through which client."""
    key, url = endpoint.key or "none", endpoint.url.rstrip("/")
    if endpoint.kind == ProviderKind.OLLAMA:
        # The native route: Ollama's OpenAI-compatible one ignores num_ctx and cuts long prompts without a word.
        # An entry in its price list keeps litellm from asking the server about the model, through a client of its own.
        libraries.litellm.model_cost.setdefault(f"ollama_chat/{endpoint.model}", dict(_OLLAMA_ENTRY))
        return {
            "model": f"ollama_chat/{endpoint.model}",
            "api_base": url or settings.OLLAMA_URL,
            "api_key": key,
            "client": libraries.handler(client=http),
            "num_ctx": endpoint.context_tokens,
        }
    if endpoint.kind in {ProviderKind.OPENAI, ProviderKind.COMPATIBLE}:
        base = url or _OPENAI_URL
        client = libraries.openai.OpenAI(api_key=key, base_url=base, http_client=http, max_retries=0)
        return {"model": f"openai/{endpoint.model}", "api_base": base, "api_key": key, "client": client}
    if endpoint.kind == ProviderKind.AZURE:
        client = libraries.openai.AzureOpenAI(
            api_key=key, azure_endpoint=url, api_version=_AZURE_VERSION, http_client=http, max_retries=0
        )
        return {
            "model": f"azure/{endpoint.model}",
            "api_base": url,
            "api_key": key,
            "api_version": _AZURE_VERSION,
            "client": client,
        }
    route = {
        "model": f"{endpoint.kind.value}/{endpoint.model}",
        "api_key": key,
        "client": libraries.handler(client=http),
    }
    return route | ({"api_base": url} if url else {})


def takes_schema(route: dict[str, Any], libraries: Libraries) -> bool:
    provider, _, model = route["model"].partition("/")
    known = libraries.litellm.get_supported_openai_params(model=model, custom_llm_provider=provider)
    return "response_format" in (known or ())


def price(response: Any, endpoint: Endpoint) -> Decimal | None:
    """USD by litellm's list, None where that does not know; a price list says nothing about somebody's own server."""
    if endpoint.is_local:
        return Decimal(0)
    own_server = endpoint.url and urlsplit(endpoint.url).hostname != "api.openai.com"
    if endpoint.kind in {ProviderKind.OLLAMA, ProviderKind.COMPATIBLE} or (
        endpoint.kind == ProviderKind.OPENAI and own_server
    ):
        return None
    price = getattr(response, "_hidden_params", {}).get("response_cost")
    return None if price is None else Decimal(str(price))


def embedding(endpoint: Endpoint, http: httpx.Client, libraries: Libraries) -> dict[str, Any]:
    """The arguments of litellm's embedding call; kinds without a route here have litellm's whole name as model."""
    if endpoint.kind in {ProviderKind.OLLAMA, ProviderKind.OPENAI}:
        # Ollama by its OpenAI-compatible route: litellm's own one would not use our client, so not our deadline.
        default = f"{settings.OLLAMA_URL}/v1" if endpoint.kind == ProviderKind.OLLAMA else _OPENAI_URL
        base = endpoint.url or default
        client = libraries.openai.OpenAI(api_key=endpoint.key or "none", base_url=base, http_client=http, max_retries=0)
        return {
            "model": f"openai/{endpoint.model}",
            "api_base": base,
            "api_key": endpoint.key or "none",
            "client": client,
            "encoding_format": "float",
        }
    return {"model": endpoint.model}
