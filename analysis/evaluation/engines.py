"""What an engine says of labelled rows: the offline one by itself, a model in batches through the gateway."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import batched

import numpy as np

from analysis.models import Provider
from analysis.offline import action, classify, embed, signal
from analysis.offline.talk_signs import Said
from analysis.offline.threads import conversations_of
from analysis.prompts import classify as prompt
from analysis.prompts.inputs import PromptMessage
from analysis.providers import endpoint_of
from tasktracker.core import llm
from tasktracker.core.enums import MessageCategory

from .datasets import Row

OFFLINE_EMBEDDING = "offline"
EMBED_AT_ONCE = 64
SUBJECT = "evaluate"

Answer = tuple[str, float]  # a label and how sure; ("", 0.0) for a row that got no answer
Reader = Callable[[Sequence[str]], Iterator[Answer]]


def offline_reader(task: str) -> Reader:
    """Reads texts with the offline engine; `task` is category, signal or action."""

    def category(text: str) -> Answer:
        found, sure = classify(text)
        return found.value, sure

    one: Callable[[str], Answer] = {"category": category, "signal": signal, "action": action}[task]
    return lambda texts: map(one, texts)


def model_reader(task: str, provider: Provider) -> Reader:
    """Asks a provider's default model for the categories of `prompt.BATCH` messages a call.

    What it gives no valid answer to is asked again in halves, and in the end left without an answer. Raises `LLMError`
    for a provider that is down, refuses or has had enough.
    """
    endpoint = endpoint_of(provider, None)

    def ask(texts: Sequence[str]) -> list[Answer]:
        now = datetime.now(UTC)
        messages = [PromptMessage(f"m{place}", "someone", now, text) for place, text in enumerate(texts, start=1)]
        try:
            reply = llm.ask(
                prompt.build(messages),
                prompt.CategoryBatch,
                endpoint=endpoint,
                workspace_id=provider.workspace_id,
                subject=SUBJECT,
            )
        except (llm.InvalidAnswer, llm.PromptCut, llm.PromptTooLong):
            half = len(texts) // 2
            return [*ask(texts[:half]), *ask(texts[half:])] if half else [("", 0.0)]
        said = {item.m: (item.category, item.confidence) for item in reply.value.messages}
        return [_as(task, *said[one.ref]) if one.ref in said else ("", 0.0) for one in messages]

    return lambda texts: (answer for batch in batched(texts, prompt.BATCH) for answer in ask(batch))


def _as(task: str, category: MessageCategory, sure: float) -> Answer:
    if task == "action":
        return ("action" if category == MessageCategory.TASK else "other"), sure
    if task == "signal":
        return ("noise" if category == MessageCategory.NOISE else "signal"), sure
    return category.value, sure


def likeness(rows: Sequence[Row], *, model: str, workspace_id: int | None) -> list[float]:
    """The cosine of each pair by an embedding model; `offline` needs no workspace. Raises `LLMError`."""
    if model == OFFLINE_EMBEDDING or workspace_id is None:
        first, second = embed([row.text for row in rows]), embed([row.text_b for row in rows])
        return [float(value) for value in np.einsum("ij,ij->i", first, second)]
    made: list[float] = []
    for batch in batched(rows, EMBED_AT_ONCE):
        texts = [text for row in batch for text in (row.text, row.text_b)]
        vectors = np.array(llm.embed(texts, model=model, workspace_id=workspace_id, subject=SUBJECT))
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        made += [float(value) for value in np.einsum("ij,ij->i", vectors[::2], vectors[1::2])]
    return made


def threads(rows: Sequence[Row]) -> list[int]:
    """The conversation of each row by the offline engine, as a number."""
    return conversations_of([Said(row.text, row.author, row.at, row.place) for row in rows])
