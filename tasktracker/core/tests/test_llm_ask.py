"""One question to a model, and what the ledger has to say of it afterwards."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from tasktracker.core import llm
from tasktracker.core.enums import ProviderKind
from tasktracker.core.models import LLMCall, Workspace
from tasktracker.core.tests.llm_support import KINDS, Notes, endpoint, notes, only_call, prompt, workspace
from tasktracker.tests.fake_llm import MODEL, FakeLLM

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Workspace:
    return workspace()


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeLLM]:
    with FakeLLM(answer=lambda _: notes("One thing", "Two things")) as server:
        settings.LLM_ALLOWED_HOSTS = [server.host]
        yield server


def ask(
    fake: FakeLLM, team: Workspace, kind: ProviderKind = ProviderKind.OLLAMA, **changes: object
) -> llm.Reply[Notes]:
    return llm.ask(prompt(), Notes, endpoint=endpoint(fake, kind, **changes), workspace_id=team.pk, subject="run:41")


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_comes_with_its_price(fake: FakeLLM, team: Workspace, kind: ProviderKind) -> None:
    reply = ask(fake, team, kind)
    assert [note.title for note in reply.value.notes] == ["One thing", "Two things"]
    call = only_call()
    assert (call.outcome, call.subject, call.purpose, call.items, call.dropped) == ("ok", "run:41", "classify", 2, 0)
    assert (call.provider, call.provider_kind, call.model) == ("somebody", kind, MODEL)
    assert (call.prompt_name, call.prompt_version, call.attempts, call.error) == ("test", "7", 1, "")
    assert (call.tokens_in, call.tokens_out, call.cost) == (reply.tokens_in, reply.tokens_out, None)
    assert reply.tokens_in == round(len(fake.completions[0].text) / 4)
    assert reply.call_id == call.pk


def test_ollama_is_asked_by_its_native_route_with_the_schema_and_its_context(fake: FakeLLM, team: Workspace) -> None:
    ask(fake, team, context_tokens=16_000)
    assert [request.path for request in fake.received] == ["/api/chat"]
    body = fake.received[0].body
    assert body["options"] == {"temperature": 0.0, "num_predict": 4000, "num_ctx": 16_000}
    assert body["format"]["properties"]["notes"]["type"] == "array"
    assert body["stream"] is False


def test_openai_is_sent_the_schema_and_no_tools(fake: FakeLLM, team: Workspace) -> None:
    ask(fake, team, ProviderKind.OPENAI)
    assert [request.path for request in fake.received] == ["/v1/chat/completions"]
    body = fake.received[0].body
    assert body["response_format"]["type"] == "json_schema"
    assert "tools" not in body
    assert [message["role"] for message in body["messages"]] == ["system", "user"]


def test_the_prompt_is_sent_as_it_is(fake: FakeLLM, team: Workspace) -> None:
    """No template engine ever reads what people wrote."""
    text = "{{ 7 * 7 }} {% for x in y %} ${HOME} %(name)s {name}"
    llm.ask(prompt(text), Notes, endpoint=endpoint(fake), workspace_id=team.pk, subject="x", context={"name": "canary"})
    assert fake.completions[0].messages[1]["content"] == text


def test_hardware_of_ones_own_costs_nothing(fake: FakeLLM, team: Workspace) -> None:
    assert ask(fake, team, is_local=True).cost == Decimal(0)


def test_a_vendors_price_is_known_by_name_and_only_at_the_vendor(fake: FakeLLM, team: Workspace) -> None:
    """Somebody's own server may call its model gpt-4o; that says nothing about its price."""
    assert ask(fake, team, ProviderKind.OPENAI, model="gpt-4o").cost is None


def test_the_key_is_sent_and_nothing_from_the_environment_instead(
    fake: FakeLLM, team: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OLLAMA_API_KEY", "OPENAI_ORGANIZATION"):
        monkeypatch.setenv(name, "operators-own")
    for kind in KINDS:
        ask(fake, team, kind)
        ask(fake, team, kind, key="given-key-123")
    without, with_key = fake.received[::2], fake.received[1::2]
    assert all("operators-own" not in str(request.headers.get("authorization", "")) for request in fake.received)
    assert all("authorization" not in request.headers for request in without)
    assert all(request.headers["authorization"] == "Bearer given-key-123" for request in with_key)


@pytest.mark.parametrize("kind", KINDS)
def test_an_invalid_answer_is_asked_again_with_the_reasons(team: Workspace, settings: Settings, kind: str) -> None:
    given: Iterator[Any] = iter(["not json", notes("no"), notes("Third time")])
    with FakeLLM(answer=lambda _: next(given)) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        reply = ask(fake, team, ProviderKind(kind))
    assert reply.value.notes[0].title == "Third time"
    assert reply.attempts == 3
    assert "no JSON document" in fake.completions[1].text
    assert "notes.0.title" in fake.completions[2].text
    # All three were paid for.
    assert reply.tokens_in is not None
    assert reply.tokens_in >= sum(len(request.text) for request in fake.completions) // 4 - 3
    assert only_call().attempts == 3


def test_a_context_reaches_the_answers_validators(fake: FakeLLM, team: Workspace) -> None:
    seen: list[object] = []

    class Watching(Notes):
        def model_post_init(self, context: object) -> None:
            seen.append(context)

    llm.ask(prompt(), Watching, endpoint=endpoint(fake), workspace_id=team.pk, subject="x", context={"ids": ["m1"]})
    assert {"ids": ["m1"]} in seen


def test_a_text_for_local_models_goes_nowhere_else(fake: FakeLLM, team: Workspace) -> None:
    with pytest.raises(llm.LocalOnly):
        llm.ask(prompt(), Notes, endpoint=endpoint(fake), workspace_id=team.pk, subject="x", local_only=True)
    assert fake.received == []
    assert not LLMCall.objects.exists()
    llm.ask(prompt(), Notes, endpoint=endpoint(fake, is_local=True), workspace_id=team.pk, subject="x", local_only=True)


def test_no_model_is_asked_inside_a_transaction(fake: FakeLLM, team: Workspace) -> None:
    with transaction.atomic(), pytest.raises(llm.InTransaction):
        ask(fake, team)
    assert fake.received == []


def test_a_prompt_that_does_not_fit_is_refused_before_it_is_sent(fake: FakeLLM, team: Workspace) -> None:
    with pytest.raises(llm.PromptTooLong) as caught:
        llm.ask(prompt("word " * 9000), Notes, endpoint=endpoint(fake), workspace_id=team.pk, subject="x")
    assert fake.received == []
    call = only_call()
    assert (call.outcome, call.attempts, call.tokens_in, call.cost) == ("too_long", 0, None, None)
    assert caught.value.call_id == call.pk


def test_the_answer_is_given_the_room_that_the_prompt_leaves(fake: FakeLLM, team: Workspace) -> None:
    llm.ask(prompt("word " * 4800), Notes, endpoint=endpoint(fake), workspace_id=team.pk, subject="x")
    assert 1500 < fake.received[0].body["options"]["num_predict"] < 2300


@pytest.mark.parametrize(
    "changes",
    [{"kind": ProviderKind.OFFLINE}, {"model": ""}, {"kind": ProviderKind.ANTHROPIC}, {"kind": ProviderKind.AZURE}],
)
def test_an_endpoint_that_cannot_serve_is_refused_and_noted(
    fake: FakeLLM, team: Workspace, changes: dict[str, object]
) -> None:
    kind = ProviderKind(str(changes.pop("kind", ProviderKind.OLLAMA)))
    with pytest.raises(llm.Refused):
        ask(fake, team, kind, **changes)
    assert only_call().outcome == "refused"
    assert fake.received == []


def test_an_address_that_nobody_allowed_is_never_reached(fake: FakeLLM, team: Workspace, settings: Settings) -> None:
    settings.LLM_ALLOWED_HOSTS = []
    with pytest.raises(llm.Refused, match="LLM_ALLOWED_HOSTS"):
        ask(fake, team)
    assert fake.received == []
    assert only_call().outcome == "refused"


def test_ollama_without_an_address_is_the_operators_own(fake: FakeLLM, team: Workspace, settings: Settings) -> None:
    settings.OLLAMA_URL = fake.url
    ask(fake, team, url="")
    assert len(fake.completions) == 1
