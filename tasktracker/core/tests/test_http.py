"""What stands before Django: bodies of a known and bearable size, headers that mean one thing, whole requests."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from tasktracker.core.http import http_application
from tasktracker.core.wsgi import environ_of

reached: list[str] = []


def plain(request: HttpRequest) -> HttpResponse:
    answer = HttpResponse(request.body[::-1])
    reached.append(request.headers.get("X-Forwarded-Proto", "none"))
    return answer


def lines(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(sum(1 for _ in request)))


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"one ", b"two"]))


def broken(request: HttpRequest) -> HttpResponse:
    raise LookupError("nobody expected this")


async def asynchronous(request: HttpRequest) -> HttpResponse:
    return HttpResponse("async")


urlpatterns = [path(view.__name__, view) for view in (plain, lines, streamed, broken, asynchronous)]


@pytest.fixture(autouse=True)
def _urls() -> Iterator[None]:
    reached.clear()
    with override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"], MIDDLEWARE=[]):
        yield


def client_of(where: str, headers: list[tuple[bytes, bytes]]) -> Any:
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": f"/{where}",
        "query_string": b"",
        "headers": [(b"host", b"testserver"), *headers],
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 1),
    }
    made: Any = ApplicationCommunicator(http_application(), scope)  # type: ignore[no-untyped-call]
    return made


async def call(where: str, body: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None) -> tuple[int, bytes]:
    """Status and body of one request whose body comes in two parts."""
    client = client_of(where, [(b"content-length", str(len(body)).encode()), *(headers or [])])
    await client.send_input({"type": "http.request", "body": body[:3], "more_body": True})
    await client.send_input({"type": "http.request", "body": body[3:]})
    return await answer_of(client)


async def answer_of(client: Any) -> tuple[int, bytes]:
    start = await client.receive_output(10)
    parts = []
    while True:
        part = await client.receive_output(10)
        parts.append(part.get("body", b""))
        if not part.get("more_body"):
            break
    await client.wait(10)
    return start["status"], b"".join(parts)


async def test_requests_go_to_django_and_back() -> None:
    assert await call("plain", b"abcdef") == (200, b"fedcba")
    assert await call("streamed") == (200, b"one two")
    assert await call("asynchronous") == (200, b"async")
    assert (await call("broken"))[0] == 500
    assert (await call("nowhere"))[0] == 404


async def test_a_body_that_is_too_large_is_refused_before_it_is_read() -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=5):
        assert (await call("plain", b"12345"))[0] == 200
        status, body = await call("plain", b"123456")
    assert (status, json.loads(body)["code"]) == (413, "too_large")
    assert len(reached) == 1


async def test_a_body_of_unknown_length_is_refused() -> None:
    status, body = await call("plain", b"12345", [(b"transfer-encoding", b"chunked")])
    assert (status, json.loads(body)["code"]) == (411, "length_required")
    assert reached == []


async def test_a_header_with_an_underscore_can_t_pose_as_the_one_of_a_proxy() -> None:
    await call("plain", headers=[(b"x_forwarded_proto", b"https")])
    await call("plain", headers=[(b"x-forwarded-proto", b"https"), (b"x_forwarded_proto", b"http")])
    assert reached == ["none", "https"]


async def test_a_long_body_and_a_long_answer_go_through_whole() -> None:
    text = bytes(range(256)) * 1024
    assert await call("plain", text) == (200, text[::-1])
    assert await call("lines", text) == (200, str(text.count(b"\n") + 1).encode())


@pytest.mark.parametrize("length", [6, 600_000])
async def test_half_a_body_is_not_a_request(length: int) -> None:
    client = client_of("plain", [(b"content-length", str(length).encode())])
    await client.send_input({"type": "http.request", "body": b"abc", "more_body": True})
    await client.send_input({"type": "http.disconnect"})
    await client.wait(10)
    assert reached == []


async def test_what_comes_twice_is_joined_as_http_says() -> None:
    environ = environ_of(
        {
            "method": "GET",
            "http_version": "1.1",
            "path": "/tt/пошук",
            "root_path": "/tt",
            "query_string": b"q=%D1%8F",
            "headers": [(b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"accept", b"x"), (b"accept", b"y")],
        }
    )
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_ACCEPT"] == "x,y"
    assert environ["SCRIPT_NAME"] == "/tt"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/пошук"
