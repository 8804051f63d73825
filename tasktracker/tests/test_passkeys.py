"""Passkeys without a browser: what is no answer to our challenge is refused, once and for all."""

import json
from typing import Any

import pytest
from django.test import Client

from tasktracker.core.account_models import Passkey
from tasktracker.core.passkeys import STATE
from tasktracker.core.tests.factories import make_person
from tasktracker.tests.pages import Page
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
SET_UP = "/settings/account/second-step/"


@pytest.fixture
def client() -> Client:
    found = Client(headers={"host": "localhost"})
    found.force_login(make_person("ada").user)
    return found


def options(client: Client) -> dict[str, Any]:
    form = Page.of(client.get(SET_UP)).one("form", **{"data-passkey": "create"})
    found: dict[str, Any] = json.loads(form.attrs["data-options"])
    return found


def test_each_page_has_a_challenge_of_its_own(client: Client) -> None:
    first, second = options(client), options(client)
    assert first["rp"] == {"name": "Task Tracker", "id": "localhost"}
    assert first["user"]["name"] == "ada"
    assert first["challenge"] != second["challenge"]
    assert len(first["challenge"]) >= 43  # 256 bits


@pytest.mark.parametrize(
    "answer",
    some(
        [
            "",
            "{",
            "[]",
            "null",
            "{}",
            json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}),
            "9" * 70_000,
        ],
        4,
        1,
    ),
)
def test_what_is_no_answer_is_refused(client: Client, answer: str) -> None:
    options(client)
    response = client.post(SET_UP + "passkeys/", {"name": "x", "credential": answer})
    assert response.status_code == 400
    assert "Load the page anew" in Page.of(response).text
    assert not Passkey.objects.exists()
    assert STATE not in client.session  # the challenge is used up


def test_without_a_challenge_nothing_is_kept(client: Client) -> None:
    assert client.post(SET_UP + "passkeys/", {"name": "x", "credential": "{}"}).status_code == 400
