"""Before a run is planned: the agents that score noise and that classify look at single messages, in batches.

Only where somebody assigned such an agent. What it does not answer stays as the rules left it, and holds nothing up.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from analysis import budgets, selectors
from analysis.asking import agent_for, ask_agent
from analysis.forecasts import BUDGET
from analysis.inputs import NOBODY
from analysis.models import Agent, AnalysisRun, Provider
from analysis.prompts import classify, score_noise
from analysis.prompts.inputs import PromptMessage
from analysis.results import Stop
from ingestion import services as messages
from ingestion.models import Message
from tasktracker.core import llm
from tasktracker.core.enums import Purpose, Stage, Verdict
from tasktracker.core.llm import limits
from tasktracker.core.llm.budget import estimate_tokens
from tasktracker.core.llm.types import Prompt

log = logging.getLogger(__name__)

LONGEST = 150.0  # seconds of one go, for each purpose
LARGEST = 1_500  # characters of a message that are shown: what it is shows in its beginning


@dataclass(frozen=True, slots=True)
class Sieve:
    """One purpose: which messages it is for, how they are asked about, and what is done with the answer."""

    purpose: Purpose
    chosen: Callable[[QuerySet[Message]], QuerySet[Message]]
    build: Callable[..., Prompt]
    answer: type[score_noise.NoiseBatch] | type[classify.CategoryBatch]
    keep: Callable[[dict[str, int], Any], None]
    size: int


def _keep_verdicts(ids: dict[str, int], answer: score_noise.NoiseBatch) -> None:
    found = {ids[item.m]: (item.verdict, item.confidence) for item in answer.messages if item.m in ids}
    messages.set_model_verdicts(verdicts=found)


def _keep_categories(ids: dict[str, int], answer: classify.CategoryBatch) -> None:
    messages.set_categories(categories={ids[item.m]: item.category.value for item in answer.messages if item.m in ids})


SIEVES = (
    Sieve(
        Purpose.SCORE_NOISE,
        lambda rows: rows.filter(verdict=Verdict.WEAK, verdict_by=Message.VerdictBy.RULE),
        score_noise.build,
        score_noise.NoiseBatch,
        _keep_verdicts,
        score_noise.BATCH,
    ),
    Sieve(
        Purpose.CLASSIFY,
        lambda rows: rows.filter(category=""),
        classify.build,
        classify.CategoryBatch,
        _keep_categories,
        classify.BATCH,
    ),
)


def sift(run: AnalysisRun) -> bool:
    """Have every message that the run is to take up looked at; false while that is not over.

    Another worker may be at it, or time is up and the rest is for the next call. Raises `Stop` at a cap.
    """
    if run.stage != Stage.KNOWLEDGE:
        return True
    for sieve in SIEVES:
        agent = agent_for(run.workspace_id, sieve.purpose)
        if agent is None:
            continue
        try:
            with limits.place(f"sift:{run.pk}", 1, patience=0):
                if not _run(run, sieve, agent):
                    return False
        except llm.RateLimited:
            return False
    return True


def _run(run: AnalysisRun, sieve: Sieve, agent: Agent) -> bool:
    waiting = sieve.chosen(selectors.waiting_messages(run)).select_related("author", "source")
    if not agent.provider.local:
        waiting = waiting.filter(source__local_only=False)
    stopped: list[Stop] = []
    late: list[bool] = []
    before, deadline = waiting.count(), time.monotonic() + LONGEST

    def ask(batch: Sequence[Message]) -> None:
        try:
            if time.monotonic() > deadline:
                late.append(True)
            elif not stopped:
                _ask(run, sieve, agent, batch)
        except Stop as stop:
            stopped.append(stop)
        except llm.LLMError as error:
            # Their verdicts stay those of the rules, and the run goes on.
            log.warning("run %s: %s of %s messages failed: %s", run.pk, sieve.purpose, len(batch), error.error_code)
        finally:
            connection.close()

    batches = _batches(waiting.order_by("channel_id", "sent_at"), sieve.size, pack_of(agent.provider))
    with ThreadPoolExecutor(min(budgets.SIFTING, agent.provider.concurrency), thread_name_prefix="sift") as threads:
        for _ in threads.map(ask, batches):
            pass
    if stopped:
        raise stopped[0]
    # What gets no answer that is of use waits as before, and would be paid for at each go: one without any is the last.
    return not late or waiting.count() >= before


def pack_of(provider: Provider) -> int:
    """How many tokens of messages go into one call."""
    return int(provider.context_tokens * BUDGET)


def _batches(rows: QuerySet[Message], size: int, tokens: int) -> Iterator[list[Message]]:
    """Up to `size` messages each that fit into `tokens`."""
    for group in batched(list(rows), size):
        batch: list[Message] = []
        used = 0
        for message in group:
            mine = estimate_tokens(message.text[:LARGEST]) + 12
            if batch and used + mine > tokens:
                yield batch
                batch, used = [], 0
            batch.append(message)
            used += mine
        yield batch


def _ask(run: AnalysisRun, sieve: Sieve, agent: Agent, batch: Sequence[Message]) -> None:
    shown = [
        PromptMessage(
            ref=f"m{place}",
            author=message.author.name if message.author else NOBODY,
            sent_at=message.sent_at,
            text=message.text[:LARGEST],
        )
        for place, message in enumerate(batch, 1)
    ]
    reply = ask_agent(
        sieve.build(shown, temperature=agent.temperature, max_tokens=agent.max_tokens),
        sieve.answer,
        agent=agent,
        run=run,
        local_only=any(message.source.local_only for message in batch),
        wanted=AnalysisRun.objects.filter(pk=run.pk, status="running").exists,
    )
    sieve.keep({each.ref: message.pk for each, message in zip(shown, batch, strict=True)}, reply)
