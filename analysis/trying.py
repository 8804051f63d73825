"""Trying an agent or a provider out: the exact prompt of a pasted text, what the model answers, what it took.

A worker asks the model, so that the web process need not hold the libraries. What it is asked, and what it answers,
passes through the cache.
"""

import json
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache
from pydantic import BaseModel
from redis.exceptions import RedisError

from analysis import agents
from analysis.models import Agent, AnalysisRun, Provider
from analysis.offline import Plan, classify, knowledge, same, tasks
from analysis.probing import Structured
from analysis.prompts import classify as classifying
from analysis.prompts import same_thing, score_noise
from analysis.prompts.inputs import AtomInput, PromptMessage, WindowInput
from analysis.providers import PURPOSES, endpoint_of
from analysis.questions import Questions
from ingestion.noise import NoiseInput, judge
from tasktracker.core import llm
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.enums import AtomType, ProviderKind, Purpose
from tasktracker.core.errors import DomainError, Invalid, Unavailable
from tasktracker.core.events import enqueue
from tasktracker.core.llm.types import Prompt

KEEP_SECONDS = 120
POLL_SECONDS = 0.1
LONGEST_WAIT = 60
MOST_MESSAGES = 40
_SAID = re.compile(r"^([^\W\d_][\w .'-]{0,39}): +(?=\S)")
_STAGES = {purpose: stage for stage, purpose in PURPOSES.items()}


class Nod(BaseModel):
    """The smallest answer with a schema."""

    ok: bool


def question_for(agent: Agent, text: str, at: datetime) -> tuple[Prompt, type[BaseModel]]:
    """What the agent's model would be asked about `text`, as if it had been said at `at`, and the form of the answer.

    Built as a run builds it, with the words of the workspace's projects. Raises `Invalid`, `DecryptionError`.
    """
    purpose = Purpose(agent.purpose)
    limits: dict[str, Any] = {"temperature": agent.temperature, "max_tokens": agent.max_tokens}
    if purpose in _STAGES:
        run = AnalysisRun(
            workspace_id=agent.workspace_id,
            stage=_STAGES[purpose],
            provider=agent.provider,
            agent=agent,
            agent_version=agent.version,
        )
        question = Questions(run).build([_window(text, at, with_atom=purpose == Purpose.PROPOSE_TASKS)])
        return question.prompt, question.answer
    if purpose == Purpose.CLASSIFY:
        return classifying.build(messages_of(text, at), **limits), classifying.CategoryBatch
    if purpose == Purpose.SCORE_NOISE:
        return score_noise.build(messages_of(text, at), **limits), score_noise.NoiseBatch
    return same_thing.build([_pair(text)], **limits), same_thing.SameBatch


def try_agent(agent: Agent, text: str) -> dict[str, Any]:
    """`{"prompt", "answer", "tokens_in", "tokens_out", "cost", "duration_ms", "model"}` of one pasted text.

    `prompt` is `{"system", "user", "name", "version"}`, None for the offline engine, which has none. Raises
    `Unavailable` when the model failed or no worker asked it in time, with the `prompt` in its `extra`.
    """
    if agent.provider.kind == ProviderKind.OFFLINE:
        began = time.monotonic()
        answer = _offline(Purpose(agent.purpose), text)
        took = round((time.monotonic() - began) * 1000)
        nothing = {"tokens_in": 0, "tokens_out": 0, "cost": 0, "model": ""}
        return {"prompt": None, "answer": answer, "duration_ms": took, **nothing}
    at = datetime.now(UTC)
    try:
        asked, _ = question_for(agent, text, at)
    except DecryptionError as error:
        raise Unavailable(str(error), code="key_unreadable") from None
    prompt = {"system": asked.system, "user": asked.user, "name": asked.name, "version": asked.version}
    seconds = min(agent.provider.timeout_seconds, LONGEST_WAIT) + 5
    question = {"text": text, "at": at.isoformat(), "version": agent.version}
    result = _by_worker("analysis.tasks.try_agent", agent.pk, question, seconds)
    if "error" in result:
        raise Unavailable(result["error"], code=result["code"], prompt=prompt)
    return {"prompt": prompt, **result}


def answer_agent(agent: Agent, ticket: str) -> None:
    """The worker's half of `try_agent`. Does nothing for a ticket that nobody waits for any more."""

    def ask(question: dict[str, Any]) -> dict[str, Any]:
        asked = agents.at_version(agent, question["version"])
        prompt, form = question_for(asked, question["text"], datetime.fromisoformat(question["at"]))
        endpoint = endpoint_of(asked.provider, asked)
        subject = f"agent:{agent.pk}"
        reply = llm.ask(prompt, form, endpoint=endpoint, workspace_id=agent.workspace_id, subject=subject)
        return {
            "answer": reply.value.model_dump(mode="json"),
            "tokens_in": reply.tokens_in,
            "tokens_out": reply.tokens_out,
            "cost": None if reply.cost is None else float(reply.cost),
            "duration_ms": reply.duration_ms,
            "model": endpoint.model,
        }

    _answer(ticket, ask)


def ask_structured(provider: Provider) -> Structured:
    """Whether the default model's answers can be held to a JSON Schema, by a call of a few tokens.

    yes: the first answer was valid · no: only after a correction, or never. Raises `Unavailable` without an answer.
    """
    seconds = min(provider.timeout_seconds, LONGEST_WAIT) + 5
    result = _by_worker("analysis.tasks.try_provider", provider.pk, {}, seconds)
    if "error" in result:
        if result["code"] == llm.InvalidAnswer.code:
            return "no"
        raise Unavailable(result["error"], code=result["code"])
    return "yes" if result["attempts"] == 1 else "no"


def answer_provider(provider: Provider, ticket: str) -> None:
    """The worker's half of `ask_structured`."""

    def ask(question: dict[str, Any]) -> dict[str, Any]:
        prompt = Prompt(
            name="probe",
            version="1",
            purpose=Purpose.CLASSIFY,
            system="This is a test of the connection.",
            user="Answer with ok set to true.",
            max_tokens=60,
        )
        endpoint, workspace = endpoint_of(provider, None), provider.workspace_id
        reply = llm.ask(prompt, Nod, endpoint=endpoint, workspace_id=workspace, subject=f"provider:{provider.pk}")
        return {"attempts": reply.attempts}

    _answer(ticket, ask)


def _by_worker(task: str, pk: int, question: dict[str, Any], seconds: float) -> dict[str, Any]:
    try:
        return _answered(task, pk, question, seconds)
    except RedisError:
        error = "The broker does not answer, so no worker can be asked: `manage.py doctor` says what is down."
        return {"error": error, "code": "unavailable"}


def _answered(task: str, pk: int, question: dict[str, Any], seconds: float) -> dict[str, Any]:
    """What a worker answers; an error where none does in time. Raises RedisError."""
    ticket = uuid.uuid4().hex
    cache.set(f"try:{ticket}:question", json.dumps(question), KEEP_SECONDS)
    deadline = time.monotonic() + seconds
    sent = enqueue(task, pk, ticket)
    while sent and time.monotonic() < deadline:
        found = cache.get(f"try:{ticket}:answer")
        if found is not None:
            return dict(json.loads(found))
        time.sleep(POLL_SECONDS)
    cache.delete(f"try:{ticket}:question")  # a worker that comes back would ask, and pay, for nobody
    return {"error": "No worker has tried it in time.", "code": "unavailable"}


def _answer(ticket: str, ask: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    question = cache.get(f"try:{ticket}:question")
    if question is None:
        return
    try:
        result = ask(json.loads(question))
    except DomainError as error:
        result = {"error": error.detail, "code": error.error_code}
    except DecryptionError as error:
        result = {"error": str(error), "code": "key_unreadable"}
    cache.set(f"try:{ticket}:answer", json.dumps(result), KEEP_SECONDS)


def messages_of(text: str, at: datetime) -> tuple[PromptMessage, ...]:
    """`Name: words` begins a message of its own; what has no such line is one message."""
    said: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        found = _SAID.match(line)
        if found:
            said.append((found[1], [line[found.end() :]]))
        elif said:
            said[-1][1].append(line)
        elif line.strip():
            said.append(("someone", [line]))
    return tuple(
        PromptMessage(ref=f"m{number}", author=author, sent_at=at, text="\n".join(lines).strip())
        for number, (author, lines) in enumerate(said[:MOST_MESSAGES], start=1)
    )


def _window(text: str, at: datetime, *, with_atom: bool) -> WindowInput:
    messages = messages_of(text, at)
    if not with_atom or not messages:
        return WindowInput(ref="w1", channel="", thread="", messages=messages)
    first = messages[0].text.partition("\n")[0][:200]
    atom = AtomInput(
        ref="a1", type=AtomType.PROBLEM, title=first, content=text[:2000], quotes=tuple(one.ref for one in messages)
    )
    return WindowInput(ref="w1", channel="", thread="", messages=messages, atoms=(atom,))


def _pair(text: str) -> same_thing.Pair:
    notes = [part.strip() for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]
    if len(notes) != 2:
        raise Invalid("Give two notes with an empty line between them.", field="text")
    return same_thing.Pair(ref="p1", kind="atom", title_a=notes[0], title_b=notes[1])


def _offline(purpose: Purpose, text: str) -> Any:
    """The answer of the offline engine, in the form that a model's has."""
    at = datetime.now(UTC)
    if purpose == Purpose.EXTRACT_KNOWLEDGE:
        return knowledge(_window(text, at, with_atom=False), Plan()).model_dump(mode="json")
    if purpose == Purpose.PROPOSE_TASKS:
        return tasks(_window(text, at, with_atom=True)).model_dump(mode="json")
    if purpose == Purpose.JUDGE_SAME:
        pair = _pair(text)
        is_same, sure = same(pair.title_a, pair.title_b)
        return {"pairs": [{"p": "p1", "same": is_same, "confidence": sure}]}
    messages = messages_of(text, at)
    if purpose == Purpose.CLASSIFY:
        sorted_out = [(one.ref, *classify(one.text)) for one in messages]
        return {"messages": [{"m": ref, "category": kind, "confidence": sure} for ref, kind, sure in sorted_out]}
    judged = [(one.ref, judge(NoiseInput(text=one.text))) for one in messages]
    return {"messages": [{"m": ref, "verdict": said.verdict, "confidence": said.score} for ref, said in judged]}
