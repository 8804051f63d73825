"""The mapping of any JSON to a message: what it finds, and what it says where it does not."""

import html
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from ingestion.mapping import FIELDS, USUAL, mistakes, preview_mapping
from ingestion.models import Source
from tasktracker.core.tests.factories import Person
from tasktracker.tests.support import some

MAPPING = {
    "text": "join(': ', [event.subject, event.body])",
    "author": "event.by.name",
    "author_id": "event.by.id",
    "external_id": "event.id",
    "channel": "queue",
    "sent_at": "event.at",
    "thread": "event.ticket",
    "reply_to": "event.answers[0]",
}
BODY = {
    "queue": "support",
    "event": {
        "id": 77,
        "subject": "Login",
        "body": "fails on iOS",
        "by": {"name": "Ann", "id": 5},
        "at": 1767340860,
        "ticket": "T-9",
        "answers": ["76"],
    },
}


def test_each_field_is_found_where_its_expression_says() -> None:
    draft = preview_mapping(MAPPING, json.dumps(BODY), source_id=3).draft
    assert draft is not None
    assert draft.author is not None
    assert (draft.text, draft.author.name, draft.author.external_id) == ("Login: fails on iOS", "Ann", "5")
    assert (draft.channel.external_id, draft.channel.title) == ("3/support", "support")
    assert (draft.external_id, draft.thread, draft.reply_to) == ("77", "T-9", "76")
    assert draft.sent_at == datetime(2026, 1, 2, 8, 1, tzinfo=UTC)


@pytest.mark.parametrize("wrapped", [False, True])
def test_our_own_shape_needs_no_mapping_alone_or_in_data(wrapped: bool) -> None:
    said: dict[str, Any] = {"external_id": "1", "author": {"id": "u1", "name": "Ann"}, "text": "hello"}
    said |= {"sent_at": "2026-01-02T10:00:00+02:00", "edited_at": "2026-01-02T09:00:00Z"}
    draft = preview_mapping({}, {"type": "x", "data": said} if wrapped else said).draft
    assert draft is not None
    assert draft.author is not None
    assert (draft.external_id, draft.author.external_id, draft.author.name) == ("1", "u1", "Ann")
    assert draft.sent_at == datetime(2026, 1, 2, 8, tzinfo=UTC)
    assert draft.edited_at == datetime(2026, 1, 2, 9, tzinfo=UTC)


def test_without_an_id_or_a_time_those_of_the_delivery_are_taken() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    draft = preview_mapping({}, {"text": "hello"}, fallback_id="msg_1", received_at=at).draft
    assert draft is not None
    assert (draft.external_id, draft.sent_at, draft.author) == ("msg_1", at, None)


@pytest.mark.parametrize(
    ("mapping", "body", "field", "words"),
    [
        ({"text": "message.words"}, {}, "text", "Nothing was found for text: look at the body"),
        ({"text": "a["}, {"a": 1}, "text", "no expression of JMESPath"),
        ({"text": "a"}, {"a": {"b": "c"}}, "text", "this is an object: name a part of it"),
        ({"text": "a"}, {"a": ["b"]}, "text", "this is a list"),
        ({"text": "length(a)"}, {"a": 5}, "text", "can't be used on this body"),
        ({"text": "nosuch(a)"}, {"a": 5}, "text", "Unknown function"),
        ({"text": 5}, {}, "text", "Write an expression"),
        ({"text": "a" * 1_001}, {}, "text", "at most 1000"),
        ({"text": "(" * 900}, {}, "text", "."),
        ({"external_id": "id"}, {"text": "x"}, "external_id", "Nothing was found for external_id"),
        ({"sent_at": "at"}, {"text": "x", "at": "yesterday"}, "sent_at", "2026-01-31T12:00:00Z"),
        ({"sent_at": "at"}, {"text": "x", "at": 1e300}, "sent_at", "seconds since 1970"),
        ({"txet": "a"}, {"text": "x"}, "txet", "There is no field 'txet': use text, author"),
        ({}, "{not json", "body", "not JSON"),
        ({}, [1, 2], "text", "Nothing was found for text"),
    ],
)
def test_an_error_names_its_field_and_what_to_do(mapping: dict[str, Any], body: object, field: str, words: str) -> None:
    found = preview_mapping(mapping, body)
    assert found.draft is None
    assert words in found.errors[field]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "data", *FIELDS]), inner),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(FIELDS), st.text(max_size=30) | st.sampled_from(["a", "data.a", "a[0]", "sum(a)", "@", "*"])
    ),
    JSON,
)
def test_whatever_is_written_there_is_a_message_or_a_reason(mapping: dict[str, str], body: object) -> None:
    found = preview_mapping(mapping, body)
    assert (found.draft is None) == bool(found.errors)
    assert all(found.errors.values())


BOMBS = [
    "|".join(["[@,@][]"] * 60),  # twice as many with each step
    "|".join(["[@,@]"] * 60) + "|to_string(@)",
    "|".join(["join('',[@,@])"] * 50),
    "|".join(["to_string([@])"] * 60),
    "join(text, rows)",
    "rows[?" + " || ".join(["x"] * 240) + "]",
]


def test_no_expression_takes_long() -> None:
    """In a process of its own, which ends with the test whatever happens: with half a gigabyte, and 20 seconds."""
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29));"
        "resource.setrlimit(resource.RLIMIT_CPU, (20, 20));"
        "from ingestion.mapping import preview_mapping;"
        "body = {'text': 'x' * 200_000, 'rows': ['y'] * 200_000};"
        "found = {text: preview_mapping({'text': text, 'author': '`a`'}, body) for text in sys.argv[1:]};"
        "assert all(one.errors['text'] for one in found.values()), found"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, *BOMBS], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr[-500:]


@pytest.mark.long
@pytest.mark.parametrize(
    ("expression", "words"),
    some(
        [
            ("not_null(" * 60 + "a" + ")" * 60, "too deep"),
            ("[" * 400 + "a" + "]" * 400, "too deep"),
            ("!" * 400 + "a", "too deep"),
            ("|".join(["[@,@]"] * 7), "may make too much"),
            ("a" * 1_001, "at most 1000 characters"),
            ("a[", "no expression of JMESPath"),
            ("no_such(a)", "Unknown function: no_such()"),
            ("length(a, b)", "Expected 1 argument for function length(), received 2"),
            (7, "Write an expression"),
        ],
        3,
    ),
)
@pytest.mark.django_db
def test_what_is_refused_for_every_body_is_refused_when_it_is_saved(
    owner: Person, expression: object, words: str
) -> None:
    """By the same limits, with the same words, at every door."""
    owner.user.is_staff = True
    owner.user.save()
    client = Client(headers={"host": "localhost"})
    client.force_login(owner.user)
    for body in ({}, {"a": 1}):
        told = preview_mapping({"text": expression}, body).errors["text"]
        assert words in told
    assert mistakes({"text": expression, "author": "a"}) == {"text": told}
    config = {"format": "generic", "mapping": {"text": expression}}
    form = {"name": "hook", "is_active": "on", "format": "generic"}
    whole = {**form, "kind": "webhook", "workspace": owner.workspace.pk, "secret": "whsec_YWJj"}
    answers = {
        "page": client.post("/settings/sources/new/?kind=webhook", form | {"map_text": str(expression)}),
        "api": client.post("/api/sources", whole | {"config": config}, content_type="application/json"),
        "admin": client.post("/admin/ingestion/source/add/", whole | {"config": json.dumps(config)}),
    }
    if not isinstance(expression, str):
        del answers["page"]  # all that is typed is text
    said = {name: html.unescape(answer.content.decode()) for name, answer in answers.items()}
    assert {name: text for name, text in said.items() if words not in text and "at most 1000" not in text} == {}
    assert not Source.objects.filter(name="hook").exists()


def test_a_plain_mapping_is_no_mistake() -> None:
    usual = {**USUAL, "text": ".".join(["a"] * 50), "thread": "", "reply_to": None}
    assert mistakes(usual) == {}
    assert mistakes({"txet": "a"}).keys() == {"txet"}
    assert mistakes(["a"]).keys() == {"mapping"}
