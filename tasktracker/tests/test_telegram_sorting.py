"""/task is acknowledged at once, and sorted afterwards by whoever the workspace has assigned to tasks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from analysis import agents
from analysis.models import Agent, Provider, SpendingCap
from analysis.tests import factories
from ingestion import services as ingestion
from ingestion.models import BotCall, Message, Source
from knowledge.models import Edit, Task
from knowledge.services import change_task
from tasktracker import tasks, telegram_sending
from tasktracker.core.enums import Purpose
from tasktracker.core.models import LLMCall
from tasktracker.core.tests.factories import Person
from tasktracker.tests.fake_bot_api import Fault
from tasktracker.tests.fake_llm import MODEL, FakeLLM
from tasktracker.tests.support import free_port
from tasktracker.tests.telegram_talk import GROUP, Talk
from tasktracker.tests.test_telegram_commands import ANN

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "/task The export crashes\nwith error 500 since Monday"


def answer(messages: Any) -> dict[str, Any]:
    item = {"title": "Fix it", "category": "Improvement", "priority": "critical", "atoms": ["a1"], "confidence": 0.9}
    return {"windows": [{"window": "w1", "tasks": [{**item, "evidence": [{"m": "m1", "quote": "crashes"}]}]}]}


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeLLM]:
    with FakeLLM(answer=answer) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        yield fake


@pytest.fixture
def model(fake: FakeLLM, owner: Person) -> Provider:
    """The workspace's default is a model in the house."""
    Provider.objects.filter(workspace=owner.workspace).update(is_default=False)
    values: dict[str, Any] = {"base_url": fake.openai_url, "default_model": MODEL, "is_default": True}
    return factories.make_provider(owner.workspace, **values)


def made(talk: Talk, words: str = WORDS, **also: Any) -> Task:
    talk.say(words, chat=GROUP, **also)
    return Task.objects.latest("pk")


def sort(talk: Talk, task: Task) -> list[dict[str, str]]:
    """What the worker does; the messages that were changed in the chat."""
    before = len(talk.calls("editMessageText"))
    tasks.classify_task(task.pk)
    talk.work()
    task.refresh_from_db()
    return talk.calls("editMessageText")[before:]


def test_the_model_says_what_it_is_and_the_acknowledgement_is_rewritten(
    talk: Talk, model: Provider, fake: FakeLLM
) -> None:
    task = made(talk, "/task Export <b> & crashes\nwith error 500")
    acknowledged = talk.last
    assert acknowledged["text"].startswith(f"Task #{task.pk}: Export <b> & crashes\n")
    assert (fake.completions, task.category) == ([], "chore"), "nothing is asked before it is acknowledged"
    (edit,) = sort(talk, task)
    assert (task.category, task.priority) == ("improvement", "critical")
    assert (edit["chat_id"], edit["message_id"]) == (str(GROUP["id"]), str(acknowledged["message_id"]))
    assert "Export &lt;b&gt; &amp; crashes" in edit["text"]
    assert edit["text"].endswith("\nKind: improvement, priority: critical")
    (asked,) = fake.completions
    assert "with error 500" in asked.text
    assert "[a1]" in asked.text
    call = LLMCall.objects.get()
    assert (call.purpose, call.subject, call.outcome) == (Purpose.PROPOSE_TASKS, f"task:{task.pk}", "ok")
    assert Edit.objects.get(kind="task", object_id=task.pk, verb="edit").by is None
    # Once, however often the job comes.
    assert sort(talk, task) == []
    assert len(fake.completions) == 1


def test_the_agent_that_is_assigned_is_asked_with_its_words_and_its_fallbacks(
    talk: Talk, model: Provider, fake: FakeLLM, owner: Person, settings: Settings
) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    settings.LLM_ALLOWED_HOSTS = [fake.host, nobody]
    gone = factories.make_provider(owner.workspace, "gone", base_url=f"http://{nobody}/v1")
    agent = Agent(workspace=owner.workspace, name="Tasks", purpose=Purpose.PROPOSE_TASKS)
    values = {"provider": gone, "instructions": "Mind the SLA.", "fallbacks": [model.pk], "model": "large"}
    agents.assign_agent(workspace=owner.workspace, agent=agents.save_agent(agent=agent, values=values))
    task = made(talk, WORDS, person=ANN)
    (edit,) = sort(talk, task)
    assert edit["text"].endswith("\nВид: поліпшення, пріоритет: критичний")
    (asked,) = fake.completions
    assert "Mind the SLA." in asked.text
    assert asked.body["model"] == MODEL, "a fallback is asked for its own model"
    assert list(LLMCall.objects.order_by("pk").values_list("provider", flat=True)) == ["gone", "model"]


@pytest.mark.parametrize("why", ["model down", "no task", "cap of the day", "may not leave", "switched off"])
def test_the_rules_sort_it_where_the_model_does_not_and_say_so(
    talk: Talk, model: Provider, fake: FakeLLM, why: str
) -> None:
    asked = 0
    match why:
        case "model down":
            fake.always, asked = "error", 1
        case "no task":
            fake.answer, asked = (lambda _: {"windows": []}), 1
        case "cap of the day":
            SpendingCap.objects.create(workspace=model.workspace, calls=0)
        case "may not leave":
            Provider.objects.filter(pk=model.pk).update(local=False)
            Source.objects.filter(pk=talk.bot.pk).update(local_only=True)
        case "switched off":
            Provider.objects.filter(pk=model.pk).update(is_active=False)
    task = made(talk)
    (edit,) = sort(talk, task)
    assert (task.category, task.priority) == ("bug", "medium")
    assert edit["text"].endswith("\nKind: bug, by the rules: the model gave no answer")
    assert len(fake.completions) == asked


def test_the_offline_engine_sorts_by_the_rules_and_asks_nobody(talk: Talk, fake: FakeLLM) -> None:
    task = made(talk)
    (edit,) = sort(talk, task)
    assert edit["text"].endswith("\nKind: bug, priority: medium")
    plain = made(talk, "/task Mow the lawn")
    assert (sort(talk, plain), plain.category) == ([], "chore"), "nothing was found out, so there is nothing to say"
    assert not LLMCall.objects.exists()


@pytest.mark.long
def test_what_a_person_has_set_meanwhile_stays(talk: Talk, model: Provider, fake: FakeLLM, owner: Person) -> None:
    task = made(talk)

    def meanwhile(messages: Any) -> dict[str, Any]:
        change_task(task_id=task.pk, by=owner.user, values={"category": "question"})
        return answer(messages)

    fake.answer = meanwhile
    (edit,) = sort(talk, task)
    assert (task.category, task.priority) == ("question", "critical")
    assert edit["text"].endswith("\nKind: question, priority: critical")
    both = made(talk, "/task another")
    change_task(task_id=both.pk, by=owner.user, values={"category": "bug", "priority": "low"})
    assert sort(talk, both) == []
    assert len(fake.completions) == 1


@pytest.mark.long
def test_it_is_rewritten_though_the_acknowledgement_is_sent_later(talk: Talk, model: Provider) -> None:
    talk.api.fail("sendMessage", Fault(429, "Too Many Requests", {"retry_after": 60}))
    task = made(talk)
    assert sort(talk, task) == []
    assert task.category == "improvement"
    BotCall.objects.update(not_before=timezone.now())
    telegram_sending.send_waiting(bot_id=talk.bot.pk)
    (edit,) = talk.calls("editMessageText")
    assert edit["message_id"] == str(talk.last["message_id"])


@pytest.mark.long
def test_words_that_were_deleted_before_are_shown_to_no_model(talk: Talk, model: Provider, fake: FakeLLM) -> None:
    Provider.objects.filter(pk=model.pk).update(local=False)
    task = made(talk)
    ingestion.delete_message(message_id=Message.objects.get(text__startswith="/task").pk)
    sort(talk, task)
    assert fake.completions == []


def test_a_job_that_was_lost_is_made_up_for_once(
    talk: Talk, model: Provider, fake: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr(tasks, "enqueue", lambda name, pk, **_: sent.append((name, pk)))
    task = made(talk)
    tasks.sweep_bots()
    assert sent == [], "it may still be at work"
    BotCall.objects.update(created_at=timezone.now() - timedelta(minutes=6))
    tasks.sweep_bots()
    assert sent == [(tasks.SORT, task.pk)]
    sort(talk, task)
    sent.clear()
    tasks.sweep_bots()
    assert sent == []
    assert len(fake.completions) == 1
