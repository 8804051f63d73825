"""One wall-clock deadline for a whole call: in the main thread, in another one, and in a forked child."""

import signal
import subprocess
import sys
import threading
import time

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from pytest_django.fixtures import Settings

from tasktracker.core.enums import ProviderKind
from tasktracker.core.llm import ProviderTimeout, live
from tasktracker.core.llm.ledger import Bill
from tasktracker.core.tests.llm_support import KINDS, Notes, endpoint, notes, prompt, warm
from tasktracker.tests.fake_llm import FakeLLM
from tasktracker.tests.support import some, wait_for

SECONDS = 1.0
LATEST = 8.0  # a machine under load is slow; a dripping server would go on for hours


@pytest.fixture(autouse=True)
def _warm() -> None:
    warm()


def ask(fake: FakeLLM, kind: ProviderKind) -> float:
    """How long it took until the deadline was noticed."""
    began = time.monotonic()
    where = endpoint(fake, kind, timeout_seconds=SECONDS)
    asked = live.Ask(prompt=prompt(), endpoint=where, max_tokens=100, bill=Bill())
    with pytest.raises(ProviderTimeout):
        asked.answer(Notes, None)
    return time.monotonic() - began


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", some(["drip", "hang"], 2))
def test_a_server_that_never_ends_is_left_at_the_deadline(fault: str, kind: ProviderKind, settings: Settings) -> None:
    with FakeLLM(always=fault) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        assert SECONDS <= ask(fake, kind) < LATEST
        # The connection is closed, not forgotten: the server notices.
        wait_for(lambda: fake.dropped == 1, timeout=10)


def test_the_deadline_is_for_all_attempts_together(settings: Settings) -> None:
    """Slow answers that are not valid: the last one is not waited for to its end."""
    with FakeLLM(answer=lambda _: notes("no"), delay=SECONDS * 0.45) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        assert ask(fake, ProviderKind.OPENAI) < LATEST
    assert len(fake.received) in {2, 3}


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_it_holds_in_another_thread(kind: ProviderKind, settings: Settings) -> None:
    took: list[float] = []
    with FakeLLM(always="drip") as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        threads = [threading.Thread(target=lambda: took.append(ask(fake, kind))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
    assert len(took) == 3
    assert max(took) < LATEST


FORKING = """
import os, socket, sys, time
import django
django.setup()
from django.conf import settings
from tasktracker.core import llm
from tasktracker.core.llm import live
from tasktracker.core.llm.ledger import Bill
from tasktracker.core.tests.llm_support import Notes, prompt

url, seconds = sys.argv[1], float(sys.argv[2])
settings.LLM_ALLOWED_HOSTS = [url.removeprefix("http://")]

def ask(seconds):
    where = llm.Endpoint(kind="ollama", model="m", url=url, timeout_seconds=seconds)
    return live.Ask(prompt=prompt(), endpoint=where, max_tokens=100, bill=Bill()).answer(Notes, None)

connect, connects = socket.socket.connect, []
socket.socket.connect = lambda *to: connects.append(to[1:])
loaded = live.load().litellm
socket.socket.connect = connect
lists = ("callbacks", "input_callback", "success_callback", "failure_callback", "service_callback")
print(connects, [name for name in lists if getattr(loaded, name)], loaded.suppress_debug_info, flush=True)
child = os.fork()
if child == 0:
    assert ask(60).notes
    began = time.monotonic()
    try:
        ask(seconds)
    except llm.ProviderTimeout:
        print(f"left after {time.monotonic() - began:.2f}", flush=True)
        os._exit(0)
    os._exit(1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.long
def test_it_holds_in_a_forked_child() -> None:
    """As in a worker: the libraries are loaded, then the process forks, then the child asks.

    Loading them connects to nobody and leaves no callback.
    """
    with FakeLLM(answer=lambda _: notes("One thing"), faults=["ok", "drip"]) as fake:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", FORKING, fake.url, str(SECONDS)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    loading, left = done.stdout.splitlines()
    assert loading == "[] [] True"
    assert SECONDS <= float(left.removeprefix("left after ")) < LATEST


def test_the_workers_own_limit_is_not_taken_for_a_fault_of_the_server(settings: Settings) -> None:
    """Celery raises it from a signal, in the middle of libraries that catch everything."""

    def limit(number: int, frame: object) -> None:
        raise SoftTimeLimitExceeded

    before = signal.signal(signal.SIGALRM, limit)
    try:
        with FakeLLM(always="hang") as fake:
            settings.LLM_ALLOWED_HOSTS = [fake.host]
            asked = live.Ask(prompt=prompt(), endpoint=endpoint(fake), max_tokens=100, bill=Bill())
            signal.setitimer(signal.ITIMER_REAL, SECONDS)
            with pytest.raises(SoftTimeLimitExceeded):
                asked.answer(Notes, None)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
