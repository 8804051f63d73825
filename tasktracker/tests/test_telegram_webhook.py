"""Telegram brings updates: nobody else can, each is stored once before the answer, and the worker does the rest."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client

from ingestion import bots, inbox, source_upkeep, telegram_hook, telegram_webhook
from ingestion.models import Delivery, Message, Source
from knowledge.models import Task
from tasktracker.core.throttling import counters
from tasktracker.tests.fake_bot_api import TOKEN, Json, group_message
from tasktracker.tests.support import LiveStack, count, wait_for
from tasktracker.tests.telegram_talk import GROUP, Talk

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = telegram_hook.HEADER


@pytest.fixture(autouse=True)
def _no_job_on_its_way() -> Iterator[None]:
    yield
    counters().flushdb()


def bring(source: Source, update: Any, secret: str | None = None, **headers: str) -> int:
    """POST an update as Telegram does; the status."""
    given = telegram_hook.secret_token(source) if secret is None else secret
    body = update if isinstance(update, bytes) else json.dumps(update).encode()
    return (
        Client(enforce_csrf_checks=True)
        .post(
            f"/webhook/telegram/{source.uid}", body, content_type="application/json", headers={HEADER: given, **headers}
        )
        .status_code
    )


def numbered(number: int, text: str = "hello") -> Json:
    return {"update_id": number, "message": group_message(number, text)}


@pytest.mark.long
def test_an_update_is_stored_raw_once_and_a_job_is_started(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[Any, ...]] = []
    monkeypatch.setattr(telegram_webhook, "enqueue", lambda *args: started.append(args))
    body = b'{"update_id": 7,  "message": ' + json.dumps(group_message(1, "hello")).encode() + b"}"
    assert [bring(talk.bot, body) for _ in range(3)] == [200] * 3
    assert [(row.external_id, bytes(row.raw)) for row in Delivery.objects.all()] == [("7", body)]
    assert started == [("tasktracker.tasks.work_bot", talk.bot.pk)]
    telegram_webhook.about_to_look(talk.bot.pk)
    bring(talk.bot, numbered(8))
    assert len(started) == 2
    talk.work()
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    "secret",
    ["", "guess", "é".encode().decode("latin-1"), TOKEN, "0" * 64],
    ids=["none", "wrong", "not ASCII", "the token", "as long"],
)
def test_s4_without_the_secret_it_is_401_and_no_row(talk: Talk, secret: str) -> None:
    assert bring(talk.bot, numbered(1), secret) == 401
    assert not Delivery.objects.exists()


def test_s4_the_secret_of_another_source_or_of_none(talk: Talk) -> None:
    other = Source.objects.create(workspace=talk.bot.workspace, name="other", kind="telegram")
    other.set_secret("987654321:OTHER")
    other.save()
    assert bring(talk.bot, numbered(1), telegram_hook.secret_token(other)) == 401
    bare = Source.objects.create(workspace=talk.bot.workspace, name="bare", kind="telegram")
    assert bring(bare, numbered(1), telegram_hook.secret_token(bare)) == 401
    mail = Source.objects.create(workspace=talk.bot.workspace, name="mail", kind="email")
    assert bring(mail, numbered(1), telegram_hook.secret_token(mail)) == 404
    assert Client().get(f"/webhook/telegram/{talk.bot.uid}").status_code == 405
    assert not Delivery.objects.exists()


def test_s3_while_a_token_is_replaced_both_secrets_are_good(talk: Talk) -> None:
    old = telegram_hook.secret_token(talk.bot)
    talk.bot.set_secret("123456789:NEW", keep_previous=timedelta(hours=1))
    talk.bot.save()
    assert (bring(talk.bot, numbered(1), old), bring(talk.bot, numbered(2))) == (200, 200)
    talk.bot.set_secret("123456789:NEWER")
    talk.bot.save()
    assert bring(talk.bot, numbered(3), old) == 401


@pytest.mark.long
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"update_id": "1"}', b'{"update_id": true}', b"[" * 100_000, b"\xff"]
)
def test_what_is_no_update_is_400(talk: Talk, body: bytes) -> None:
    assert bring(talk.bot, body) == 400


def test_too_large_a_body_is_refused(talk: Talk) -> None:
    assert bring(talk.bot, b" " * (telegram_webhook.LARGEST + 1)) == 413


def test_f6_without_the_database_telegram_is_asked_to_come_again(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: Any) -> None:
        raise OperationalError("server closed the connection")

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "store", away)
        assert bring(talk.bot, numbered(1)) == 503
    assert not Delivery.objects.exists()


def test_what_comes_while_the_bot_is_paused_is_stored_and_read_when_it_goes_on(talk: Talk) -> None:
    source_upkeep.set_active(source=talk.bot, is_active=False)
    assert (bring(talk.bot, numbered(1), "guess"), bring(talk.bot, numbered(1))) == (401, 200)
    assert bots.polled_accounts() == []
    talk.work()
    assert (Delivery.objects.get().status, Message.objects.count()) == ("received", 0)
    source_upkeep.set_active(source=talk.bot, is_active=True)
    talk.work()
    assert Message.objects.get().text == "hello"


def test_with_valkey_away_it_is_stored_all_the_same(talk: Talk, valkey_away: None) -> None:
    assert bring(talk.bot, numbered(1)) == 200
    assert Delivery.objects.count() == 1


def test_f9_each_update_thrice_by_many_at_once_is_one_row(talk: Talk) -> None:
    numbers = [number for number in range(count(20, 200)) for _ in range(3)]

    def one(number: int) -> int:
        try:
            return bring(talk.bot, numbered(number))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(one, numbers)) == {200}
    assert Delivery.objects.count() == len(numbers) / 3


class TestRunBot:
    def test_webhook_is_set_with_its_secret_and_kinds_and_no_longer_polled(self, talk: Talk, capsys: Any) -> None:
        call_command("run_bot", webhook="https://tracker.example.org/")
        (call,) = talk.calls("setWebhook")
        assert call["url"] == f"https://tracker.example.org/webhook/telegram/{talk.bot.uid}"
        assert call["secret_token"] == telegram_hook.secret_token(talk.bot)
        assert "drop_pending_updates" not in call
        kinds = json.loads(call["allowed_updates"])
        assert {"message", "edited_message", "callback_query", "message_reaction"} <= set(kinds)
        assert call["url"] in capsys.readouterr().out
        assert bots.polled_accounts() == []
        assert [source.pk for source in telegram_hook.by_webhook()] == [talk.bot.pk]
        telegram_hook.remove_hook(source=talk.bot)
        assert len(talk.calls("deleteWebhook")) == 1
        assert len(bots.polled_accounts()) == 1

    def test_http_is_refused_before_anything_is_asked(self, talk: Talk) -> None:
        with pytest.raises(CommandError, match="https"):
            call_command("run_bot", webhook="http://tracker.example.org")
        assert talk.api.calls == []


@pytest.mark.long
@pytest.mark.live
def test_a_command_that_came_by_the_webhook_is_answered_by_the_worker(talk: Talk, live_stack: LiveStack) -> None:
    """Real web and worker; Telegram is played. Each call is answered at once."""
    live_stack.use(beat=False, variables={"TELEGRAM_API_URL": talk.api.url})
    url = f"{live_stack.url}/webhook/telegram/{talk.bot.uid}"
    headers = {HEADER: telegram_hook.secret_token(talk.bot), "Host": "localhost"}
    spent = []
    with httpx.Client(headers=headers) as client:
        for number in range(1, 41):
            text = "/task The export crashes" if number == 40 else f"message {number}"
            update = {"update_id": number, "message": talk.message(text, chat=GROUP)}
            began = time.perf_counter()
            assert client.post(url, json=update).status_code == 200
            spent.append(time.perf_counter() - began)
    wait_for(lambda: talk.api.sent, timeout=60)
    assert Message.objects.filter(is_own=False).count() == 40
    task = Task.objects.get()
    assert talk.last["text"].startswith(f"Task #{task.pk}: The export crashes")
    wait_for(lambda: Task.objects.get().category == "bug", timeout=30)
    assert sorted(spent)[len(spent) // 2] < 0.05, "the middle one; others share this machine"
