"""What the tests of the gateway share: a small answer, a prompt, endpoints of a test server."""

from typing import Any

from pydantic import BaseModel, Field

from tasktracker.core.enums import ProviderKind, Purpose
from tasktracker.core.llm import Endpoint, Prompt
from tasktracker.core.models import LLMCall, Workspace
from tasktracker.tests.fake_llm import MODEL, FakeLLM

KINDS = (ProviderKind.OLLAMA, ProviderKind.OPENAI)


class Note(BaseModel):
    """One item."""

    title: str = Field(min_length=3, max_length=40)
    kind: str = Field(default="note", pattern="^(note|idea)$")
    evidence: list[str] = Field(default_factory=list)


class Notes(BaseModel):
    """A batch."""

    notes: list[Note]


def notes(*titles: str) -> dict[str, Any]:
    return {"notes": [{"title": title} for title in titles]}


def prompt(user: str = "Say something about the deployment on Friday.", **changes: Any) -> Prompt:
    values = {"name": "test", "version": "7", "purpose": Purpose.CLASSIFY, "system": "Answer in JSON.", "user": user}
    return Prompt(**{**values, **changes})


def endpoint(fake: FakeLLM, kind: ProviderKind = ProviderKind.OLLAMA, **changes: Any) -> Endpoint:
    values: dict[str, Any] = {
        "kind": kind,
        "model": MODEL,
        "url": fake.url if kind == ProviderKind.OLLAMA else fake.openai_url,
        "name": "somebody",
        "timeout_seconds": 20,
    }
    return Endpoint(**{**values, **changes})


def workspace() -> Workspace:
    return Workspace.objects.create(name="Team", slug="team")


def only_call() -> LLMCall:
    return LLMCall.objects.get()
