"""What waits for somebody else's server: one at a time for each person, and never inside a transaction."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from analysis import addresses, probing, providers
from analysis.models import Agent
from analysis.tests import factories
from analysis.tests.test_api_runs import client_of
from tasktracker.core import llm
from tasktracker.core.locks import one_at_a_time
from tasktracker.core.models import User, Workspace
from tasktracker.core.throttling import counters
from tasktracker.tests.support import free_port

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "*:running:*"


class SlowServer:
    """Lists no models until `release` is set."""

    def __init__(self) -> None:
        self.asked, self.release = threading.Event(), threading.Event()
        slow = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                """Silence."""

            def do_GET(self) -> None:
                slow.asked.set()
                slow.release.wait(30)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"data": []}')

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def slow(settings: Settings) -> Iterator[SlowServer]:
    server = SlowServer()
    settings.LLM_ALLOWED_HOSTS = [server.host]
    yield server
    server.close()


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


@pytest.fixture
def admin(workspace: Workspace) -> User:
    return factories.make_user(workspace, "admin")


@pytest.fixture
def valkey_away(settings: Settings) -> Iterator[None]:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    counters.cache_clear()
    yield
    counters.cache_clear()


def test_a_second_try_is_refused_while_the_first_one_waits(workspace: Workspace, admin: User, slow: SlowServer) -> None:
    model = factories.make_provider(workspace, base_url=f"http://{slow.host}/v1")
    agent = Agent.objects.create(workspace=workspace, name="a", purpose="extract_knowledge", provider=model)
    first: list[Any] = []

    def ask_first() -> None:
        try:
            first.append(client_of(admin, workspace).post(f"/api/providers/{model.pk}/test"))
        finally:
            connection.close()

    asking = threading.Thread(target=ask_first)
    asking.start()
    assert slow.asked.wait(20)
    client = client_of(admin, workspace)
    for answer in (
        client.post(f"/api/providers/{model.pk}/test"),
        client.get(f"/api/providers/{model.pk}/models"),
        client.post(f"/api/agents/{agent.pk}/test", {"text": "Hello"}, format="json"),
    ):
        assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
        assert answer.json()["code"] == "already_running"
        assert 1 <= int(answer["Retry-After"]) <= 90
    offline = providers.ensure_offline_provider(workspace=workspace)
    other: APIClient = client_of(factories.make_user(workspace, "admin"), workspace)
    assert other.post(f"/api/providers/{offline.pk}/test").status_code == 200
    slow.release.set()
    asking.join(20)
    assert first[0].json()["ok"] is True
    assert client.post(f"/api/providers/{model.pk}/test").json()["ok"] is True


def test_a_lock_that_ran_out_is_not_taken_from_its_next_holder(admin: User) -> None:
    with one_at_a_time(user=admin, seconds=90):
        (key,) = counters().keys(KEY)
        assert 0 < counters().ttl(key) <= 90
        counters().set(key, "the next one")
    assert counters().get(key) == b"the next one"


def test_an_error_frees_the_lock(admin: User) -> None:
    def fail() -> None:
        with one_at_a_time(user=admin, seconds=90):
            raise KeyError

    for _ in range(2):
        with pytest.raises(KeyError):
            fail()
    assert counters().keys(KEY) == []


@pytest.mark.usefixtures("valkey_away")
def test_without_valkey_nobody_is_kept_out(admin: User) -> None:
    with one_at_a_time(user=admin, seconds=90), one_at_a_time(user=admin, seconds=90):
        pass


def test_names_are_resolved_outside_every_transaction(
    workspace: Workspace, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def resolve(host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        seen.append(connection.in_atomic_block)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", port))]

    client = client_of(admin, workspace)
    # The client is made first: this stands for the name server of every connection of this process.
    counters().ping()
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    body = {"name": "cloud", "kind": "openai", "base_url": "https://models.example/v1"}
    made = client.post("/api/providers", body, format="json")
    assert made.status_code == 201, made.content
    path = f"/api/providers/{made.json()['id']}"
    assert client.patch(path, {"base_url": "https://models.example/v2"}, format="json").status_code == 200
    assert seen == [False, False]


def test_a_name_server_that_hangs_is_not_waited_for(
    workspace: Workspace, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(addresses, "RESOLVE_SECONDS", 0.2)
    client = client_of(admin, workspace)
    counters().ping()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: release.wait(30) and [])
    body = {"name": "cloud", "kind": "openai", "base_url": "https://models.example/v1"}
    began = time.monotonic()
    assert client.post("/api/providers", body, format="json").status_code == 201
    assert time.monotonic() - began < 20  # of the 30 that it hangs
    release.set()


def test_inside_a_transaction_nobody_is_asked(workspace: Workspace) -> None:
    provider = factories.make_provider(workspace, base_url="https://1.1.1.1/v1")
    for act in (
        lambda: providers.save_provider(provider=provider, values={"base_url": "https://8.8.8.8/v1"}),
        lambda: probing.models_of(provider),
    ):
        with transaction.atomic(), pytest.raises(llm.InTransaction):
            act()
