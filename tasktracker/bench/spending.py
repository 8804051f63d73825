"""What a run sends to a model: calls for each message, and characters against those of the messages themselves."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from analysis import agents, execution, services
from analysis.models import Agent, AnalysisRun, Provider
from ingestion.models import Message, Source
from ingestion.services import ensure_source, import_export
from tasktracker.bench import Result
from tasktracker.bench.chat import write_export
from tasktracker.bench.runs import some
from tasktracker.core.enums import Purpose, Verdict
from tasktracker.core.models import Workspace
from tasktracker.tests.fake_answers import valid
from tasktracker.tests.fake_llm import FakeLLM, Messages

MESSAGES = 1_000
REAL = settings.BASE_DIR.parent / "shared" / "data" / "demo" / "telegram" / "result.json"
CALLS = 0.10
CHARACTERS = {False: 2.5, True: 4.0}  # without and with a model that scores noise


def run(workspace: Workspace) -> list[Result]:
    """A real chat where there is one beside the repository, else one that was made up; the table says which."""
    source, chat = filled(workspace)
    found = []
    for scored in (False, True):
        found += measured(workspace, source, chat, scored=scored)
        AnalysisRun.objects.filter(workspace=workspace).delete()
    return found


def measured(workspace: Workspace, source: Source, chat: str, *, scored: bool) -> list[Result]:
    with FakeLLM(answer=answer) as fake, allowed(fake):
        provider = Provider.objects.create(
            workspace=workspace,
            name=f"counting-{scored}",
            kind="openai",
            base_url=fake.openai_url,
            default_model="fake-model",
            context_tokens=8192,
            concurrency=4,
            local=True,
        )
        if scored:
            # As if the rules had been sure of none of them.
            Message.objects.filter(source=source).exclude(verdict=Verdict.NOISE).update(verdict=Verdict.WEAK)
            values = {"name": "sieve", "purpose": Purpose.SCORE_NOISE, "provider": provider}
            agent = agents.save_agent(agent=Agent(workspace=workspace), values=values)
            agents.assign_agent(workspace=workspace, agent=agent)
        made = services.create_run(workspace=workspace, stage="knowledge", source=source, provider=provider)
        services.start_run(run_id=made.pk)
        execution.begin(run_id=made.pk)
        while AnalysisRun.objects.get(pk=made.pk).status == "running":
            execution.run_lane(run_id=made.pk)
        # The schema of the answer is sent with each call, and read by the model as well.
        schemas = (request.body.get("response_format") or {} for request in fake.completions)
        sent = sum(len(request.text) for request in fake.completions) + sum(len(json.dumps(each)) for each in schemas)
        calls = len(fake.completions)
    messages = Message.objects.filter(source=source)
    count, said = messages.count(), sum(len(text) for text in messages.values_list("text", flat=True))
    how = "noise scored by a model" if scored else "noise by rules"
    aim = CHARACTERS[scored]
    return [
        Result(
            f"model calls / messages, {count:,} {chat}, {how}",
            str(calls),
            str(count),
            calls / count,
            f"≤ {CALLS}",
            calls / count <= CALLS,
        ),
        Result(
            f"characters sent / characters said, {how}",
            f"{sent:,}",
            f"{said:,}",
            sent / said,
            f"≤ {aim}",
            sent / said <= aim,
        ),
    ]


def answer(messages: Messages) -> dict[str, Any]:
    """Every message is a signal, so that no run is spared anything; findings as in the other benchmarks."""
    if "verdict" in str(messages[0]["content"]):
        made = valid(messages)
        return {"messages": [{**item, "verdict": "signal"} for item in made["messages"]]}
    return some(messages)


@contextmanager
def allowed(fake: FakeLLM) -> Iterator[None]:
    before = settings.LLM_ALLOWED_HOSTS
    settings.LLM_ALLOWED_HOSTS = [*before, urlsplit(fake.url).netloc]
    try:
        yield
    finally:
        settings.LLM_ALLOWED_HOSTS = before


def filled(workspace: Workspace) -> tuple[Source, str]:
    """A source with a thousand messages, and what kind of messages they are."""
    source = ensure_source(workspace=workspace, name="talk", kind="import")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        if REAL.is_file():
            whole = json.loads(REAL.read_text())
            whole["messages"] = whole["messages"][:MESSAGES]
            path.write_text(json.dumps(whole))
        else:
            write_export(path, MESSAGES, chat=source.pk)
        import_export(source=source, path=path)
    return source, "real messages" if REAL.is_file() else "made-up messages"
