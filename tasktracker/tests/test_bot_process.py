"""`manage.py run_bot` as a process: one poller, a clean end, a heartbeat."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from ingestion.models import Message, Source
from tasktracker.core.models import Heartbeat
from tasktracker.tests.fake_bot_api import TOKEN, BotProcess, FakeBotApi, group_message

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def api() -> Iterator[FakeBotApi]:
    with FakeBotApi.started() as api:
        yield api


@pytest.mark.long
def test_a_second_bot_idles_until_the_first_is_gone(api: FakeBotApi, tmp_path: Path) -> None:
    first_at, second_at = tmp_path / "first", tmp_path / "second"
    with BotProcess.started(first_at, api.url) as first:
        first.wait_polling()
        source = Source.objects.get()
        assert (source.workspace.slug, source.open_secret()) == ("default", TOKEN)
        with BotProcess.started(second_at, api.url) as second:
            second.wait(lambda: second.said("another process polls"))
            api.deliver({"update_id": 1, "message": group_message(1, "hello")})
            first.wait(lambda: not api.unconfirmed and Message.objects.count() == 1)
            assert not first.said("Conflict"), "both asked Telegram"
            first.wait(lambda: Heartbeat.objects.filter(name="bot", detail__sources__has_key=str(source.pk)).exists())
            assert first.terminate() < 10
            assert first.child.exit_code() == 0
            second.wait_polling()
            api.deliver({"update_id": 2, "message": group_message(2, "and on")})
            second.wait(lambda: not api.unconfirmed and Message.objects.count() == 2)
    for bot in (first, second):
        assert TOKEN not in bot.log.read_text()
        assert "hello" not in bot.log.read_text()


def test_without_a_token_it_says_what_to_do(settings: Settings) -> None:
    settings.TELEGRAM_BOT_TOKEN = ""
    with pytest.raises(CommandError, match="set TELEGRAM_BOT_TOKEN to the token from @BotFather"):
        call_command("run_bot")


@pytest.mark.long
def test_only_two_files_load_aiogram() -> None:
    """Web, worker and beat never pay for it; nor does the bot for the model libraries."""
    code = (
        "import django, sys; django.setup(); import tasktracker.urls, tasktracker.celery, ingestion.tasks;"
        "print('aiogram' in sys.modules); import tasktracker.bot_runner; print('litellm' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project.BASE_DIR, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split() == ["False", "False"], done.stderr
