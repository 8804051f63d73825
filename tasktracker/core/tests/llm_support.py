"""What the tests of the gateway share: a small answer, a prompt, endpoints of a test server."""

import functools
from typing import Any

from django.test import override_settings
from pydantic import BaseModel, Field

from tasktracker.core.enums import ProviderKind, Purpose
from tasktracker.core.llm import Endpoint, Prompt, live
from tasktracker.core.llm.ledger import Bill
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
        "timeout_seconds": 60,
    }
    return Endpoint(**{**values, **changes})


@functools.lru_cache(maxsize=1)
def warm() -> None:
    """One call of each kind: the first of a process imports more of the libraries, which is not what tests time."""
    with FakeLLM(answer=lambda _: notes("One thing")) as fake, override_settings(LLM_ALLOWED_HOSTS=[fake.host]):
        for kind in KINDS:
            where = endpoint(fake, kind, timeout_seconds=120)
            live.Ask(prompt=prompt(), endpoint=where, max_tokens=100, bill=Bill()).answer(Notes, None)


def workspace() -> Workspace:
    return Workspace.objects.create(name="Team", slug="team")


def only_call() -> LLMCall:
    return LLMCall.objects.get()
