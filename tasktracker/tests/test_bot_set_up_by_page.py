"""A bot that somebody added on the page: it is polled or it is said that it is not, and it knows what it is called."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from ingestion import bots, source_upkeep, telegram_hook
from ingestion.models import Source
from tasktracker.core.models import Heartbeat
from tasktracker.core.tests.factories import Person
from tasktracker.management.commands import doctor
from tasktracker.tests.fake_bot_api import TOKEN, Fault
from tasktracker.tests.pages import Page
from tasktracker.tests.telegram_talk import GROUP, Talk

pytestmark = pytest.mark.django_db(transaction=True)
HOOK = "https://tracker.example.org/webhook/telegram/x"


def beats(**states: str) -> None:
    Heartbeat.objects.update_or_create(name="bot", defaults={"at": timezone.now(), "detail": {"sources": states}})


def test_a_source_that_nobody_fetches_for_says_so_and_what_to_do(talk: Talk, owner: Person) -> None:
    admin = Client(headers={"host": "localhost"})
    admin.force_login(owner.user)
    address, pk = f"/settings/sources/{talk.bot.pk}/", str(talk.bot.pk)

    def told() -> tuple[str, str]:
        page = Page.of(admin.get(address))
        listed = Page.of(admin.get("/settings/sources/")).text
        note = next((tag.text.strip() for tag in page.all("div", class_="note warn")), "")
        assert note in listed
        return page.one("span", class_="badge").text, note

    state, note = told()
    assert (state, "manage.py run_bot" in note, doctor.check_polled().state) == ("unread", True, "down")
    beats()
    assert told() == ("active", ""), "it was changed a moment ago: the process that polls will look"
    Source.objects.update(updated_at=timezone.now() - timedelta(minutes=2))
    assert "another source has the same bot" in told()[1]
    beats(**{pk: "refused"})
    assert "Telegram refuses" in told()[1]
    assert doctor.check_polled().state == "degraded"
    beats(**{pk: "polling"})
    assert (told(), doctor.check_polled().state) == (("active", ""), "ok")
    Heartbeat.objects.update(at=timezone.now() - timedelta(hours=1))
    assert told()[0] == "unread"
    telegram_hook.set_hook(source=talk.bot, url=HOOK)
    assert told() == ("active", ""), "nobody has to poll it"


@pytest.mark.long
@pytest.mark.parametrize("by", ["webhook", "test"])
def test_a_bot_that_no_poller_introduces_learns_its_name_its_menu_and_its_button(
    talk: Talk, owner: Person, settings: Settings, by: str
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://tracker.example.org"]
    source_upkeep.save_source(source=talk.bot, values={"config": {}}, readers=[], secret=TOKEN)
    assert talk.say("/help@tracker_test_bot", chat=GROUP) == [], "as little as a command for another bot"
    if by == "webhook":
        telegram_hook.set_hook(source=talk.bot, url=HOOK)
    else:
        assert owner.api.post(f"/api/sources/{talk.bot.pk}/test").json()["detail"] == "Connected as @tracker_test_bot."
    talk.bot.refresh_from_db()
    assert bots.usernames(talk.bot.workspace) == ["tracker_test_bot"]
    assert (talk.bot.config.get("webhook"), talk.bot.config["bot_id"]) == (
        HOOK if by == "webhook" else None,
        "123456789",
    )
    assert talk.say("/help@tracker_test_bot", chat=GROUP)
    assert talk.say("/help@another_bot", chat=GROUP) == []
    menus = {call.get("language_code", ""): json.loads(call["commands"]) for call in talk.calls("setMyCommands")}
    assert {language: menu[0]["command"] for language, menu in menus.items()} == {"": "task", "uk": "task"}
    assert len(talk.calls("setChatMenuButton")) == 1
    source_upkeep.save_source(source=talk.bot, values={}, readers=[], secret="987654321:ANOTHER")
    assert bots.usernames(talk.bot.workspace) == [], "that bot is called something else"


@pytest.mark.long
def test_a_webhook_stands_though_telegram_does_not_say_who_the_bot_is(talk: Talk, caplog: Any) -> None:
    talk.api.fail("getMe", Fault(500, "Internal"))
    telegram_hook.set_hook(source=talk.bot, url=HOOK)
    assert Source.objects.get().config["webhook"] == HOOK
    assert "who the bot is was not told" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.long
def test_doctor_asks_telegram_about_a_bot_whose_updates_are_brought(talk: Talk, settings: Settings) -> None:
    def told(url: str = HOOK, **more: Any) -> dict[str, str]:
        info = {"url": url, "pending_update_count": 0, **more}
        talk.api.fail("getWebhookInfo", Fault(200, body=json.dumps({"ok": True, "result": info}).encode()))
        return {name: check.state for name, check in doctor.check_bots()}

    telegram_hook.set_hook(source=talk.bot, url=HOOK)
    name = f"bot {talk.bot.workspace.slug}/{talk.bot.name}"
    assert told() == {name: "ok"}, "no heartbeat is asked for"
    assert told(url="") == {name: "down"}
    assert told(pending_update_count=3, last_error_message="Connection refused") == {name: "degraded"}
    talk.api.fail("getWebhookInfo", Fault(401, "Unauthorized"))
    assert next(doctor.check_bots())[1].state == "down"
    Source.objects.update(is_active=False)
    settings.TELEGRAM_BOT_TOKEN = ""
    assert [check.state for _, check in doctor.check_bots()] == ["ok"]
