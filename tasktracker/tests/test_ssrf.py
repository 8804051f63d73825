"""S7: whatever library speaks for a kind of provider, no connection goes where the guard does not allow one."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import pytest
from pytest_django.fixtures import Settings

from analysis import probing
from analysis.models import Provider
from tasktracker.core import llm
from tasktracker.core.enums import ProviderKind
from tasktracker.core.tests.llm_support import Notes, prompt, warm, workspace
from tasktracker.tests.fake_llm import FakeLLM
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db

KINDS = [kind for kind in ProviderKind if kind != ProviderKind.OFFLINE]
PUBLIC = "93.184.216.34"
NAME = "models.example"
# What libraries read an address out of, when they are given none or like their own better.
VARIABLES = (
    *("OPENAI_BASE_URL", "OPENAI_API_BASE", "AZURE_API_BASE", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"),
    *("GEMINI_API_BASE", "MISTRAL_API_BASE", "MISTRAL_AZURE_API_BASE", "OPENROUTER_API_BASE", "OLLAMA_API_BASE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
)


class Trap:
    """A listening socket of 127.0.0.1 that counts who comes."""

    def __init__(self) -> None:
        self.came = 0
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:
                return
            self.came += 1
            visitor.close()

    def close(self) -> int:
        """How many came, those who still waited at the door included."""
        # Connections are taken in order: when our own last one was counted, everybody's was.
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as last:
            last.recv(1)
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)
        return self.came - 1


@pytest.fixture(autouse=True)
def _warm() -> None:
    warm()


@pytest.fixture
def trap() -> Iterator[Trap]:
    made = Trap()
    yield made
    made._socket.close()


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address of the internet families that any thread of this process connects to from now on."""
    tried: list[Any] = []
    plain, told = socket.socket.connect, socket.socket.connect_ex

    def connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            tried.append(address)
        plain(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        if self.family != socket.AF_UNIX:
            tried.append(address)
        return told(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)
    return tried


def ask(kind: ProviderKind, url: str) -> llm.Reply[Notes]:
    where = llm.Endpoint(kind=kind, model="some-model", url=url, key="key-123456", timeout_seconds=20)
    return llm.ask(prompt(), Notes, endpoint=where, workspace_id=workspace().pk, subject="x")


def list_models(kind: ProviderKind, url: str) -> list[str]:
    provider = Provider(workspace=workspace(), name=kind, kind=kind, base_url=url)
    provider.set_api_key("key-123456")
    return probing.models_of(provider)


DOORS: dict[str, Callable[[ProviderKind, str], object]] = {"ask": ask, "models": list_models}


@contextmanager
def names(monkeypatch: pytest.MonkeyPatch, *answers: str) -> Iterator[list[str]]:
    """NAME and all other names resolve to the first of `answers`, then to the second, and to the last for ever."""
    asked: list[str] = []
    plain = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **more: Any) -> list[Any]:
        if not str(host)[:1].isalpha():  # a number needs no resolver
            return plain(host, port, *args, **more)
        asked.append(str(host))
        address = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, int(port or 0)))]

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolve)
        yield asked


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", some(KINDS, 2, 0))
def test_an_address_that_is_not_allowed_gets_no_connection(
    door: str, kind: ProviderKind, trap: Trap, connects: list[Any], settings: Settings
) -> None:
    settings.LLM_ALLOWED_HOSTS = [f"127.0.0.1:{trap.port + 1}", f"localhost:{trap.port}"]
    with pytest.raises(llm.Refused, match="not a public address"):
        DOORS[door](kind, f"http://127.0.0.1:{trap.port}/v1")
    assert connects == []
    assert trap.close() == 0


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", some(KINDS, 3, 0))
def test_a_name_that_leads_there_gets_none_either(
    door: str, kind: ProviderKind, trap: Trap, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.LLM_ALLOWED_HOSTS = []
    with names(monkeypatch, "127.0.0.1") as asked, pytest.raises(llm.Refused, match="not a public address"):
        DOORS[door](kind, f"http://{NAME}:{trap.port}/v1")
    assert set(asked) == {NAME}
    assert trap.close() == 0


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", some(KINDS, 3, 1))
def test_a_name_that_answers_otherwise_the_second_time_gains_nothing(
    door: str,
    kind: ProviderKind,
    trap: Trap,
    connects: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    settings.LLM_ALLOWED_HOSTS = []
    with names(monkeypatch, PUBLIC, "127.0.0.1"), pytest.raises(llm.LLMError):
        DOORS[door](kind, f"http://{NAME}:{trap.port}/v1")
    # The one try went to the address that was vetted; no test gets further than the try.
    assert connects == [(PUBLIC, trap.port)]
    assert trap.close() == 0


@pytest.mark.parametrize("kind", some(KINDS, 3, 2))
def test_what_a_library_finds_in_the_environment_is_no_way_around(
    kind: ProviderKind,
    trap: Trap,
    connects: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    settings.LLM_ALLOWED_HOSTS, settings.OLLAMA_URL = [], f"http://127.0.0.1:{trap.port}"
    for variable in VARIABLES:
        monkeypatch.setenv(variable, f"http://127.0.0.1:{trap.port}")
    with names(monkeypatch, "127.0.0.1"), pytest.raises(llm.Refused):
        ask(kind, "")
    assert connects == []
    assert trap.close() == 0


@pytest.mark.parametrize("kind", some(KINDS, 3, 1))
def test_a_proxy_of_the_environment_is_not_used(
    kind: ProviderKind, trap: Trap, connects: list[Any], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    for variable in VARIABLES:
        monkeypatch.setenv(variable, f"http://127.0.0.1:{trap.port}")
    with FakeLLM(always="key") as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        with pytest.raises(llm.LLMError):
            ask(kind, fake.url)
        assert [f"{host}:{port}" for host, port, *_ in connects] == [fake.host]
        assert len(fake.received) == 1
    assert trap.close() == 0


class Redirecting:
    """A server that sends everybody elsewhere, whatever is asked and by whatever method."""

    def __init__(self, status: int, target: str) -> None:
        self.seen: list[str] = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                """Silence."""

            def answer(self) -> None:
                seen.append(self.path)
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(status)
                self.send_header("Location", target)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = answer

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("status", some([302, 307, 301, 303, 308], 5))
@pytest.mark.parametrize("kind", some(KINDS, 3, 0))
def test_no_redirect_is_followed(
    door: str, kind: ProviderKind, status: int, trap: Trap, connects: list[Any], settings: Settings
) -> None:
    # Not to a forbidden address, and as little to one that would be allowed: the key would go with it.
    with Redirecting(status, f"http://127.0.0.1:{trap.port}/v1/chat/completions") as server:
        settings.LLM_ALLOWED_HOSTS = [server.host, *([f"127.0.0.1:{trap.port}"] if status == 307 else [])]
        with pytest.raises(llm.Refused, match="redirects are not followed"):
            DOORS[door](kind, f"http://{server.host}")
        assert [f"{host}:{port}" for host, port, *_ in connects] == [server.host]
        assert len(server.seen) == 1
    assert trap.close() == 0


def test_the_trap_counts_who_comes(trap: Trap) -> None:
    """Or all of the above would prove nothing."""
    for _ in range(3):
        socket.create_connection(("127.0.0.1", trap.port), timeout=10).close()
    assert trap.close() == 3
