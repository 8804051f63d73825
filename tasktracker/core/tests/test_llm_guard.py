"""Only public addresses, or those that the operator allowed, are ever connected to."""

import socket
import threading
import time

import httpx
import pytest

from tasktracker.core.llm import guard, wire

PUBLIC = "93.184.216.34"


def answers(*addresses: str) -> guard.Resolver:
    return lambda host, port: list(addresses)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "198.18.0.1",
        "224.0.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:0:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::1",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "fe80::1",
        "fec0::1",
        "fd00::1",
        "ff02::1",
        "2001:db8::1",
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(guard.AddressRefused, match="not a public address"):
        guard.vet("models.example", 443, allowed=(), resolver=answers(address))


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_a_public_address_is_taken(address: str) -> None:
    assert guard.vet("models.example", 443, allowed=(), resolver=answers(address)) == [address]


def test_one_private_address_among_public_ones_refuses_the_host() -> None:
    with pytest.raises(guard.AddressRefused):
        guard.vet("models.example", 443, allowed=(), resolver=answers(PUBLIC, "10.0.0.1"))


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_numbers_that_mean_loopback_are_resolved_before_they_are_judged(host: str) -> None:
    with pytest.raises(guard.AddressRefused):
        guard.vet(host, 80, allowed=())


@pytest.mark.parametrize(
    "url",
    [
        "gopher://models.example/",
        "file:///etc/passwd",
        "ftp://models.example/",
        "http://user@models.example/",
        "http://user:word@models.example/",
        "http://",
        "models.example",
        "http://models.example:99999/",
        "http://[::1/",
    ],
)
def test_an_url_of_another_form_is_refused(url: str) -> None:
    with pytest.raises(guard.AddressRefused):
        guard.check_url(url, allowed=(), resolver=answers(PUBLIC))


def test_what_the_operator_allows_is_this_host_and_port_only() -> None:
    allowed = ["models.lan:11434", "[::1]:8000"]
    assert guard.vet("models.lan", 11434, allowed=allowed, resolver=answers("10.0.0.5")) == ["10.0.0.5"]
    assert guard.vet("::1", 8000, allowed=allowed, resolver=answers("::1")) == ["::1"]
    for host, port in (("models.lan", 22), ("other.lan", 11434)):
        with pytest.raises(guard.AddressRefused):
            guard.vet(host, port, allowed=allowed, resolver=answers("10.0.0.5"))


def fetch(url: str, *, resolver: guard.Resolver, allowed: tuple[str, ...] = ()) -> wire.Trace:
    trace = wire.Trace()
    deadline = time.monotonic() + 5
    with (
        wire.open_client(deadline=deadline, allowed=allowed, trace=trace, resolver=resolver) as client,
        pytest.raises(httpx.HTTPError),
    ):
        client.get(url)
    return trace


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The addresses that somebody tried to connect to; none is reached."""
    tried: list[object] = []

    def refuse(self: socket.socket, address: object) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tried


def test_a_refused_host_is_never_connected_to(connects: list[object]) -> None:
    trace = fetch("http://models.example/v1", resolver=answers("169.254.169.254"))
    assert trace.refused.startswith("models.example:80 is not a public address")
    assert connects == []


def test_a_name_that_answers_otherwise_the_second_time_gains_nothing(connects: list[object]) -> None:
    calls: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        calls.append(host)
        return [PUBLIC] if len(calls) == 1 else ["127.0.0.1"]

    fetch("http://models.example/v1", resolver=rebinding)
    assert calls == ["models.example"]
    assert connects == [(PUBLIC, 80)]


def test_a_resolver_that_hangs_ends_at_the_deadline() -> None:
    release = threading.Event()

    def hangs(host: str, port: int) -> list[str]:
        release.wait(30)
        return [PUBLIC]

    trace = wire.Trace()
    began = time.monotonic()
    with (
        wire.open_client(deadline=began + 0.3, allowed=(), trace=trace, resolver=hangs) as client,
        pytest.raises(httpx.TimeoutException),
    ):
        client.get("http://models.example/")
    release.set()
    assert trace.timed_out
    assert time.monotonic() - began < 3
