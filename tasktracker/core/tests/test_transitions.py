"""The one engine: locked before it is read, quiet for the same person, clear for the next."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analysis.models import AnalysisRun, Provider
from tasktracker.core import transitions
from tasktracker.core.errors import Conflict, NotFound
from tasktracker.core.models import StatusChange
from tasktracker.core.tests.factories import Person

MAP = {"pending": {"running"}, "running": {"paused"}}


@pytest.fixture
def run(owner: Person) -> AnalysisRun:
    provider = Provider.objects.create(workspace=owner.workspace, name="x", kind="offline")
    return AnalysisRun.objects.create(workspace=owner.workspace, stage="knowledge", provider=provider)


def test_a_move_writes_status_companions_and_history(owner: Person, run: AnalysisRun) -> None:
    moved = transitions.move(
        AnalysisRun,
        run.pk,
        to="running",
        allowed=MAP,
        workspace_id=owner.workspace.pk,
        by=owner.user,
        also={"reason": "x"},
        note="because",
    )
    run.refresh_from_db()
    assert (moved.changed, run.status, run.reason) == (True, "running", "x")
    row = StatusChange.objects.get()
    assert (row.from_status, row.to_status, row.by, row.note) == ("pending", "running", owner.user, "because")


def test_the_row_is_locked_before_it_is_read(owner: Person, run: AnalysisRun) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        transitions.move(AnalysisRun, run.pk, to="running", allowed=MAP, workspace_id=owner.workspace.pk)
    selects = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert "FOR UPDATE" in selects[0]


def test_the_same_move_again_is_quiet(owner: Person, run: AnalysisRun) -> None:
    for expected in (True, False):
        moved = transitions.move(AnalysisRun, run.pk, to="running", allowed=MAP, workspace_id=owner.workspace.pk)
        assert moved.changed is expected
    assert StatusChange.objects.count() == 1


def test_a_move_that_the_map_does_not_know_is_refused(owner: Person, run: AnalysisRun) -> None:
    with pytest.raises(Conflict) as caught:
        transitions.move(AnalysisRun, run.pk, to="paused", allowed=MAP, workspace_id=owner.workspace.pk)
    assert (caught.value.error_code, caught.value.extra) == ("wrong_state", {"status": "pending"})
    with pytest.raises(NotFound):
        transitions.move(AnalysisRun, 0, to="paused", allowed=MAP, workspace_id=owner.workspace.pk)
