"""Overhead of a run: wall clock with a slow model server, against calls × its delay / calls at once."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

from analysis import services
from analysis.models import AnalysisRun, Provider
from ingestion.models import Source
from ingestion.services import ensure_source, import_export
from tasktracker import stack
from tasktracker.bench import Result
from tasktracker.bench.chat import write_export
from tasktracker.core.models import Heartbeat, LLMCall, Workspace
from tasktracker.embedded import Layout
from tasktracker.tests import fake_answers
from tasktracker.tests.fake_llm import FakeLLM, Messages

WARM_UP = 100  # messages for each call at once
ATOMS = 2  # of each window


@dataclass(frozen=True, slots=True)
class Case:
    """A server that answers after `delay` seconds and takes `at_once` calls; the ratio should be at most `aim`."""

    delay: float
    at_once: int
    messages: int
    aim: float


CASES = (Case(0.2, 4, 6_000, 1.3), Case(1.0, 8, 12_000, 1.15))


def run(workspace: Workspace) -> list[Result]:
    return [result for case in CASES for result in measured(workspace, case)]


def measured(workspace: Workspace, case: Case) -> list[Result]:
    with FakeLLM(delay=case.delay, answer=some) as fake:
        # Before the worker: its parent then loads the model libraries for all its children.
        provider = Provider.objects.create(
            workspace=workspace,
            name=f"slow-{case.at_once}",
            kind="openai",
            base_url=fake.openai_url,
            default_model="fake-model",
            context_tokens=8192,
            concurrency=case.at_once,
            local=True,
        )
        source = filled(workspace, f"measured-{case.at_once}", case.messages)
        with worker(fake):
            # The first calls of each child make its connections.
            analysed(workspace, provider, filled(workspace, f"warm-up-{case.at_once}", WARM_UP * case.at_once))
            come_to_rest()
            done = analysed(workspace, provider, source)
            come_to_rest()
    calls = LLMCall.objects.filter(workspace=workspace, subject=f"run:{done.pk}").count()
    if done.status != "completed" or done.started_at is None or done.finished_at is None:
        raise RuntimeError(f"the run ended {done.status}: {done.error}")
    wall = (done.finished_at - done.started_at).total_seconds()
    ideal = calls * case.delay / case.at_once
    return [
        Result(
            f"a run of {case.messages:,} messages, {calls} calls of {case.delay} s, {case.at_once} at once / ideal",
            f"{wall:.1f} s",
            f"{ideal:.1f} s",
            wall / ideal,
            f"≤ {case.aim}",
            wall / ideal <= case.aim,
        ),
        Result(
            "model calls / messages",
            str(calls),
            str(case.messages),
            calls / case.messages,
            "≤ 0.10",
            calls / case.messages <= 0.10,
        ),
    ]


def some(messages: Messages) -> dict[str, Any]:
    """A topic and two atoms for each window: still twice of what is found in real chats."""
    made = fake_answers.valid(messages)
    for window in made["windows"]:
        window["atoms"] = window["atoms"][:ATOMS]
    return made


def come_to_rest(seconds: float = 1.0) -> None:
    """Until nobody else has asked the database for anything for so long."""
    still_since = time.monotonic()
    while time.monotonic() - still_since < seconds:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND (state <> 'idle' OR state_change > now() - interval '100 ms')"
            )
            if cursor.fetchone():
                still_since = time.monotonic()
        time.sleep(0.05)


@contextmanager
def worker(fake: FakeLLM) -> Iterator[None]:
    """The real worker, as `up` starts it."""
    with TemporaryDirectory() as folder:
        layout = Layout.of(Path(folder) / "stack")
        layout.prepare()
        variables = {
            "LLM_ALLOWED_HOSTS": urlsplit(fake.url).netloc,
            "DATABASE_URL": os.environ["DATABASE_URL"],
        }
        os.environ.update(variables)
        plan = stack.Plan(layout=layout, variables=variables)
        child = stack.worker(plan)
        child.start()
        try:
            while not Heartbeat.objects.filter(name="worker").exists():
                time.sleep(0.2)
            yield
        finally:
            child.stop()


def filled(workspace: Workspace, name: str, count: int) -> Source:
    """A source with `count` made-up messages in a chat of its own."""
    source = ensure_source(workspace=workspace, name=name, kind="import")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        write_export(path, count, chat=source.pk)
        import_export(source=source, path=path)
    return source


def analysed(workspace: Workspace, provider: Provider, source: Source) -> AnalysisRun:
    """A run over the source, once it has ended."""
    made = services.create_run(workspace=workspace, stage="knowledge", source=source, provider=provider)
    services.start_run(run_id=made.pk)
    while True:
        now = AnalysisRun.objects.get(pk=made.pk)
        if now.status not in AnalysisRun.LIVE or now.status == "paused":
            return now
        time.sleep(0.05)
