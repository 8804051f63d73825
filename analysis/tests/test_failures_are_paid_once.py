"""What fails again and again is not paid for again and again by what starts by itself."""

from typing import Any

import pytest
from django.utils import timezone

from analysis import agents, execution, schedules, services, sifting
from analysis.models import Agent, AnalysisRun, Window, WindowMessage
from analysis.tests import factories
from analysis.tests.test_schedules import make_due, saved
from ingestion.models import Message, Quote
from knowledge.models import Atom
from tasktracker.core.enums import Verdict
from tasktracker.core.models import Workspace
from tasktracker.tests.fake_llm import FakeLLM
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


def failed_run(workspace: Workspace, messages: list[Message], **more: Any) -> AnalysisRun:
    """A run that is over, whose only window failed."""
    run = factories.make_run(
        workspace, windows=1, status="failed", finished_at=timezone.now(), planned_at=timezone.now(), **more
    )
    Window.objects.filter(run=run).update(status="failed", error="no valid answer")
    window = Window.objects.get(run=run)
    WindowMessage.objects.bulk_create(
        WindowMessage(window=window, message=message, position=place) for place, message in enumerate(messages)
    )
    return run


@pytest.mark.parametrize("when", [{"cron": "* * * * *"}, {"at_least": 1}])
def test_messages_that_failed_start_nothing_by_themselves(workspace: Workspace, when: dict[str, Any]) -> None:
    schedule = saved(workspace, **when)
    failed_run(workspace, factories.make_chat(workspace, 1))
    make_due(schedule)
    assert schedules.start_due() == []
    # With something new to read they have another try.
    factories.make_message(workspace, "The printer is out of paper again.")
    make_due(schedule)
    assert len(schedules.start_due()) == 1


@pytest.mark.long
@pytest.mark.parametrize("choices", some([{"answer": lambda given: {"messages": []}}, {"always": "error"}], 2))
def test_a_model_that_says_nothing_of_use_is_not_asked_for_ever(
    workspace: Workspace, settings: Any, monkeypatch: pytest.MonkeyPatch, choices: dict[str, Any]
) -> None:
    with FakeLLM(**choices) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        provider = factories.make_provider(workspace, base_url=fake.openai_url, timeout_seconds=10, concurrency=1)
        values = {"name": "noise", "purpose": "score_noise", "provider": provider, "temperature": 0.5}
        agents.assign_agent(
            workspace=workspace, agent=agents.save_agent(agent=Agent(workspace=workspace), values=values)
        )
        monkeypatch.setattr(sifting, "LONGEST", 0.05)
        said = [("Olena", f"The export {number} fails.") for number in range(400)]
        factories.make_messages(workspace, said, verdict=Verdict.WEAK)
        run = services.create_run(workspace=workspace, stage="knowledge", provider="offline")
        services.start_run(run_id=run.pk)
        for _ in range(3):
            execution.begin(run_id=run.pk)
        run.refresh_from_db()
        assert run.planned_at is not None


def test_knowledge_that_failed_starts_nothing_by_itself(workspace: Workspace) -> None:
    schedule = saved(workspace, stage="tasks", cron="* * * * *")
    (message, *_) = factories.make_chat(workspace, 1)
    quote = Quote.objects.create(workspace=workspace, message=message, start=0, end=10, text=message.text[:10])
    atom = Atom.objects.create(workspace=workspace, type="problem", title="The export dies", content="It does.")
    atom.quotes.add(quote)
    make_due(schedule)
    (run,) = schedules.start_due()
    execution.begin(run_id=run.pk)
    Window.objects.filter(run=run).update(status="failed", error="no valid answer")
    services.settle_run(run_id=run.pk)
    make_due(schedule)
    assert schedules.start_due() == []
    atom.title = "The export dies at once"
    atom.save()
    make_due(schedule)
    assert len(schedules.start_due()) == 1
