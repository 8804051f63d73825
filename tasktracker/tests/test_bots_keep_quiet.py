"""What a bot says to one person, or still has to say, is read by nobody else and lasts no longer than its words may."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ingestion import bot_linking, inbox
from ingestion.models import BotCall, LinkCode, LinkedChat, Message, Source
from knowledge.models import Task
from proposals.tests.factories import make_message, make_proposal, make_quote
from tasktracker.core import passwords
from tasktracker.core.models import Event
from tasktracker.core.permissions import access_of
from tasktracker.core.sessions import PROVEN, PROVEN_LASTS
from tasktracker.core.tests.factories import Person
from tasktracker.telegram_sending import forget_sent
from tasktracker.tests.telegram_talk import GROUP, Talk
from tasktracker.tests.test_telegram_commands import code_of, link

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "the acquisition of Initech"


def closed_to_all_but(source: Source, *readers: Person) -> None:
    Source.objects.filter(pk=source.pk).update(restricted=True)
    source.readers.set([person.user for person in readers])


def test_a_card_for_a_reader_of_a_closed_source_is_no_message_for_all(talk: Talk, colleague: Person) -> None:
    link(talk, colleague)
    message = make_message(colleague.workspace, f"We plan {CANARY}")
    closed_to_all_but(message.source, colleague)
    make_proposal(colleague.workspace, "task", f"Plan {CANARY}", quotes=[make_quote(colleague.workspace, message)])
    talk.say("/review")
    assert CANARY in talk.last["text"]
    assert list(Message.objects.filter(text__contains=CANARY)) == [message]
    talk.say("/task", reply_to_message=talk.last)
    assert not Task.objects.exists(), "what the bot itself said is no evidence"
    assert list(Message.objects.filter(text__contains=CANARY)) == [message]


def test_a_task_made_in_a_closed_chat_rests_on_what_was_said_there(talk: Talk, colleague: Person) -> None:
    """Though the source takes nothing with these words."""
    closed_to_all_but(talk.bot)
    Source.objects.filter(pk=talk.bot.pk).update(filters={"skip": {"patterns": ["/task*"]}})
    talk.say(f"/task Prepare {CANARY}", chat=GROUP)
    client = Client(headers={"host": "localhost"})
    client.force_login(colleague.user)
    assert CANARY not in client.get("/api/tasks").text


def test_the_name_of_a_closed_chat_is_not_told_to_everybody(talk: Talk, colleague: Person) -> None:
    LinkedChat.objects.create(bot=talk.bot, external_id=str(GROUP["id"]), title=CANARY, source=talk.bot)
    closed_to_all_but(talk.bot)
    client = Client(headers={"host": "localhost"})
    client.force_login(colleague.user)
    assert CANARY not in client.get("/settings/telegram/").text


def test_a_code_is_made_only_by_who_just_said_who_they_are(owner: Person) -> None:
    """Whoever says it decides and, by the Mini App, logs in as that person for as long as they are linked."""
    client = Client(headers={"host": "localhost"})
    client.force_login(owner.user)
    session = client.session
    session[PROVEN] = session[PROVEN] - PROVEN_LASTS - 1
    session.save()
    for purpose in ("person", "chat"):
        assert client.post("/settings/telegram/", {"do": purpose}).status_code == 403
    assert not LinkCode.objects.exists()


@pytest.mark.long
@pytest.mark.parametrize("how", ["message", "edited_message"])
def test_a_code_is_read_by_nobody_in_the_list_of_messages(talk: Talk, owner: Person, how: str) -> None:
    """One that waits to be heard is still good."""
    code = code_of(owner)
    talk.store({how: talk.message(f"/Link@tracker_test_bot {code}")})
    inbox.work_off(source_id=talk.bot.pk)
    assert Message.objects.get().text == "/link"
    assert not Event.objects.filter(data__icontains=code).exists()
    if how == "message":
        talk.work()
        assert owner.workspace.participants.get(user=owner.user)


@pytest.mark.long
def test_who_was_removed_is_told_no_figures(talk: Talk, colleague: Person) -> None:
    link(talk, colleague)
    assert "Acme" in talk.say("/status")[0]
    colleague.user.memberships.all().delete()
    assert "Acme" not in talk.say("/status")[0]


def test_another_password_voids_the_codes_that_wait(talk: Talk, owner: Person) -> None:
    code = code_of(owner)
    passwords.set_password(user=owner.user, password="another long password")
    talk.say(f"/link {code}")
    assert not owner.workspace.participants.exclude(user=None).exists()


def test_what_a_paused_bot_could_not_say_is_forgotten(talk: Talk) -> None:
    Source.objects.filter(pk=talk.bot.pk).update(is_active=False)
    old = timezone.now() - timedelta(hours=2)
    BotCall.objects.create(bot=talk.bot, method="sendMessage", chat_id="12", params={"text": CANARY}, created_at=old)
    forget_sent()
    assert BotCall.objects.get().params == {}
    BotCall.objects.update(created_at=timezone.now() - timedelta(days=2))
    forget_sent()
    assert not BotCall.objects.exists()


@pytest.mark.long
def test_the_access_that_made_a_code_is_asked_when_it_is_said(talk: Talk, colleague: Person) -> None:
    access = access_of(colleague.user, workspace_id=colleague.workspace.pk)
    assert access is not None
    code = bot_linking.make_code(access=access, purpose="person")
    colleague.user.memberships.all().delete()
    talk.say(f"/link {code}")
    assert not colleague.workspace.participants.exclude(user=None).exists()
