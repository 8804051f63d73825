"""A call of the Bot API: its result, or an error that tells nothing of the token."""

import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from ingestion.models import Source
from ingestion.probing import probe_telegram
from ingestion.telegram_api import BotCallFailed, call_bot
from tasktracker.core.tests.factories import Person
from tasktracker.tests.fake_bot_api import BOT, TOKEN, FakeBotApi, Fault


@pytest.fixture
def api(settings: Any) -> Iterator[FakeBotApi]:
    with FakeBotApi.started() as api:
        settings.TELEGRAM_API_URL = api.url
        yield api


def test_a_call_gives_the_result(api: FakeBotApi) -> None:
    assert call_bot(token=TOKEN, method="getMe") == BOT
    assert call_bot(token=TOKEN, method="sendMessage", chat_id="77", text="&<b>")["text"] == "&<b>"
    assert [call.method for call in api.calls] == ["getMe", "sendMessage"]


@pytest.mark.parametrize(
    ("fault", "status", "told"),
    [
        (Fault(0), None, "Telegram could not be reached (RemoteProtocolError)."),
        (Fault(502, body=b"<html>Bad gateway</html>"), None, "Telegram could not be reached (JSONDecodeError)."),
        (Fault(200, body=b'["ok"]'), None, "Telegram could not be reached (no answer of the Bot API)."),
        (Fault(403, "Forbidden: bot was blocked"), 403, "Forbidden: bot was blocked"),
        (Fault(404, f"Not Found: /bot{TOKEN}/getMe"), 404, "Not Found: /bot…/getMe"),
    ],
    ids=["cut", "a page", "a list", "refused", "the address in the answer"],
)
def test_what_fails_is_told_without_the_token(api: FakeBotApi, fault: Fault, status: int | None, told: str) -> None:
    api.fail("getMe", fault)
    with pytest.raises(BotCallFailed) as caught:
        call_bot(token=TOKEN, method="getMe")
    assert (caught.value.http_status, str(caught.value)) == (status, told)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    lines = traceback.format_exception(caught.value)
    assert TOKEN not in "".join(lines)


@pytest.mark.usefixtures("api")
def test_a_source_is_probed_by_its_own_token(owner: Person) -> None:
    source = Source.objects.create(workspace=owner.workspace, name="bot", kind="telegram")
    assert probe_telegram(source).detail.startswith("No bot token yet")
    source.set_secret(TOKEN)
    assert (probe_telegram(source).ok, probe_telegram(source).detail) == (True, "Connected as @tracker_test_bot.")
    source.set_secret("42:another")
    assert (probe_telegram(source).ok, probe_telegram(source).detail) == (
        False,
        "Telegram refused the token: Unauthorized.",
    )
