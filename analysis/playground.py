"""What the playground of an agent shows of one try."""

import json
from dataclasses import dataclass
from typing import Any

from analysis import trying
from analysis.models import Agent
from tasktracker.core.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Told:
    """One try: the prompt (None for the offline engine), the answer as JSON or the error, and what it took."""

    prompt: dict[str, str] | None
    answer: str = ""
    error: str = ""
    model: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None
    duration_ms: int | None = None


def told_of(agent: Agent, text: str) -> Told:
    """Try the agent on the text; a model that failed is told with its prompt, not raised."""
    try:
        found: dict[str, Any] = trying.try_agent(agent, text)
    except Unavailable as error:
        return Told(error.extra.get("prompt"), error=error.detail)
    answer = json.dumps(found.pop("answer"), indent=2, ensure_ascii=False)
    return Told(answer=answer, **found)
