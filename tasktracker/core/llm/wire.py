"""The HTTP client for addresses that people type: vetted and pinned connections, one deadline, no redirects.

`timeout=` of httpx and of everything built on it is for each read: a server that drips one byte a second never meets
it. Here the deadline is kept at the socket, where every read, write, connect and handshake gets what is left of it.
That works in any thread and in a forked child, without signals and without a second thread that has to be stopped.
"""

import email.utils
import queue
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpcore
import httpx

from tasktracker.core.llm import guard
from tasktracker.core.tls import tls

MAX_BYTES = 4 * 1024 * 1024  # of one connection's answers; a long one is 64 KB
_CONNECT_SECONDS = 10.0
_MAX_RETRY_AFTER = 3600.0
_NO_KEY_HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")


@dataclass
class Trace:
    """What happened on the wire, told by the wire itself and not by the exceptions of the layers above it."""

    requests: int = 0
    connected: bool = False
    status: int | None = None
    retry_after: float | None = None
    error_body: str = ""  # of the last answer of 400 and above, for telling apart why; never logged or stored
    refused: str = ""  # the address was not one to connect to
    timed_out: bool = False
    too_big: bool = False


class _Stream(httpcore.NetworkStream):
    """A connection whose every operation ends at the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float, trace: Trace) -> None:
        self._inner, self._deadline, self._trace = inner, deadline, trace
        self._bytes = 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._run(httpcore.ReadTimeout, lambda left: self._inner.read(max_bytes, left))
        self._bytes += len(data)
        if self._bytes > MAX_BYTES:
            self._trace.too_big = True
            raise httpcore.ReadError("answer too big")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._run(httpcore.WriteTimeout, lambda left: self._inner.write(buffer, left))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._run(
            httpcore.ConnectTimeout, lambda left: self._inner.start_tls(ssl_context, server_hostname, left)
        )
        return _Stream(secured, self._deadline, self._trace)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def _run[T](self, late: type[httpcore.TimeoutException], act: Callable[[float], T]) -> T:
        left = self._deadline - time.monotonic()
        if left <= 0:
            self._trace.timed_out = True
            raise late("deadline passed")
        try:
            return act(left)
        except httpcore.TimeoutException:
            self._trace.timed_out = True
            raise


class _Backend(httpcore.NetworkBackend):
    """Connects to vetted addresses only; the name stays for TLS and the Host header."""

    def __init__(self, deadline: float, allowed: Collection[str], trace: Trace, resolver: guard.Resolver) -> None:
        self._deadline, self._allowed, self._trace, self._resolver = deadline, allowed, trace, resolver
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._vetted(host, port):
            # A host of several addresses must not lose the whole deadline to the first one that is silent.
            left = min(self._left(), _CONNECT_SECONDS)
            try:
                stream = self._inner.connect_tcp(address, port, left, local_address, socket_options)
            except httpcore.ConnectTimeout as error:
                self._trace.timed_out = time.monotonic() >= self._deadline
                failure = error
            except httpcore.ConnectError as error:
                failure = error
            else:
                self._trace.connected = True
                return _Stream(stream, self._deadline, self._trace)
        raise failure

    def _vetted(self, host: str, port: int) -> list[str]:
        # The resolver has no deadline of its own, so it runs beside us; a thread that hangs in it dies by itself.
        answer: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                answer.put(guard.vet(host, port, allowed=self._allowed, resolver=self._resolver))
            except guard.AddressRefused as error:
                answer.put(error)
            except ValueError as error:  # a name that getaddrinfo can't even encode
                answer.put(error)

        threading.Thread(target=look_up, name="resolve", daemon=True).start()
        try:
            found = answer.get(timeout=self._left())
        except queue.Empty:
            self._trace.timed_out = True
            raise httpcore.ConnectTimeout("resolving took too long") from None
        if isinstance(found, list):
            return found
        self._trace.refused = str(found) if isinstance(found, guard.AddressRefused) else "The host name is not valid."
        raise httpcore.ConnectError("address refused")

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            self._trace.timed_out = True
            raise httpcore.ConnectTimeout("deadline passed")
        return left


def open_client(
    *,
    deadline: float,
    allowed: Collection[str],
    trace: Trace,
    send_key: bool = True,
    resolver: guard.Resolver = guard.resolve,
) -> httpx.Client:
    """A client for one call, to be closed by the caller; `deadline` is on `time.monotonic()`.

    Without `send_key` no header that could hold a key leaves, whatever a library found in the environment.
    Proxies of the environment are not used: behind one, the vetted address would not be the one connected to.
    """

    def on_request(request: httpx.Request) -> None:
        trace.requests += 1
        trace.status = trace.retry_after = None
        if not send_key:
            for header in _NO_KEY_HEADERS:
                request.headers.pop(header, None)

    def on_response(response: httpx.Response) -> None:
        trace.status = response.status_code
        trace.retry_after = parse_retry_after(response.headers)
        if response.status_code >= 400:
            response.read()
            trace.error_body = response.text[:2000]

    context = tls(from_environment=False)
    transport = httpx.HTTPTransport(verify=context, trust_env=False)
    # httpx offers no way to hand over a network backend; the pool is the one place where it goes in.
    transport._pool = httpcore.ConnectionPool(
        ssl_context=context, network_backend=_Backend(deadline, allowed, trace, resolver), max_connections=4
    )
    return httpx.Client(
        transport=transport,
        timeout=max(0.001, deadline - time.monotonic()),
        follow_redirects=False,
        trust_env=False,
        event_hooks={"request": [on_request], "response": [on_response]},
    )


def parse_retry_after(headers: httpx.Headers) -> float | None:
    """Seconds to wait, 0 to 3600, from Retry-After (seconds or a date) or retry-after-ms; None when there is none."""
    try:
        if "retry-after-ms" in headers:
            seconds = float(headers["retry-after-ms"]) / 1000
        elif "retry-after" in headers:
            value = headers["retry-after"]
            seconds = float(value) if value.strip().replace(".", "", 1).isdigit() else _until(value)
        else:
            return None
    except ValueError:
        return None
    return min(max(seconds, 0.0), _MAX_RETRY_AFTER) if seconds == seconds else None


def _until(http_date: str) -> float:
    when = email.utils.parsedate_to_datetime(http_date)
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
