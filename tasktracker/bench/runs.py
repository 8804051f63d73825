"""Overhead of a run: wall clock with a model server that takes 200 ms a call, against calls × 0.2 s / concurrency."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
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

DELAY = 0.2
CONCURRENCY = 4
WARM_UP, MESSAGES = 100, 6_000
ATOMS = 2  # of each window
AIM = 1.3


def run(workspace: Workspace) -> list[Result]:
    with FakeLLM(delay=DELAY, answer=some) as fake:
        # Before the worker: its parent then loads the model libraries for all its children.
        provider = Provider.objects.create(
            workspace=workspace,
            name="slow",
            kind="openai",
            base_url=fake.openai_url,
            default_model="fake-model",
            context_tokens=8192,
            concurrency=CONCURRENCY,
            local=True,
        )
        source = filled(workspace, "measured", MESSAGES)
        with worker(fake):
            # The first calls of each child make its connections.
            analysed(workspace, provider, filled(workspace, "warm-up", WARM_UP * CONCURRENCY))
            come_to_rest()
            done = analysed(workspace, provider, source)
    calls = LLMCall.objects.filter(workspace=workspace, subject=f"run:{done.pk}").count()
    if done.status != "completed" or done.started_at is None or done.finished_at is None:
        raise RuntimeError(f"the run ended {done.status}: {done.error}")
    wall = (done.finished_at - done.started_at).total_seconds()
    ideal = calls * DELAY / CONCURRENCY
    return [
        Result(
            f"a run of {MESSAGES:,} messages, {calls} calls of {DELAY} s, {CONCURRENCY} at once / ideal",
            f"{wall:.1f} s",
            f"{ideal:.1f} s",
            wall / ideal,
            f"≤ {AIM}",
            wall / ideal <= AIM,
        ),
        Result(
            "model calls / messages",
            str(calls),
            str(MESSAGES),
            calls / MESSAGES,
            "≤ 0.10",
            calls / MESSAGES <= 0.10,
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
