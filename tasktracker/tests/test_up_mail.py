"""`up` starts what polls for bots, reads mailboxes and listens at Discord when somebody names one, and not before."""

import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import DatabaseError

from ingestion import telegram_hook
from ingestion.mail import accounts
from ingestion.models import Source
from tasktracker import stack
from tasktracker.core.services import ensure_workspace
from tasktracker.embedded import Child, Layout
from tasktracker.management.commands import up
from tasktracker.supervisor import Supervisor
from tasktracker.tests.support import wait_for


@pytest.mark.django_db(transaction=True)
def test_mailboxes_and_bots_are_asked_for_now_and_then(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plan = stack.Plan(layout=Layout.of(tmp_path), variables={})
    late = up.Latecomers(plan)
    assert not late()
    workspace = ensure_workspace(slug="default")
    Source.objects.create(workspace=workspace, name="Mail", kind=Source.Kind.EMAIL, config={"host": "imap.x.example"})
    assert not late(), "asked a moment ago"
    monkeypatch.setattr(up, "LATE_LOOK_SECONDS", 0.0)
    late = up.Latecomers(plan)
    assert late()
    assert late.take() == [stack.mail]
    polled = Source(workspace=workspace, name="Bot", kind=Source.Kind.TELEGRAM)
    polled.set_secret("123456:of-the-page")
    for config in ({telegram_hook.WEBHOOK: "https://a.example/"}, {}):
        assert not late(), "it has no token, or Telegram brings its updates"
        polled.config = config
        polled.save()
    assert late()
    assert late.take() == [stack.bot]
    assert stack.bot not in up.Latecomers(replace(plan, bot=True)).waiting, "it runs from the start"
    bot = Source(workspace=workspace, name="Discord", kind=Source.Kind.DISCORD)
    bot.save()
    late()
    assert not late(), "it has no token"
    bot.set_secret("a.bot.token")
    bot.save()
    assert late()
    assert late.take() == [stack.discord]
    assert not late.waiting

    def away() -> bool:
        raise DatabaseError

    monkeypatch.setattr(accounts, "is_any_wanted", away)
    assert not up.Latecomers(plan)()


def test_a_program_that_is_added_later_is_watched_and_ended_with_the_others(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    layout.prepare()
    late = Child(
        name="late",
        argv=[sys.executable, "-c", "import time; time.sleep(600)"],
        log=layout.logs / "late.log",
        pid_file=layout.pid_file("late"),
        cwd=tmp_path,
        env={},
        stop_seconds=5,
    )
    said: list[str] = []
    supervisor = Supervisor((), [], lambda who, text: said.append(f"{who} {text}"))
    supervisor.add(late)
    try:
        assert late.exit_code() is None
        late.signal(signal.SIGKILL)
        wait_for(lambda: late.exit_code() is not None)
        supervisor.watch(until=lambda: bool(said))
        assert "late ended (SIGKILL)" in said[0]
        supervisor.watch(until=lambda: late.exit_code() is None)
        assert said[-1] == "late started again"
    finally:
        supervisor.stop()
    assert late.exit_code() is not None
