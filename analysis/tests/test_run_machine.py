"""A run against a model of it in plain Python: any order of claims, ends, losses, pauses, cancels and resumes."""

from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as chosen
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from analysis import services, transitions
from analysis.models import AnalysisRun, Window
from analysis.tests import factories
from analysis.transitions import Claim, End
from tasktracker.core.errors import Conflict
from tasktracker.core.models import Event
from tasktracker.tests.support import count

WINDOWS = 4
HOLDERS = ("one", "two", "three")
LANES = 2


@dataclass
class Row:
    """What a window should be."""

    status: str = "waiting"
    attempt: int = 0
    losses: int = 0
    suspect: bool = False
    holder: str = ""
    ends: int = 0

    def lose(self) -> None:
        self.losses += self.suspect  # a suspect ran alone
        poison = self.suspect and self.losses >= settings.WINDOW_MAX_LOSSES
        self.suspect = True
        self.status = "failed" if poison else "waiting"


class RunMachine(RuleBasedStateMachine):
    """`held` remembers every claim ever given out, also those that were lost: whoever has one may come back with it."""

    def __init__(self) -> None:
        super().__init__()
        made = factories.make_run(factories.make_workspace(), windows=WINDOWS)
        self.run = services.start_run(run_id=made.pk)
        AnalysisRun.objects.filter(pk=made.pk).update(planned_at=self.run.started_at)
        self.ids = list(Window.objects.filter(run=made).order_by("ordinal").values_list("pk", flat=True))
        self.rows = {pk: Row() for pk in self.ids}
        self.status = "running"
        self.held: list[Claim] = []
        self.completions = 0

    def is_current(self, claim: Claim) -> bool:
        row = self.rows[claim.window_id]
        return row.status == "running" and row.attempt == claim.attempt

    @rule(holder=st.sampled_from(HOLDERS), limit=st.integers(1, 3))
    def claim(self, holder: str, limit: int) -> None:
        given = transitions.claim(run_id=self.run.pk, holder=holder, limit=limit, holders=LANES)
        theirs = [row for row in self.rows.values() if row.status == "running" and row.holder != holder]
        busy = {row.holder for row in theirs}
        waiting = [pk for pk in self.ids if self.rows[pk].status == "waiting"]
        expected = [pk for pk in waiting if not self.rows[pk].suspect][:limit] or ([] if busy else waiting[:1])
        if self.status != "running" or len(busy) >= LANES or any(row.suspect for row in theirs):
            expected = []
        assert [each.window_id for each in given] == expected
        for each in given:
            row = self.rows[each.window_id]
            row.status, row.holder, row.attempt = "running", holder, row.attempt + 1
            assert each.attempt == row.attempt
        self.held += given

    @precondition(lambda self: self.held)
    @rule(data=st.data(), to=st.sampled_from(["done", "failed"]))
    def end(self, data: st.DataObject, to: str) -> None:
        claims = data.draw(st.lists(st.sampled_from(self.held), min_size=1, max_size=3, unique=True))
        kept = transitions.finish(run_id=self.run.pk, ends=[End(each, to) for each in claims])
        expected = {each.window_id for each in claims if self.is_current(each) and self.status in ("running", "paused")}
        assert kept == expected
        for pk in kept:
            self.rows[pk].status = to
            self.rows[pk].ends += 1

    @precondition(lambda self: self.held)
    @rule(data=st.data(), guilty=st.booleans())
    def come_back_without_an_answer(self, data: st.DataObject, guilty: bool) -> None:
        claims = data.draw(st.lists(st.sampled_from(self.held), min_size=1, max_size=3, unique=True))
        current = [self.rows[each.window_id] for each in claims if self.is_current(each)]
        if guilty:
            transitions.lose(claims, error="ValueError")
            for row in current:
                row.lose()
        else:
            transitions.give_back(claims)
            for row in current:
                row.status = "waiting"

    @rule(holder=st.sampled_from(HOLDERS))
    def go_silent(self, holder: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE analysis_window SET lease_until = now() - interval '1 s'
                 WHERE run_id = %s AND status = 'running' AND claimed_by = %s
                """,
                [self.run.pk, holder],
            )
        transitions.expire_leases()
        for row in self.rows.values():
            if row.status == "running" and row.holder == holder:
                row.lose()

    @rule()
    def pause(self) -> None:
        services.pause_run(run_id=self.run.pk, reason="provider")
        self.status = "paused" if self.status == "running" else self.status

    @rule()
    def cancel(self) -> None:
        if self.status in ("completed", "partial", "failed"):
            with pytest.raises(Conflict):
                services.cancel_run(run_id=self.run.pk)
            return
        services.cancel_run(run_id=self.run.pk)
        if self.status != "cancelled":
            for row in self.rows.values():
                if row.status == "running":
                    row.status, row.attempt = "waiting", row.attempt + 1
        self.status = "cancelled"

    @rule()
    def settle(self) -> None:
        services.settle_run(run_id=self.run.pk)
        ends = [row.status for row in self.rows.values()]
        if self.status == "running" and not {"waiting", "running"} & set(ends):
            self.status = "completed" if "failed" not in ends else "partial" if "done" in ends else "failed"
            self.completions += self.status != "failed"

    @rule()
    def resume(self) -> None:
        if self.status in ("completed", "cancelled", "running"):
            with pytest.raises(Conflict):
                services.resume_run(run_id=self.run.pk)
            return
        services.resume_run(run_id=self.run.pk)
        if self.status in ("partial", "failed"):
            for row in self.rows.values():
                if row.status == "failed":
                    row.status, row.losses, row.ends = "waiting", 0, 0
        self.status = "running"

    @invariant()
    def the_rows_are_as_the_model_says(self) -> None:
        found = Window.objects.filter(run=self.run).order_by("ordinal")
        assert list(found.values_list("status", "attempt", "losses", "suspect")) == [
            (row.status, row.attempt, row.losses, row.suspect) for row in (self.rows[pk] for pk in self.ids)
        ]
        run = AnalysisRun.objects.get(pk=self.run.pk)
        assert run.status == self.status
        assert (run.finished_at is not None) == (self.status not in AnalysisRun.LIVE)
        assert Event.objects.filter(type="run.completed", object_id=run.pk).count() == self.completions

    @invariant()
    def a_window_ends_at_most_once(self) -> None:
        assert all(row.ends <= 1 for row in self.rows.values())


@pytest.mark.django_db
def test_no_order_of_events_breaks_a_run() -> None:
    run_state_machine_as_test(
        RunMachine,
        settings=chosen(
            max_examples=count(4, 500),
            stateful_step_count=count(25, 60),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
