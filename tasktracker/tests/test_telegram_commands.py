"""/task and /link, /quiet and /notify: what they do, for whom, and what is said of it."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from ingestion import bot_linking
from ingestion.models import BotContact, Channel, Delivery, LinkCode, LinkedChat, Message, Participant, Source
from knowledge.models import Edit, Task
from tasktracker import tasks
from tasktracker.core.models import Membership
from tasktracker.core.permissions import access_of
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.core.throttling import counters
from tasktracker.tests.telegram_talk import BOB, GROUP, Talk

pytestmark = pytest.mark.django_db(transaction=True)

ANN = {"id": 11, "is_bot": False, "first_name": "Ann", "language_code": "uk"}


def code_of(person: Person, purpose: str = "person") -> str:
    access = access_of(person.user, workspace_id=person.workspace.pk)
    assert access is not None
    return bot_linking.make_code(access=access, purpose=purpose)


def link(talk: Talk, person: Person, telegram: dict[str, object] = BOB) -> str:
    """Link the Telegram account to the person's login; what the bot answered."""
    (answer,) = talk.say(f"/link {code_of(person)}", person=telegram)
    return answer


class TestTask:
    def test_words_become_a_task_with_their_quote_and_an_answer_with_its_link(self, talk: Talk) -> None:
        (answer,) = talk.say("/task The export crashes\nwith error 500 since Monday", chat=GROUP)
        task = Task.objects.get()
        assert (task.title, task.description) == ("The export crashes", "with error 500 since Monday")
        assert answer == f"Task #{task.pk}: The export crashes\nhttp://127.0.0.1:8000/tasks/{task.pk}/"
        quote = task.quotes.get()
        assert quote.text == "The export crashes\nwith error 500 since Monday"
        assert quote.message.text[quote.start : quote.end] == quote.text
        assert quote.message.author is not None
        assert quote.message.author.name == "Bob"
        assert Edit.objects.get(kind="task", object_id=task.pk).by is None
        tasks.classify_task(task.pk)
        task.refresh_from_db()
        assert task.category == "bug"

    @pytest.mark.long
    def test_an_answer_makes_a_task_of_the_message_that_it_answers(self, talk: Talk) -> None:
        """Of one, too, that was said before the bot came."""
        before = talk.message("Please rotate the TLS certificate", person=ANN, chat=GROUP)
        talk.say("/task", chat=GROUP, reply_to_message=before)
        task = Task.objects.get()
        assert task.title == "Please rotate the TLS certificate"
        assert task.quotes.get().message.external_id == str(before["message_id"])
        talk.say("/task before Friday", chat=GROUP, reply_to_message=before)
        second = Task.objects.latest("pk")
        assert (second.title, second.description) == ("before Friday", "Please rotate the TLS certificate")
        assert sorted(second.quotes.values_list("text", flat=True)) == [
            "Please rotate the TLS certificate",
            "before Friday",
        ]

    @pytest.mark.long
    def test_the_same_command_polled_twice_or_replayed_is_one_task(self, talk: Talk) -> None:
        update = {"update_id": 1, "message": talk.message("/task once", chat=GROUP)}
        talk.hear(update, update)
        Delivery.objects.update(status="received", attempts=0)
        assert talk.hear() == []
        assert Task.objects.count() == 1

    def test_f9_heard_by_many_at_once_it_is_one_task_and_one_answer(self, talk: Talk) -> None:
        talk.store(*({"message": talk.message(f"/task number {n}", chat=GROUP)} for n in range(3)))

        def work(_: int) -> None:
            try:
                talk.work()
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
        assert sorted(Task.objects.values_list("title", flat=True)) == ["number 0", "number 1", "number 2"]
        assert len(talk.api.sent) == 3

    @pytest.mark.long
    def test_without_words_it_says_how(self, talk: Talk) -> None:
        assert "what is to be done" in talk.say("/task", chat=GROUP)[0]
        assert not Task.objects.exists()

    @pytest.mark.long
    def test_one_said_an_hour_ago_is_made_still(self, talk: Talk) -> None:
        talk.say("/task late", chat=GROUP, date=int(time.time()) - 3600)
        assert Task.objects.get().title == "late"

    @pytest.mark.long
    def test_in_private_and_by_role(self, talk: Talk, colleague: Person) -> None:
        assert "I don't know you" in talk.say("/task alone")[0]
        link(talk, colleague)
        talk.say("/task mine")
        assert Edit.objects.get(kind="task").by == colleague.user
        Membership.objects.filter(user=colleague.user).update(role="viewer")
        assert "reviewer" in talk.say("/task more")[0]
        assert "reviewer" in talk.say("/task more", chat=GROUP)[0]
        assert Task.objects.count() == 1

    @pytest.mark.long
    def test_a_chat_of_nobody_makes_none(self, talk: Talk, stranger: Person) -> None:
        assert "belongs to no workspace" in talk.say("/task x", chat=GROUP)[0]
        assert not Task.objects.exists()


class TestLink:
    def test_a_person_is_linked_once_and_to_whoever_made_the_code(self, talk: Talk, colleague: Person) -> None:
        code = code_of(colleague)
        assert re.fullmatch(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", code)
        assert not LinkCode.objects.filter(digest__icontains=code).exists()
        (answer,) = talk.say(f"/link {code.lower()}")
        assert answer.startswith(f"You are colleague in {colleague.workspace.name}")
        person = Participant.objects.get(external_id="12")
        assert (person.user, person.contact.bot, person.contact.language) == (colleague.user, talk.bot, "en")
        assert "Такого коду немає" in talk.say(f"/link {code}", person=ANN)[0]
        assert Participant.objects.get(external_id="11").user is None

    @pytest.mark.long
    def test_a_used_and_an_old_code_are_answered_alike_in_ukrainian(self, talk: Talk, colleague: Person) -> None:
        old, used = code_of(colleague), code_of(colleague)
        LinkCode.objects.filter(used_at=None).order_by("pk").filter(pk=LinkCode.objects.earliest("pk").pk).update(
            expires_at=timezone.now() - timedelta(seconds=1)
        )
        talk.say(f"/link {used}")
        wrong = [talk.say(f"/link {code}", person=ANN) for code in (old, used, "AAAA-BBBB-CCCC")]
        assert wrong[0] == wrong[1] == wrong[2]
        assert "Такого коду немає" in wrong[0][0]

    @pytest.mark.long
    def test_guesses_are_counted(self, talk: Talk, colleague: Person) -> None:
        counters().flushdb()
        talk.bot.bot_calls.all().delete()
        answers = []
        for number in range(6):
            answers += talk.say(f"/link WRON-GWRO-{number:04}")
            talk.bot.bot_calls.all().delete()  # the pace of answers is another wall
        assert ["no such code" in answer for answer in answers] == [True] * 5 + [False]
        assert "Too many codes" in talk.say(f"/link {code_of(colleague)}")[0]
        counters().flushdb()

    @pytest.mark.long
    def test_a_code_said_in_the_wrong_place_is_void(self, talk: Talk, owner: Person, colleague: Person) -> None:
        mine, chat = code_of(colleague), code_of(owner, "chat")
        assert "void" in talk.say(f"/link {mine}", chat=GROUP)[0]
        assert "void" in talk.say(f"/link {chat}")[0]
        assert LinkCode.objects.filter(used_at=None).count() == 0
        assert not LinkedChat.objects.exists()
        assert "no such code" in talk.say(f"/link {mine}")[0]

    @pytest.mark.long
    def test_a_chat_joins_and_what_was_put_aside_is_read(self, talk: Talk, owner: Person, stranger: Person) -> None:
        """There are two workspaces: before it is linked, the chat is nobody's."""
        other = {"id": -100999, "type": "supergroup", "title": "Ops"}
        talk.say("the export fails again", chat=GROUP)
        talk.say("/task fix it", chat=GROUP)
        talk.say("of another chat", chat=other)
        assert not Message.objects.exists()
        (answer,) = talk.say(f"/link {code_of(owner, 'chat')}", chat=GROUP)
        assert answer.startswith(f"This chat belongs to {owner.workspace.name} now.")
        assert set(Delivery.objects.values_list("status", flat=True)) == {"processed", "unclaimed"}
        texts = set(Message.objects.filter(is_own=False).values_list("text", flat=True))
        assert "the export fails again" in texts
        assert "of another chat" not in texts
        assert not Task.objects.exists(), "what was answered then is not heard again"
        talk.say("and on", chat=GROUP)
        assert Message.objects.filter(text="and on", source=talk.bot).exists()

    @pytest.mark.long
    def test_a_chat_joins_a_workspace_that_another_one_s_bot_serves(self, talk: Talk, stranger: Person) -> None:
        talk.say(f"/link {code_of(stranger, 'chat')}", chat=GROUP)
        talk.say("hello elsewhere", chat=GROUP)
        message = Message.objects.get(text="hello elsewhere")
        assert message.workspace == stranger.workspace
        assert message.source.config["through"] == str(talk.bot.uid)
        talk.say("/task theirs", chat=GROUP)
        assert Task.objects.get().workspace == stranger.workspace
        talk.say("/link " + code_of(stranger, "chat"), chat=GROUP)
        assert Source.objects.filter(workspace=stranger.workspace, kind="telegram").count() == 1

    @pytest.mark.long
    def test_nobody_takes_a_chat_from_the_workspace_that_has_it(
        self, talk: Talk, owner: Person, stranger: Person
    ) -> None:
        talk.say(f"/link {code_of(owner, 'chat')}", chat=GROUP)
        assert "another workspace" in talk.say(f"/link {code_of(stranger, 'chat')}", chat=GROUP)[0]
        assert LinkedChat.objects.get().source == talk.bot

    @pytest.mark.long
    def test_whoever_may_not_any_more_links_nothing(self, talk: Talk, owner: Person) -> None:
        manager = make_person("mgr", role="manager")
        code = code_of(manager, "chat")
        Membership.objects.filter(user=manager.user).update(role="reviewer")
        assert "may not do that any more" in talk.say(f"/link {code}", chat=GROUP)[0]
        assert not LinkedChat.objects.exists()


@pytest.mark.long
def test_quiet_and_notify(talk: Talk, colleague: Person) -> None:
    assert "I don't know you" in talk.say("/quiet")[0]
    link(talk, colleague)
    assert BotContact.objects.get().notify
    assert "keep quiet" in talk.say("/quiet")[0]
    assert not BotContact.objects.get().notify
    assert "in private" in talk.say("/notify", chat=GROUP)[0]
    assert "/quiet" in talk.say("/notify")[0]
    assert BotContact.objects.get().notify


@pytest.mark.long
def test_the_answer_stands_in_the_topic_where_it_was_asked(talk: Talk) -> None:
    talk.say("/help", chat={**GROUP, "is_forum": True}, message_thread_id=7, is_topic_message=True)
    assert talk.calls("sendMessage")[-1]["message_thread_id"] == "7"


def test_a_command_that_was_edited_in_or_is_said_as_the_group_is_not_answered(talk: Talk) -> None:
    message = talk.message("/task x", chat=GROUP)
    assert talk.hear({"edited_message": {**message, "edit_date": message["date"] + 1}}) == []
    assert talk.say("/task y", chat=GROUP, sender_chat=GROUP) == []
    assert not Task.objects.exists()
    assert Channel.objects.count() == 1
