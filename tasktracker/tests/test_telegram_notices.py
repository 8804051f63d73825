"""People are told what becomes of their messages, once, where they want it; and Telegram's pace is kept."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from ingestion import bot_outbox
from ingestion.models import BotCall, BotContact, Message, Source
from knowledge import services as knowledge
from knowledge.models import Task
from tasktracker import tasks, telegram_notices, telegram_sending
from tasktracker.core.models import Event, Membership
from tasktracker.core.tests.factories import Person
from tasktracker.tests.fake_bot_api import Fault
from tasktracker.tests.support import free_port
from tasktracker.tests.telegram_talk import GROUP, Talk
from tasktracker.tests.test_telegram_commands import ANN, link

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def task(talk: Talk, owner: Person, colleague: Person) -> Task:
    """Made by somebody else of a message of Bob's, who is the reviewer `colleague`."""
    link(talk, colleague)
    bobs = talk.message("The export crashes", chat=GROUP)
    talk.hear({"message": bobs})
    talk.say("/task", person=ANN, chat=GROUP, reply_to_message=bobs)
    return Task.objects.get()


def told(talk: Talk, task: Task, *, made: bool = False) -> list[str]:
    """What the worker sends to Bob after the event."""
    before = len(talk.api.sent)
    job = tasks.task_made if made else tasks.task_changed
    job(task.workspace_id, task.pk)
    talk.work()
    return [message["text"] for message in talk.api.sent[before:] if message["chat"]["id"] == 12]


def test_the_author_is_told_once_that_a_task_was_made(talk: Talk, task: Task) -> None:
    (text,) = told(talk, task, made=True)
    assert text.startswith(f"Your message became task #{task.pk}: The export crashes\nhttp://127.0.0.1:8000/tasks/")
    assert told(talk, task, made=True) == []


def test_the_author_is_told_each_new_status(talk: Talk, task: Task, owner: Person) -> None:
    knowledge.change_task(task_id=task.pk, by=owner.user, values={"status": "in_progress"})
    assert told(talk, task) == [
        f"Task #{task.pk} is in progress now: The export crashes\nhttp://127.0.0.1:8000/tasks/{task.pk}/"
    ]
    knowledge.change_task(task_id=task.pk, by=owner.user, values={"priority": "high"})
    assert told(talk, task) == []
    knowledge.change_task(task_id=task.pk, by=owner.user, values={"status": "done"})
    assert "is done now" in told(talk, task)[0]


@pytest.mark.long
def test_what_a_lost_job_left_untold_is_told_by_the_sweep_once(
    talk: Talk, task: Task, owner: Person, django_assert_max_num_queries: Any
) -> None:
    def swept() -> list[str]:
        before = len(talk.api.sent)
        tasks.sweep_bots()
        talk.work()
        return [message["text"] for message in talk.api.sent[before:] if message["chat"]["id"] == 12]

    assert swept() == [], "its own job may still be on its way"
    Event.objects.update(at=timezone.now() - timedelta(minutes=2))
    (text,) = swept()
    assert text.startswith(f"Your message became task #{task.pk}")
    assert (swept(), told(talk, task, made=True)) == ([], [])
    knowledge.change_task(task_id=task.pk, by=owner.user, values={"status": "in_progress"})
    Event.objects.filter(type="task.updated").update(at=timezone.now() - timedelta(minutes=2))
    (text,) = swept()
    assert text.startswith(f"Task #{task.pk} is in progress now:")
    assert swept() == []
    knowledge.change_task(task_id=task.pk, by=owner.user, values={"status": "done"})
    Event.objects.update(at=timezone.now() - telegram_notices.NEWS - timedelta(minutes=1))
    assert swept() == [], "that is no news any more"
    with django_assert_max_num_queries(4):
        telegram_notices.tell_lost()


def test_the_events_start_these_jobs(settings: Settings) -> None:
    assert "tasktracker.tasks.task_made" in settings.EVENT_TASKS["task.created"]
    assert "tasktracker.tasks.task_changed" in settings.EVENT_TASKS["task.updated"]


@pytest.mark.long
def test_who_is_not_told(talk: Talk, task: Task, owner: Person, colleague: Person) -> None:
    knowledge.change_task(task_id=task.pk, by=colleague.user, values={"status": "in_progress"})
    assert told(talk, task) == [], "who did it"
    talk.say("/quiet")
    knowledge.change_task(task_id=task.pk, by=owner.user, values={"status": "done"})
    assert told(talk, task) == [], "who wants quiet"
    talk.say("/notify")
    Source.objects.update(restricted=True)
    assert told(talk, task) == [], "who may not see it"
    Source.objects.update(restricted=False)
    Membership.objects.filter(user=colleague.user).delete()
    assert told(talk, task) == [], "who is no member any more"


@pytest.mark.long
def test_whoever_blocks_the_bot_is_left_alone(talk: Talk, task: Task, owner: Person) -> None:
    talk.api.fail("sendMessage", Fault(403, "Forbidden: bot was blocked by the user"))
    assert told(talk, task, made=True) == []
    contact = BotContact.objects.get()
    assert (contact.notify, contact.stopped) == (False, "They have blocked the bot.")
    knowledge.change_task(task_id=task.pk, by=owner.user, values={"status": "done"})
    assert told(talk, task) == []


@pytest.mark.long
def test_telegram_s_wait_is_obeyed_and_then_it_is_sent(talk: Talk) -> None:
    talk.api.fail("sendMessage", Fault(429, "Too Many Requests: retry after 7", {"retry_after": 7}))
    bot_outbox.say(bot=talk.bot, chat_id="5", text="first")
    bot_outbox.say(bot=talk.bot, chat_id="5", text="second")
    bot_outbox.say(bot=talk.bot, chat_id="6", text="of another chat")
    wait = talk.work()
    assert wait is not None
    assert 5 < wait <= 7
    assert [message["text"] for message in talk.api.sent] == ["of another chat"], "in order for each chat"
    BotCall.objects.update(not_before=timezone.now())
    assert talk.work() is None
    assert [message["text"] for message in talk.api.sent[1:]] == ["first", "second"]


@pytest.mark.long
def test_one_message_a_second_to_a_chat_and_twenty_a_minute_to_a_group(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_sending, "EACH", timedelta(seconds=1))
    for chat in ("5", "5", "-7"):
        bot_outbox.say(bot=talk.bot, chat_id=chat, text=f"to {chat}")
    wait = talk.work()
    assert wait is not None
    assert 0 < wait <= 1
    assert [message["text"] for message in talk.api.sent] == ["to 5", "to -7"]
    monkeypatch.setattr(telegram_sending, "EACH", timedelta(0))
    for number in range(22):
        bot_outbox.say(bot=talk.bot, chat_id="-7", text=str(number))
    wait = talk.work()
    assert wait is not None
    assert 50 < wait <= 60
    assert sum(message["chat"]["id"] == -7 for message in talk.api.sent) == 20


def test_what_may_have_arrived_is_not_said_again(talk: Talk) -> None:
    """The connection is cut after it was asked; a sender died; a job came twice."""
    talk.api.fail("sendMessage", Fault(0))
    bot_outbox.say(bot=talk.bot, chat_id="5", text="cut", key="a")
    bot_outbox.say(bot=talk.bot, chat_id="5", text="cut", key="a")
    assert talk.work() is None
    bot_outbox.say(bot=talk.bot, chat_id="5", text="died")
    BotCall.objects.filter(done_at=None).update(taken_at=timezone.now() - timedelta(hours=1))
    assert talk.work() is None
    tasks.sweep_bots()
    assert talk.api.sent == []
    assert set(BotCall.objects.values_list("error", flat=True)) == {
        "nobody knows whether it arrived",
        "Telegram could not be reached (RemoteProtocolError).",
    }
    assert all(call.params == {} for call in BotCall.objects.all()), "no words are kept"


def test_what_never_left_goes_later_but_not_much_later(talk: Talk, settings: Settings) -> None:
    url, settings.TELEGRAM_API_URL = settings.TELEGRAM_API_URL, f"http://127.0.0.1:{free_port()}"
    bot_outbox.say(bot=talk.bot, chat_id="5", text="soon")
    wait = talk.work()
    assert wait is not None
    assert 3 < wait <= 5
    settings.TELEGRAM_API_URL = url
    BotCall.objects.update(not_before=timezone.now())
    bot_outbox.say(bot=talk.bot, chat_id="6", text="too late")
    BotCall.objects.filter(chat_id="6").update(created_at=timezone.now() - timedelta(hours=2))
    assert talk.work() is None
    assert [message["text"] for message in talk.api.sent] == ["soon"]


def test_what_the_bot_said_is_kept_as_its_own(talk: Talk) -> None:
    talk.say("/help", chat=GROUP)
    own: Any = Message.objects.get(is_own=True)
    assert (own.text, own.verdict_reason) == (talk.last["text"], "own_post")
