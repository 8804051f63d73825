"""What no client should send is a clear refusal, never a 500, and never an oracle."""

import base64
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from ingestion.models import Source
from tasktracker.core.tests.factories import Person, make_person

MESSAGE = '{"source": "%s", "external_id": "1", "author": "A", "text": "x", "sent_at": "2026-01-01T00:00Z"}'


def cursor(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("inside", ["p=x", "p=%00", "p=" + "9" * 400, "nonsense"])
def test_a_crafted_cursor_is_404(owner: Person, inside: str) -> None:
    api = owner.api
    for path in ("/api/messages", "/api/topics", "/api/tasks", "/api/proposals", "/api/atoms"):
        answer = api.get(path, {"cursor": cursor(inside)})
        assert answer.status_code in (200, 404), (path, answer.content)


def test_an_address_of_the_api_that_is_none_is_a_problem_and_no_page(owner: Person) -> None:
    for path in ("nowhere", "nowhere/", "", "tasks/", "tasks/abc", "tasks/9" + "9" * 30, "proposals/1/nothing", "a\nb"):
        for api in (owner.api, Client(headers={"host": "localhost"}, enforce_csrf_checks=True)):
            for method in ("get", "post", "delete"):
                answer = getattr(api, method)(f"/api/{quote(path)}")
                assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json"), path
                assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    "path", ["/api/events?since=²", "/api/events?since=" + "9" * 30, "/api/search?q=a&limit=" + "0" * 5000]
)
def test_numbers_that_are_none_are_400(owner: Person, path: str) -> None:
    assert owner.api.get(path).status_code == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/api/messages",
            '{"source": "a\\u0000", "external_id": "1", "author": "A", "text": "x", "sent_at": "2026-01-01T00:00Z"}',
        ),
        (
            "/api/messages",
            '{"source": "\\ud800", "external_id": "1", "author": "A", "text": "x", "sent_at": "2026-01-01T00:00Z"}',
        ),
        ("/api/tasks", '{"title": "Fix it", "fields": {"a": "\\u0000"}}'),
        ("/api/tasks", '{"title": "Fix it", "fields": {"a": 1e400}}'),
        ("/api/tasks", "[" * 100_000),
        ("/api/atom-links", '{"from_atom": 1e400, "to_atom": 1, "type": "solves"}'),
    ],
)
def test_bodies_that_break_a_database_are_400_or_stored_clean(owner: Person, path: str, body: str) -> None:
    answer = owner.api.post(path, body, content_type="application/json")
    assert answer.status_code in (201, 400), answer.content[:300]


def test_the_admin_answers_no_question_about_a_password_or_a_secret(owner: Person) -> None:
    owner.user.set_password("a very long password")
    owner.user.save()
    browser: Any = Client(headers={"host": "localhost"})
    browser.force_login(owner.user)
    for path in (
        "core/user/?password__startswith=scrypt",
        "core/apitoken/?digest__startswith=a",
        "ingestion/source/?sealed_secret__startswith=v1",
        "analysis/provider/?sealed_api_key__startswith=v1",
        "core/membership/?user__password__startswith=scrypt",
    ):
        assert browser.get(f"/admin/{path}").status_code in (302, 400), path


@pytest.mark.long
def test_the_sidebar_of_the_admin_names_nothing_of_another_workspace(owner: Person, stranger: Person) -> None:
    for person in (owner, stranger):
        for number in range(2):
            Source.objects.create(workspace=person.workspace, name=f"source-of-{person.user}-{number}", kind="api")
    make_person("second", workspace="elsewhere", role="manager")
    browser: Any = Client(headers={"host": "localhost"})
    browser.force_login(owner.user)
    for page in ("ingestion/message/", "ingestion/delivery/", "core/membership/", "core/apitoken/"):
        text = browser.get(f"/admin/{page}").content.decode()
        assert "source-of-stranger" not in text
        assert "Elsewhere" not in text
    assert "source-of-owner" in browser.get("/admin/ingestion/message/").content.decode()
