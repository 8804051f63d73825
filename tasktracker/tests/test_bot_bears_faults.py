"""Whatever Telegram or the network answer, the bot goes on, and nothing is lost by it."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError

from ingestion import bots, inbox
from ingestion.models import Delivery, Message, Source
from tasktracker.core.tests.factories import Person
from tasktracker.tests.fake_bot_api import TOKEN, FakeBotApi, Fault, group_message
from tasktracker.tests.polling import polling
from tasktracker.tests.support import some, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = {
    "conflict": Fault(409, "Conflict: can't use getUpdates method while webhook is active"),
    "flood": Fault(429, "Too Many Requests: retry after 2", {"retry_after": 2}),
    "server error": Fault(500, "Internal Server Error"),
    "page of a proxy": Fault(502, body=b"<html>Bad Gateway</html>"),
    "cut connection": Fault(0),
    "not what was asked for": Fault(200, body=b'{"ok": true, "result": {"a": 1}}'),
    "token refused": Fault(401, "Unauthorized"),
}


@pytest.fixture
def source(owner: Person) -> Source:
    return bots.seed_source(token=TOKEN)


@pytest.fixture
def api(settings: Any) -> Iterator[FakeBotApi]:
    with FakeBotApi.started() as api:
        settings.TELEGRAM_API_URL = api.url
        yield api


@pytest.mark.parametrize("name", some([*FAULTS], 3))
def test_a_fault_of_get_updates(name: str, api: FakeBotApi, source: Source, caplog: pytest.LogCaptureFixture) -> None:
    api.fail("getUpdates", FAULTS[name])
    api.deliver({"update_id": 1, "message": group_message(1, "the export fails")})
    with polling(source):
        wait_for(lambda: not api.unconfirmed and Message.objects.count() == 1, timeout=30)
    assert api.faults_left == 0
    assert TOKEN not in caplog.text
    assert "the export fails" not in caplog.text


@pytest.mark.long
def test_telegram_says_how_long_to_wait_and_is_obeyed(api: FakeBotApi, source: Source) -> None:
    with polling(source) as poller:
        wait_for(lambda: poller.state == "polling" or len(api.calls) > 3, timeout=30)
        api.fail("getUpdates", FAULTS["flood"])
        wait_for(lambda: poller.state == "told to wait", timeout=30)
        asked, began = len(api.calls), time.monotonic()
        wait_for(lambda: len(api.calls) > asked, timeout=30)
        assert time.monotonic() - began > 1.5


@pytest.mark.long
def test_faults_before_the_first_poll(api: FakeBotApi, source: Source) -> None:
    api.fail("getMe", Fault(500, "Internal Server Error"), Fault(0))
    api.fail("setMyCommands", Fault(429, "Too Many Requests: retry after 1", {"retry_after": 1}))
    api.deliver({"update_id": 1, "message": group_message(1, "hello")})
    with polling(source):
        wait_for(lambda: Message.objects.count() == 1, timeout=30)


def test_no_pending_update_is_dropped_and_the_kinds_are_named(api: FakeBotApi, source: Source) -> None:
    api.deliver({"update_id": 1, "message": group_message(1, "hello")})
    with polling(source):
        wait_for(lambda: Delivery.objects.count() == 1, timeout=30)
    methods = {call.method for call in api.calls}
    assert methods == {"getMe", "setMyCommands", "getUpdates"}
    first = next(call for call in api.calls if call.method == "getUpdates")
    assert "offset" not in first.params
    for kind in ("message", "edited_message", "channel_post", "edited_channel_post"):
        assert f'"{kind}"' in first.params["allowed_updates"]


def test_the_offset_moves_on_only_after_the_commit(
    api: FakeBotApi, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Storing fails once: Telegram is asked for the same updates again."""
    store, failures = inbox.store, iter([OperationalError("server closed the connection")])

    def failing(**arguments: Any) -> None:
        if error := next(failures, None):
            raise error
        store(**arguments)

    monkeypatch.setattr(inbox, "store", failing)
    api.deliver(*({"update_id": n, "message": group_message(n, f"text {n}")} for n in range(1, 6)))
    with polling(source):
        wait_for(lambda: not api.unconfirmed, timeout=30)
    offsets = [call.params.get("offset") for call in api.calls if call.method == "getUpdates"]
    assert offsets[:3] == [None, None, "6"]
    assert Delivery.objects.count() == 5
