"""HTTP callers for the benchmarks: many connections in one thread, as light as sockets are.

What a library for clients takes for itself would be measured with the server, on the same processors.
"""

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tasktracker import stack
from tasktracker.bench import stopwatch
from tasktracker.embedded import Child, EngineError, Layout

READY_SECONDS = 60
LONGEST_WAIT = 60.0  # seconds without any answer

type Address = tuple[str, int]
type Make = Callable[[int], bytes]  # the whole request with this number


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds from when each call was due until its answer, and how late at most the sender itself was."""

    answered: list[float] = field(repr=False)
    late: float


class _Caller:
    """One connection that has at most one call under way."""

    def __init__(self, address: Address) -> None:
        self.socket = socket.create_connection(address, timeout=LONGEST_WAIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due = 0.0
        self._read = bytearray()

    def send(self, request: bytes, due: float = 0.0) -> None:
        self.due = due
        self.socket.sendall(request)

    def status(self) -> bytes:
        """Of the answer, once it is whole; b"" before. RuntimeError where the server hung up."""
        piece = self.socket.recv(65536)
        if not piece:
            raise RuntimeError("the server closed the connection")
        self._read += piece
        head, found, body = self._read.partition(b"\r\n\r\n")
        if not found:
            return b""
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if len(body) < int(lengths[0].partition(b":")[2] if lengths else 0):
            return b""
        self._read.clear()
        return bytes(head.split(b" ", 2)[1])


class Callers:
    """`connections` to one server; `wanted` is the status that every answer must have."""

    def __init__(self, address: Address, connections: int, wanted: bytes) -> None:
        self.wanted = wanted
        self.callers = [_Caller(address) for _ in range(connections)]
        self.selector = selectors.DefaultSelector()
        for caller in self.callers:
            self.selector.register(caller.socket, selectors.EVENT_READ, caller)

    def close(self) -> None:
        self.selector.close()
        for caller in self.callers:
            caller.socket.close()

    def all_at_once(self, make: Make, first: int, count: int) -> float:
        """Each connection calls again as soon as it was answered: the seconds that `count` calls took."""
        last, sent, answered = first + count, first, 0
        with stopwatch() as took:
            for caller in self.callers[:count]:
                caller.send(make(sent))
                sent += 1
            while answered < count:
                for caller in self._answered(LONGEST_WAIT):
                    answered += 1
                    if sent < last:
                        caller.send(make(sent))
                        sent += 1
        return took()

    def at_pace(self, make: Make, first: int, count: int, rate: float) -> Pace:
        """A call every 1/`rate` s, whatever the answers do: one that waits for a free connection counts its wait."""
        free, answered, late = deque(self.callers), list[float](), 0.0
        began, sent = time.perf_counter(), 0
        held_up = began  # until when no connection was free: to wait for one is to wait for the server
        while len(answered) < count:
            now = time.perf_counter()
            while sent < count and free and began + sent / rate <= now:
                due = began + sent / rate
                late = max(late, now - max(due, held_up))
                free.popleft().send(make(first + sent), due)
                sent += 1
                now = time.perf_counter()
            if not free:
                held_up = float("inf")
            next_one = began + sent / rate - now if sent < count and free else LONGEST_WAIT
            for caller in self._answered(max(next_one, 0.0), may_be_none=bool(free) and sent < count):
                now = time.perf_counter()
                answered.append(now - caller.due)
                free.append(caller)
                held_up = min(held_up, now)
        return Pace(answered, late)

    def _answered(self, timeout: float, *, may_be_none: bool = False) -> Iterator[_Caller]:
        ready = self.selector.select(timeout)
        if not ready and not may_be_none:
            raise RuntimeError(f"no answer within {timeout:.0f} s")
        for key, _ in ready:
            caller: _Caller = key.data
            if status := caller.status():
                if status != self.wanted:
                    raise RuntimeError(f"a call was answered with {status.decode()}")
                yield caller


def request(address: Address, path: str, body: bytes, **headers: str) -> bytes:
    """A POST of JSON as it goes over the wire; `_` in the name of a header stands for `-`."""
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{''.join(lines)}\r\n"
    )
    return head.encode() + body


@contextmanager
def running(*, worker: bool = False) -> Iterator[Address]:
    """The web process as `up` starts it, and the worker where it is wanted; gives the address."""
    with TemporaryDirectory() as folder:
        layout = Layout.of(Path(folder) / "stack")
        layout.prepare()
        port = stack.free_port("127.0.0.1")
        plan = stack.Plan(layout=layout, port=port, variables={"TT_API_RATE": "10000000/min"})
        web = stack.web(plan)
        children = [web, stack.worker(plan)] if worker else [web]
        try:
            for child in children:
                child.start()
            wait_for(web, plan, ("database", "worker") if worker else ("database",))
            yield plan.host, plan.port
        finally:
            for child in reversed(children):
                child.stop()


def wait_for(web: Child, plan: stack.Plan, parts: tuple[str, ...] = ("database",)) -> None:
    """Return when the web process says that these are well; EngineError with the log's reason when it does not."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        health = stack.health(plan, "localhost")
        if all(health.get(part) == "ok" for part in parts):
            return
        if web.exit_code() is not None or time.monotonic() > deadline:
            raise EngineError(f"the web process did not answer: {web.last_words()}")
        time.sleep(0.1)
