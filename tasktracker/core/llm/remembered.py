"""Answers that were paid for already: a call that is made again word for word, after a crash or a resumed run, is free.

Only what is asked with temperature 0 is remembered, for a few days; a row goes with its workspace.
"""

import hashlib
import json
from dataclasses import astuple, dataclass
from datetime import timedelta

from django.utils import timezone
from pydantic import BaseModel

from tasktracker.core.llm import salvage
from tasktracker.core.llm.types import Endpoint, Prompt
from tasktracker.core.models import RememberedAnswer

KEEP = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Known:
    """An answer as JSON, and the call in the ledger that brought it."""

    body: str
    call_id: int


def key_of(prompt: Prompt, answer: type[BaseModel], endpoint: Endpoint) -> str:
    """The same for the same question to the same model at the same address, whoever asks."""
    asked = [str(part) for part in astuple(prompt)]
    whom = [endpoint.kind.value, endpoint.url, endpoint.model, str(endpoint.context_tokens)]
    return hashlib.sha256(json.dumps([asked, whom, salvage.wire_schema_text(answer)]).encode()).hexdigest()


def find(workspace_id: int, key: str) -> Known | None:
    """What is remembered under `key` in a workspace."""
    row = RememberedAnswer.objects.filter(workspace_id=workspace_id, key=key).values_list("body", "call_id").first()
    return Known(*row) if row else None


def keep(workspace_id: int, key: str, *, body: str, call_id: int) -> None:
    """Remember an answer; of two for one question the first stays."""
    rows = [RememberedAnswer(workspace_id=workspace_id, key=key, body=body, call_id=call_id)]
    RememberedAnswer.objects.bulk_create(rows, ignore_conflicts=True)


def forget_old() -> int:
    """Delete what is older than KEEP; how many answers that were."""
    return RememberedAnswer.objects.filter(at__lt=timezone.now() - KEEP).delete()[0]
