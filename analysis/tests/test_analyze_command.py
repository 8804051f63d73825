"""`manage.py analyze`: what it shows while a run is under way; where it can't work, one clear line and exit 1."""

import io
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from rich.console import Console

from analysis import services
from analysis.models import AnalysisRun, Window
from analysis.tests import factories
from tasktracker.core.services import beat
from tasktracker.management.commands import analyze
from tasktracker.tests.support import wait_for

pytestmark = pytest.mark.django_db


def test_without_a_worker_it_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyze, "WORKER_SECONDS", 0.0)
    factories.make_workspace("default")
    with pytest.raises(CommandError, match=r"No worker is running: start .*manage\.py up"):
        call_command("analyze")
    assert not AnalysisRun.objects.exists()


@pytest.mark.parametrize(
    ("slugs", "options", "told"),
    [
        ((), {}, "no workspace yet"),
        (("one", "two"), {}, "one | two"),
        (("one",), {"workspace": "three"}, "no workspace three"),
        (("one",), {"provider": "gpt"}, "no provider 'gpt' here; there are: offline"),
    ],
)
def test_what_is_not_there_is_named(slugs: tuple[str, ...], options: dict[str, str], told: str) -> None:
    beat(name="worker")
    for slug in slugs:
        factories.make_workspace(slug)
    with pytest.raises(CommandError) as refused:
        call_command("analyze", **options)
    assert told in str(refused.value)


def test_a_run_that_is_under_way_is_named() -> None:
    beat(name="worker")
    workspace = factories.make_workspace("only")
    run = services.start_run(run_id=services.create_run(workspace=workspace, stage="knowledge").pk)
    with pytest.raises(CommandError, match=f"Run {run.pk} is running"):
        call_command("analyze")


@pytest.mark.django_db(transaction=True)
def test_it_shows_how_long_the_run_still_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    beat(name="worker")
    run = factories.make_run(factories.make_workspace("only"), windows=20, status="running")
    for window in Window.objects.filter(run=run, ordinal__lt=10):
        ended = timezone.now() - timedelta(seconds=24 * window.ordinal)
        Window.objects.filter(pk=window.pk).update(status="done", finished_at=ended)
    screen = io.StringIO()
    monkeypatch.setattr(analyze, "Console", lambda stderr: Console(file=screen, force_terminal=True, width=100))

    def end_when_it_was_told() -> None:
        try:
            wait_for(lambda: "about 4 min left" in screen.getvalue())
        finally:
            AnalysisRun.objects.filter(pk=run.pk).update(status="completed", finished_at=timezone.now())
            connection.close()

    ender = threading.Thread(target=end_when_it_was_told)
    ender.start()
    try:
        ended_run = analyze.Command().follow(run)
    finally:
        ender.join()
    assert ended_run.status == "completed"
    assert "about 4 min left" in screen.getvalue()
