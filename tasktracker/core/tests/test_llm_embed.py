"""Vectors from a model server, with their row in the ledger."""

from decimal import Decimal

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from tasktracker.core import llm
from tasktracker.core.tests.llm_support import only_call, workspace
from tasktracker.tests.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db


def test_one_vector_for_each_text_in_order(settings: Settings) -> None:
    with FakeLLM() as fake:
        settings.LLM_ALLOWED_HOSTS, settings.OLLAMA_URL = [fake.host], fake.url
        vectors = llm.embed(["a b", "abc d e"], model="ollama/nomic-embed-text", workspace_id=workspace().pk)
    assert vectors == [[3.0, 1.0, 1.0], [7.0, 2.0, 1.0]]
    call = only_call()
    assert (call.purpose, call.provider_kind, call.model, call.outcome) == ("embed", "ollama", "nomic-embed-text", "ok")
    assert (call.items, call.cost, call.tokens_in) == (2, Decimal(0), 2)


def test_an_operators_key_is_used_for_the_operators_model(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeLLM() as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        monkeypatch.setenv("OPENAI_API_KEY", "operators-own")
        monkeypatch.setenv("OPENAI_BASE_URL", fake.openai_url)
        llm.embed(["text"], model="openai/text-embedding-3-small", workspace_id=workspace().pk)
    assert fake.received[0].headers["authorization"] == "Bearer operators-own"


def test_a_server_that_is_away_leaves_its_row(settings: Settings) -> None:
    with FakeLLM() as fake:
        settings.LLM_ALLOWED_HOSTS, settings.OLLAMA_URL = [fake.host], fake.url
    with pytest.raises(llm.ProviderDown):
        llm.embed(["text"], model="ollama/nomic-embed-text", workspace_id=workspace().pk)
    assert only_call().outcome == "down"


def test_no_texts_are_no_call() -> None:
    assert llm.embed([], model="ollama/nomic-embed-text", workspace_id=workspace().pk) == []


def test_the_offline_embedding_is_somebody_elses() -> None:
    with pytest.raises(llm.Refused):
        llm.embed(["text"], model="offline", workspace_id=workspace().pk)


def test_not_inside_a_transaction() -> None:
    with transaction.atomic(), pytest.raises(llm.InTransaction):
        llm.embed(["text"], model="ollama/nomic-embed-text", workspace_id=1)


def test_what_may_go_to_local_models_only_goes_to_no_other() -> None:
    team = workspace().pk
    for texts in ([], ["text"]):
        with pytest.raises(llm.LocalOnly):
            llm.embed(texts, model="text-embedding-3-small", workspace_id=team, local_only=True)
    assert llm.embed([], model="ollama/nomic-embed-text", workspace_id=team, local_only=True) == []
