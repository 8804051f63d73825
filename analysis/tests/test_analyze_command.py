"""`manage.py analyze` where it can't do its work: one clear line, exit 1."""

import pytest
from django.core.management import CommandError, call_command

from analysis import services
from analysis.models import AnalysisRun
from analysis.tests import factories
from tasktracker.core.services import beat
from tasktracker.management.commands import analyze

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
