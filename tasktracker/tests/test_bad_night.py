"""A bad night: workers, Valkey and PostgreSQL die under a run at random moments, and `up` starts them again.

In the morning every window is done once, the ledger adds up, and the run is what its windows say.
"""

import contextlib
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tasktracker import embedded
from tasktracker.embedded import Layout
from tasktracker.tests.fake_llm import FakeLLM
from tasktracker.tests.nights import Trouble, call, chat, counted, errors_in, left_of, rows
from tasktracker.tests.support import LONG, count, wait_for
from tasktracker.tests.test_up import Terminal, alive, run, start_up  # noqa: F401  (a fixture)

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not LONG, reason="make test-long: a night takes half a minute; test_kill holds a short one"),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died"),
]
SHORT = {"TT_LEASE_SECONDS": "2", "TT_SWEEP_SECONDS": "1", "TT_API_RATE": "100000/min"}
PLACES = 2  # calls of the provider at the same time
LANES = PLACES + 2  # see analysis.lanes
OVER = ("completed", "partial", "failed")


@pytest.fixture
def model() -> Iterator[FakeLLM]:
    with FakeLLM(delay=0.1) as fake:
        yield fake


@pytest.mark.parametrize("seed", range(1, 1 + count(1, 20)))
def test_a_bad_night_loses_nothing_and_doubles_nothing(
    seed: int,
    start_up: Callable[..., Terminal],  # noqa: F811
    model: FakeLLM,
) -> None:
    up = start_up(LLM_ALLOWED_HOSTS=model.host, **SHORT)
    up.wait_ready()
    token = run(up.data_dir, "token", "vera", "--workspace", "night").stdout.strip()
    started = start_run(up, token, model)

    dice = random.Random(seed)
    trouble = Trouble(up.data_dir, dice)
    wait_for(lambda: len(model.completions) > PLACES, timeout=30)  # some windows are done, others are being asked
    for place in range(count(2, 3)):
        if LONG and place % 2 == 0:
            wait_for_work(model)
        pause = time.monotonic() + dice.uniform(0, 1.5)
        wait_for(lambda until=pause: time.monotonic() > until)
        trouble.strike()
    ended = wait_over(up, token, started["id"])

    check_windows(up.data_dir, ended)
    check_findings(up.data_dir, ended)
    check_ledger(up.data_dir, ended, asked=len(model.completions), moments=len(trouble.struck))
    check_end(up, healthy=True)
    assert list(errors_in(Layout.of(up.data_dir).logs)) == []

    # Only the engines: starting the programs once more takes ten seconds, and shows little of this night.
    engines = embedded.start(up.data_dir)
    try:
        status = rows(up.data_dir, "SELECT status FROM analysis_analysisrun WHERE id = %s", ended["id"])
    finally:
        engines.stop()
    assert status == [(ended["status"],)]


def start_run(up: Terminal, token: str, model: FakeLLM) -> dict[str, Any]:
    """A chat, a provider, and a run of stage 1 over all of it."""
    messages = chat(count(30, 150))
    imported = call(up.port, "messages/bulk", token, messages)
    assert (imported["created"], imported["errors"]) == (len(messages), 0)
    provider = {
        "name": "model",
        "kind": "openai",
        "base_url": model.openai_url,
        "default_model": "small",
        "context_tokens": 4096,
        "concurrency": PLACES,
        "timeout_seconds": 20,
        "local": True,
        "is_default": True,
    }
    call(up.port, "providers", token, provider)
    started: dict[str, Any] = call(up.port, "knowledge/extract", token, {})
    assert started["status"] == "running"
    return started


def wait_for_work(model: FakeLLM) -> None:
    """Until the run asks again: strikes that come while all is still down from the last one show little.

    It may rest until its leases are over, or be over itself.
    """
    asked = len(model.completions)
    with contextlib.suppress(AssertionError):
        wait_for(lambda: len(model.completions) > asked, timeout=5)


def wait_over(up: Terminal, token: str, run_id: int) -> dict[str, Any]:
    """The run as the API tells it, once it has ended."""

    def ended() -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = call(up.port, f"analysis/runs/{run_id}", token)
        except OSError:
            return None  # the database is on its way back
        return found if found["status"] in OVER else None

    found = wait_for(ended, timeout=240, every=0.2)
    assert found is not None
    return found


def check_windows(data_dir: Path, ended: dict[str, Any]) -> None:
    """Every message is in one window, every window is over, and the run is what they say, once."""
    places = rows(
        data_dir,
        "SELECT p.message_id FROM analysis_windowmessage p JOIN analysis_window w ON w.id = p.window_id"
        " WHERE w.run_id = %s AND NOT p.context",
        ended["id"],
    )
    assert counted(places) == counted(rows(data_dir, "SELECT id FROM ingestion_message"))
    windows = rows(data_dir, "SELECT status, error, lease_until FROM analysis_window WHERE run_id = %s", ended["id"])
    ends = counted(windows)
    assert set(ends) <= {"done", "failed"}
    assert [error for status, error, _ in windows if (status == "failed") != bool(error)] == []
    assert {lease for _, _, lease in windows} == {None}

    said = "completed" if not ends["failed"] else "partial" if ends["done"] else "failed"
    assert ended["status"] == said
    assert ended["progress"] == {"done": ends["done"], "failed": ends["failed"], "total": len(windows)}
    events = rows(
        data_dir,
        "SELECT type, data ->> 'status' FROM core_event WHERE object_kind = 'run' AND object_id = %s"
        " AND type IN ('run.completed', 'run.failed', 'run.cancelled')",
        ended["id"],
    )
    assert events == ([("run.failed", None)] if said == "failed" else [("run.completed", said)])


def check_findings(data_dir: Path, ended: dict[str, Any]) -> None:
    """What the model says of a window, an atom for each message and one topic, is there once where it is done."""
    done = rows(
        data_dir,
        "SELECT w.id, m.text FROM analysis_window w"
        " JOIN analysis_windowmessage p ON p.window_id = w.id AND NOT p.context"
        " JOIN ingestion_message m ON m.id = p.message_id WHERE w.run_id = %s AND w.status = 'done'",
        ended["id"],
    )
    found = rows(
        data_dir, "SELECT window_id, kind, title, unproven FROM analysis_finding WHERE run_id = %s", ended["id"]
    )
    atoms = Counter((window, title) for window, kind, title, _ in found if kind == "atom")
    assert atoms == Counter((window, f"Note: {text}") for window, text in done)
    assert Counter(window for window, kind, _, _ in found if kind == "topic") == Counter({row[0] for row in done})
    assert not any(unproven for *_, unproven in found)
    assert ended["findings"] == len(found)
    # And each is taken to the desk once, however often that was begun: a proposal for all that say the same.
    said = len({(kind, title) for _, kind, title, _ in found})
    proposals = "SELECT count(*) FROM proposals_proposal WHERE run_id = %s"
    wait_for(lambda: rows(data_dir, proposals, ended["id"]) == [(said,)], timeout=60)


def check_ledger(data_dir: Path, ended: dict[str, Any], *, asked: int, moments: int) -> None:
    """The bill is the sum of the ledger, which holds every call but those that a strike cut short.

    A call that is under way when its worker dies, or when the database does, was made and has no row: at each of the
    `moments` one for each lane at most.
    """
    ledger = rows(data_dir, "SELECT subject, outcome, tokens_in, tokens_out, attempts FROM core_llmcall")
    assert {(subject, outcome) for subject, outcome, *_ in ledger} == {(f"run:{ended['id']}", "ok")}
    assert ended["calls"] == len(ledger)
    assert ended["tokens_in"] == sum(row[2] for row in ledger)
    assert ended["tokens_out"] == sum(row[3] for row in ledger)
    assert 0 <= asked - sum(row[4] for row in ledger) <= moments * LANES


def check_end(up: Terminal, *, healthy: bool = False) -> None:
    """Everything was started again, and Ctrl-C leaves nothing behind."""
    if healthy:
        wait_for(lambda: is_healthy(up), timeout=90)
    pids = up.pids()
    assert up.end() == 0
    assert up.lines[-1] == "Stopped."
    assert "Traceback" not in up.text
    assert alive(pids) == []
    assert up.pids() == {}
    assert left_of(up.data_dir) == []


def is_healthy(up: Terminal) -> bool:
    try:
        return set(up.health().values()) == {"ok"}
    except OSError:
        return False
