"""An agent that is tried while no worker or no broker is there: said in a sentence, and paid by nobody later."""

from typing import Any

import pytest
from django.conf import settings as configured
from django.core.cache import cache

from analysis import agents, tasks, trying
from analysis.models import Agent
from analysis.tests import factories
from tasktracker.core.errors import Unavailable
from tasktracker.tests.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def agent() -> Agent:
    workspace = factories.make_workspace()
    provider = factories.make_provider(workspace, base_url="https://example.com/v1")
    values = {"name": "sorter", "purpose": "classify", "provider": provider}
    return agents.save_agent(agent=Agent(workspace=workspace), values=values)


def test_without_a_broker_it_says_so(agent: Agent, settings: Any) -> None:
    settings.CACHES = {"default": {**configured.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    with pytest.raises(Unavailable, match="broker does not answer"):
        trying.try_agent(agent, "Olena: The export dies.")


def test_a_worker_that_comes_too_late_asks_nothing(
    agent: Agent, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeLLM() as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        agent.provider.base_url = fake.openai_url
        agent.provider.save()
        asked: list[tuple[int, str]] = []

        def queued(task: str, pk: int, ticket: str) -> bool:
            asked.append((pk, ticket))
            return True

        monkeypatch.setattr(trying, "enqueue", queued)
        monkeypatch.setattr(trying, "LONGEST_WAIT", -4.9)  # and five seconds more
        with pytest.raises(Unavailable, match="No worker"):
            trying.try_agent(agent, "Olena: The export dies.")
        tasks.try_agent(*asked[0])
        assert fake.completions == []
        assert cache.get(f"try:{asked[0][1]}:answer") is None
