"""A model server for tests and benchmarks: real HTTP, real protocols of Ollama and OpenAI, answers by script.

`FakeLLM()` answers every extraction prompt with a valid answer made from the prompt itself; `answer` may be any other
callable. `faults` are consumed one for each completion, `always` is the fault of every one. Runs in threads of this
process and listens on a free port of 127.0.0.1.
"""

import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tasktracker.tests import fake_answers

type Messages = Sequence[Mapping[str, Any]]
type Answer = Callable[[Messages], dict[str, Any] | str]

FAULTS = (
    "rate_limit",  # 429 with Retry-After: 7
    "busy",  # 503 with Retry-After: 3
    "error",  # 500
    "key",  # 401
    "no_schema",  # 400, "response_format is not supported", for requests with one
    "too_long",  # 400, context length exceeded
    "hang",  # nothing, until the client goes
    "drip",  # one byte after another, for ever
    "html",  # 200 with a web page
    "cut",  # the connection breaks in the middle of the body
    "redirect",  # 302 to the same server
    "truncated",  # half of the JSON, finish_reason stop
    "empty",
    "length",  # finish_reason length
    "wrong_ids",  # references to messages that were never shown
    "one_bad",  # one item of many is invalid
    "cut_prompt",  # the server read a tenth of the prompt
    "fenced",  # prose, think block and a fence around a valid answer
)
RETRY_AFTER = {"rate_limit": 7, "busy": 3}
DRIP_SECONDS = 0.05
MODEL = "fake-model"


@dataclass(frozen=True)
class Received:
    """One request as it came; header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def is_completion(self) -> bool:
        return self.path.partition("?")[0].endswith(("/chat/completions", "/api/chat"))

    @property
    def messages(self) -> Messages:
        found: Messages = self.body.get("messages", [])
        return found

    @property
    def text(self) -> str:
        """All message contents, one after the other."""
        return "\n".join(str(message.get("content") or "") for message in self.messages)


@dataclass
class FakeLLM:
    """The server; a context manager. `delay` is in seconds before each completion's answer, `port` 0 takes any."""

    answer: Answer = fake_answers.valid
    faults: Iterable[str] = ()
    always: str = ""
    delay: float = 0.0
    port: int = 0
    about: Mapping[str, Any] = field(default_factory=dict)  # what its list says of its model besides the name
    received: list[Received] = field(default_factory=list)
    dropped: int = 0  # connections that the client closed before it had its answer

    def __post_init__(self) -> None:
        self._waiting = deque(self.faults)
        unknown = {*self._waiting, self.always} - {*FAULTS, "", "ok"}
        assert not unknown, f"no such fault: {unknown}"
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", self.port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    @property
    def host(self) -> str:
        """`127.0.0.1:port`, as in LLM_ALLOWED_HOSTS."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The base URL for kind `ollama`."""
        return f"http://{self.host}"

    @property
    def openai_url(self) -> str:
        """The base URL for kind `openai`."""
        return f"{self.url}/v1"

    @property
    def completions(self) -> list[Received]:
        """What was asked, without lists of models and embeddings."""
        with self._lock:
            return [request for request in self.received if request.is_completion]

    def note(self, request: Received) -> None:
        with self._lock:
            self.received.append(request)

    def next_fault(self) -> str:
        with self._lock:
            return self._waiting.popleft() if self._waiting else self.always

    def wait(self, seconds: float) -> bool:
        """Wait; true when the server is being closed."""
        return self._closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], fake: FakeLLM) -> None:
        super().__init__(address, _Handler)
        self.fake = fake


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""

    def do_GET(self) -> None:
        self._note({})
        models = {"/api/tags": "models", "/v1/models": "data"}
        if self.path not in models:
            self._send(404, {"error": "no such path"})
            return
        entry = {"name": MODEL, "model": MODEL, "id": MODEL, "object": "model", **self.server.fake.about}
        self._send(200, {models[self.path]: [entry], "object": "list"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        request = self._note(body)
        try:
            if self.path in {"/v1/embeddings", "/api/embed"}:
                self._embeddings(body)
            elif self.path == "/api/show":
                self._send(200, {"model_info": {"general.architecture": "fake", "fake.context_length": 8192}})
            elif request.is_completion:
                self._complete(request)
            else:
                self._send(404, {"error": "no such path"})
        except (BrokenPipeError, ConnectionResetError):
            self.server.fake.dropped += 1
            self.close_connection = True

    def _note(self, body: dict[str, Any]) -> Received:
        request = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.server.fake.note(request)
        return request

    def _complete(self, request: Received) -> None:
        fake = self.server.fake
        fault = fake.next_fault()
        if fake.delay and fake.wait(fake.delay):
            return
        if fault == "no_schema" and not ("response_format" in request.body or "format" in request.body):
            fault = ""
        if fault in {"rate_limit", "busy", "error", "key", "no_schema", "too_long", "redirect"}:
            self._refuse(fault)
        elif fault == "html":
            self._send_bytes(200, b"<!doctype html><title>Welcome</title>", "text/html")
        elif fault in {"hang", "drip", "cut"}:
            self._misbehave(fault)
        else:
            text, finish = _content(fake, request, fault)
            self._send(200, _reply(request, text, finish, share=0.1 if fault == "cut_prompt" else 1.0))

    def _refuse(self, fault: str) -> None:
        status, message = {
            "rate_limit": (429, "slow down"),
            "busy": (503, "loading the model"),
            "error": (500, "internal error"),
            "key": (401, "invalid api key"),
            "no_schema": (400, "response_format json_schema is not supported by this model"),
            "too_long": (400, "This model's maximum context length is 100 tokens"),
            "redirect": (302, "moved"),
        }[fault]
        headers = {"Retry-After": str(RETRY_AFTER[fault])} if fault in RETRY_AFTER else {}
        if fault == "redirect":
            headers["Location"] = f"{self.server.fake.url}/elsewhere"
        error = message if self.path == "/api/chat" else {"message": message, "type": fault, "code": fault}
        self._send(status, {"error": error}, headers)

    def _misbehave(self, fault: str) -> None:
        if fault != "hang":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "1000000")
            self.end_headers()
        if fault == "cut":
            self.wfile.write(b'{"choices": [')
            self.wfile.flush()
            # A reset, not a goodbye.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()
            self.close_connection = True
            return
        while not self.server.fake.wait(DRIP_SECONDS):
            if fault == "drip":
                self.wfile.write(b" ")
                self.wfile.flush()
            elif self._is_gone():
                raise ConnectionResetError

    def _is_gone(self) -> bool:
        self.connection.setblocking(False)
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        finally:
            self.connection.setblocking(True)

    def _embeddings(self, body: dict[str, Any]) -> None:
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        vectors = [[float(len(text)), float(text.count(" ")), 1.0] for text in texts]
        if self.path == "/api/embed":
            self._send(200, {"embeddings": vectors, "prompt_eval_count": sum(map(len, texts)) // 4})
            return
        data = [{"object": "embedding", "index": place, "embedding": vector} for place, vector in enumerate(vectors)]
        usage = {"prompt_tokens": sum(map(len, texts)) // 4, "total_tokens": sum(map(len, texts)) // 4}
        self._send(200, {"object": "list", "data": data, "model": body["model"], "usage": usage})

    def _send(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        self._send_bytes(status, json.dumps(body).encode(), "application/json", headers)

    def _send_bytes(self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _content(fake: FakeLLM, request: Received, fault: str) -> tuple[str, str]:
    """The text of the answer, and why it ended."""
    made = fake_answers.damaged(fault, request.messages, fake.answer)
    text = made if isinstance(made, str) else json.dumps(made, ensure_ascii=False)
    if fault == "truncated":
        return text[: len(text) // 2], "stop"
    if fault == "length":
        return text[: len(text) // 2], "length"
    if fault == "empty":
        return "", "stop"
    if fault == "fenced":
        return f'<think>Is it {{"a": 1}}? No.</think>Here you are:\n```json\n{text}\n```\nAnything else?', "stop"
    return text, "stop"


def _reply(request: Received, text: str, finish: str, share: float) -> dict[str, Any]:
    tokens_in, tokens_out = max(1, round(len(request.text) / 4 * share)), max(1, len(text) // 4)
    if request.path == "/api/chat":
        return {
            "model": request.body.get("model", MODEL),
            "created_at": "2026-01-01T00:00:00Z",
            "message": {"role": "assistant", "content": text},
            "done": True,
            "done_reason": finish,
            "prompt_eval_count": tokens_in,
            "eval_count": tokens_out,
        }
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1767225600,
        "model": request.body.get("model", MODEL),
        "choices": [choice],
        "usage": usage,
    }
