"""A cap holds for all calls that are under way together: the day's for those of every run."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from analysis import budgets
from analysis.models import AnalysisRun, SpendingCap
from analysis.results import Stop
from analysis.tests import factories
from tasktracker.core.enums import Purpose
from tasktracker.core.llm.types import Prompt

pytestmark = pytest.mark.django_db(transaction=True)
RUNS = 4


def all_call_at_once(runs: list[AnalysisRun], *, within: float) -> bool:
    """Whether a call for each of them may be under way together, once they had so many seconds to begin."""
    together = threading.Barrier(len(runs), timeout=within)
    prompt = Prompt(name="p", version="1", purpose=Purpose.CLASSIFY, system="s", user="u")

    def call(run: AnalysisRun) -> bool:
        try:
            with budgets.kept(AnalysisRun.objects.select_related("provider", "workspace").get(pk=run.pk), prompt):
                together.wait()
        except (threading.BrokenBarrierError, Stop):
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(len(runs)) as threads:
        return any(threads.map(call, runs))


@pytest.mark.parametrize(("calls", "go"), [(RUNS - 1, False), (100, True)])
def test_runs_side_by_side_do_not_go_over_the_day_s_cap_together(calls: int, go: bool) -> None:
    workspace = factories.make_workspace()
    provider = factories.make_provider(workspace, base_url="https://example.com/v1", concurrency=1)
    SpendingCap.objects.create(workspace=workspace, calls=calls)
    now = timezone.now()
    runs = [factories.make_run(workspace, provider=provider, status="running", planned_at=now) for _ in range(RUNS)]
    assert all_call_at_once(runs, within=30 if go else 1) is go


@pytest.mark.parametrize(("calls", "go"), [(RUNS - 1, False), (100, True)])
def test_what_looks_at_messages_before_a_run_does_not_go_over_its_cap_together(calls: int, go: bool) -> None:
    run = factories.make_run(factories.make_workspace(), status="running", caps={"calls": calls})
    assert all_call_at_once([run] * RUNS, within=30 if go else 1) is go
