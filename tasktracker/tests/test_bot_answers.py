"""What people get from the bot: /start, /help, /status, in their language, and silence where that is right."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from ingestion import bots
from ingestion.models import Delivery, Message, Source
from tasktracker.core.tests.factories import Person
from tasktracker.tests.fake_bot_api import BOT, TOKEN, FakeBotApi, Fault, Json, group_message
from tasktracker.tests.polling import polling
from tasktracker.tests.support import wait_for
from tasktracker.tests.telegram_app import init_data

pytestmark = pytest.mark.django_db(transaction=True)

GROUP = -1001234567890


@pytest.fixture
def source(owner: Person) -> Source:
    return bots.seed_source(token=TOKEN)


@pytest.fixture
def api(source: Source, settings: Any) -> Iterator[FakeBotApi]:
    with FakeBotApi.started() as api:
        settings.TELEGRAM_API_URL = api.url
        with polling(source):
            yield api


def said(number: int, text: str, **also: Any) -> Json:
    """An update with a message sent just now; a first word with a slash is marked as a command."""
    entities = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}] if text.startswith("/") else []
    message = group_message(number, text, **{"date": int(time.time()), "entities": entities, **also})
    return {"update_id": 100 + number, "message": message}


def private(person: int, code: str = "en") -> Json:
    """A chat with the bot alone."""
    user = {"id": person, "is_bot": False, "first_name": "Zed", "language_code": code}
    return {"chat": {"id": person, "type": "private", "first_name": "Zed"}, "from": user}


def answers(api: FakeBotApi, expected: int) -> list[str]:
    """The texts that the bot sent, when there are as many as expected."""
    wait_for(lambda: len(api.sent) >= expected, timeout=30)
    assert len(api.sent) == expected
    return [message["text"] for message in api.sent]


def all_handled(updates: int) -> None:
    """The bot has worked off this many deliveries, and asked Telegram for more after them."""
    wait_for(lambda: Delivery.objects.exclude(status="received").count() == updates, timeout=30)


def test_start_and_help(api: FakeBotApi) -> None:
    api.deliver(said(1, "/start"), said(2, "/help"))
    start, help_ = answers(api, 2)
    assert "Task Tracker" in start
    assert "/status" in help_
    assert {message["chat"]["id"] for message in api.sent} == {GROUP}


def test_status_counts_today_s_messages(api: FakeBotApi, source: Source) -> None:
    elsewhere = {"chat": {"id": -100777, "type": "supergroup", "title": "Ops"}}
    api.deliver(said(1, "one"), said(2, "two"), said(3, "three", **elsewhere), said(4, "/status"))
    (status,) = answers(api, 1)
    assert status.splitlines() == [
        f"Workspace: {source.workspace.name}",
        "Source: Telegram",
        "Messages today: 3 here, 4 in all",
        "Waiting for a decision: 0",
    ]


def test_a_ukrainian_is_answered_in_ukrainian(api: FakeBotApi) -> None:
    user = {"id": 12, "is_bot": False, "first_name": "Bob", "language_code": "uk"}
    api.deliver(said(1, "/status", **{"from": user}))
    assert "Чекають на рішення: 0" in answers(api, 1)[0]


def test_a_stranger_in_private_gets_no_figures(api: FakeBotApi) -> None:
    api.deliver(said(1, "/status", **private(99)))
    (answer,) = answers(api, 1)
    assert "belongs to no workspace" in answer


def test_a_member_of_a_group_gets_figures_in_private(api: FakeBotApi) -> None:
    api.deliver(said(1, "I write in the group", **{"from": private(99)["from"]}), said(2, "/status", **private(99)))
    assert "Messages today: 1 here, 2 in all" in answers(api, 1)[0]


def test_a_chat_of_no_workspace_is_told_so(api: FakeBotApi, stranger: Person) -> None:
    api.deliver(said(1, "/start"), said(2, "/status"))
    start, status = answers(api, 2)
    assert "belongs to no workspace" in start
    assert "belongs to no workspace" in status
    assert not Message.objects.exists()


def test_commands_for_others_and_old_ones_are_stored_but_not_answered(api: FakeBotApi) -> None:
    api.deliver(
        said(1, "/status@another_bot"),
        said(2, "/status", date=int(time.time()) - 3600),
        said(3, "what /status says is wrong"),
        said(4, f"/help@{BOT['username']}"),
    )
    assert "/status" in answers(api, 1)[0]
    all_handled(4)
    assert Message.objects.filter(is_own=False).count() == 4
    assert set(Message.objects.filter(text__startswith="/").values_list("verdict", flat=True)) == {"noise"}


@pytest.mark.long
def test_a_chat_that_asks_without_end_is_not_answered_without_end(api: FakeBotApi) -> None:
    api.deliver(*(said(number, "/help") for number in range(1, 31)))
    all_handled(30)
    assert len(answers(api, 5)) == 5


def test_answers_are_kept_as_the_bot_s_own_posts(api: FakeBotApi) -> None:
    api.deliver(said(1, "/help"))
    (answer,) = answers(api, 1)
    wait_for(Message.objects.filter(is_own=True).exists)
    own = Message.objects.filter(is_own=True).values_list("text", "verdict_reason", "author__is_bot")
    assert list(own) == [(answer, "own_post", True)]


def test_an_answer_that_telegram_refuses_loses_no_message(api: FakeBotApi) -> None:
    api.fail("sendMessage", Fault(403, "Forbidden: bot was kicked from the supergroup chat"))
    api.deliver(said(1, "/help"), said(2, "still stored"))
    all_handled(2)
    assert Message.objects.filter(is_own=False).count() == 2


def test_an_update_that_aiogram_cannot_parse_is_stored_and_holds_up_nobody(api: FakeBotApi) -> None:
    odd = said(1, "the export fails again")
    odd["message"]["forward_origin"] = {"type": "from_the_future", "sender_user_name": "Ann"}
    api.deliver(odd, said(2, "/help"))
    answers(api, 1)
    all_handled(2)
    assert Message.objects.get(external_id="1").forwarded_from == "Ann"


def test_the_menu_is_set_in_both_languages(api: FakeBotApi) -> None:
    wait_for(lambda: sum(call.method == "setMyCommands" for call in api.calls) == 2, timeout=30)
    menus = [call.params for call in api.calls if call.method == "setMyCommands"]
    assert ["who I am" in menu["commands"] for menu in menus] == [True, False]
    assert [menu.get("language_code") for menu in menus] == [None, "uk"]


def test_the_signature_of_the_tests_is_the_one_that_aiogram_checks() -> None:
    """What opens the Mini App in the other tests is what Telegram would send."""
    from aiogram.utils.web_app import check_webapp_signature  # seconds, which whoever only collects need not wait

    assert check_webapp_signature(TOKEN, init_data())
    assert not check_webapp_signature("1:another", init_data())
