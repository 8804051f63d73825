"""Every kind of provider is reached through the guarded client, and through nothing else."""

import pytest
from pytest_django.fixtures import Settings

from tasktracker.core import llm
from tasktracker.core.enums import ProviderKind
from tasktracker.core.tests.llm_support import Notes, notes, only_call, prompt, workspace
from tasktracker.tests.fake_llm import FakeLLM
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db

SERVERS = [kind for kind in ProviderKind if kind != ProviderKind.OFFLINE]
LIKE_OPENAI = [ProviderKind.OPENAI, ProviderKind.MISTRAL, ProviderKind.OPENROUTER, ProviderKind.AZURE]


def ask(fake: FakeLLM, kind: ProviderKind) -> llm.Reply[Notes]:
    where = llm.Endpoint(kind=kind, model="some-model", url=fake.url, key="key-123456", timeout_seconds=20)
    return llm.ask(prompt(), Notes, endpoint=where, workspace_id=workspace().pk, subject="x")


@pytest.mark.parametrize("kind", some(SERVERS, 3))
def test_no_kind_connects_to_a_host_that_is_not_allowed(kind: ProviderKind, settings: Settings) -> None:
    settings.LLM_ALLOWED_HOSTS = []
    with FakeLLM() as fake, pytest.raises(llm.Refused, match="not a public address"):
        ask(fake, kind)
    assert fake.received == []


@pytest.mark.parametrize("kind", SERVERS)
def test_every_kind_asks_once_and_tells_what_it_saw(kind: ProviderKind, settings: Settings) -> None:
    with FakeLLM(always="key") as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        with pytest.raises(llm.Refused):
            ask(fake, kind)
        assert len(fake.received) == 1
    assert only_call().outcome == "refused"


@pytest.mark.parametrize("kind", some(LIKE_OPENAI, 2))
def test_kinds_that_speak_like_openai_are_sent_the_schema(kind: ProviderKind, settings: Settings) -> None:
    with FakeLLM(answer=lambda _: notes("One thing")) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        assert ask(fake, kind).value.notes[0].title == "One thing"
    assert fake.received[0].body["response_format"]["type"] == "json_schema"
