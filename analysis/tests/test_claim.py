"""Claims of windows: one holder at a time, in order, under a lease of the database's clock, fenced at the end."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection

from analysis import services, transitions
from analysis.models import AnalysisRun, Window
from analysis.tests import factories
from analysis.transitions import Claim, End
from tasktracker.core.models import Event
from tasktracker.tests.support import count

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run() -> AnalysisRun:
    made = factories.make_run(factories.make_workspace(), tokens=[10] * 6)
    return services.start_run(run_id=made.pk)


def claim(
    run: AnalysisRun, holder: str = "lane", limit: int = 1, holders: int = 9, tokens: int | None = None
) -> list[Claim]:
    return transitions.claim(run_id=run.pk, holder=holder, limit=limit, holders=holders, tokens=tokens)


def finish(run: AnalysisRun, held: Claim) -> bool:
    return bool(transitions.finish(run_id=run.pk, ends=[End(held, "done")]))


def expire(run: AnalysisRun) -> None:
    """Let every lease of the run be over, as if its holders had gone silent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE analysis_window SET lease_until = now() - interval '1 s' WHERE run_id = %s AND status = 'running'",
            [run.pk],
        )
    transitions.expire_leases()


def statuses(run: AnalysisRun) -> list[str]:
    return list(Window.objects.filter(run=run).order_by("ordinal").values_list("status", flat=True))


def in_threads(number: int, work: Callable[[int], None]) -> None:
    failures: list[BaseException] = []

    def one(place: int) -> None:
        try:
            work(place)
        except BaseException as error:  # noqa: BLE001 (told by the main thread)
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_of_many_lanes_each_window_has_one_holder_and_one_end() -> None:
    made = factories.make_run(factories.make_workspace(), windows=count(60, 600))
    run = services.start_run(run_id=made.pk)
    ended: list[tuple[int, bool]] = []

    def lane(place: int) -> None:
        while pack := claim(run, f"lane-{place}", limit=1 + place % 3):
            ended.extend((each.window_id, finish(run, each)) for each in pack)

    in_threads(8, lane)
    assert statuses(run) == ["done"] * Window.objects.filter(run=run).count()
    assert Counter(window for window, _ in ended) == Counter(window.pk for window in Window.objects.filter(run=run))
    assert all(kept for _, kept in ended)


def test_windows_are_taken_in_order_and_only_while_they_fit(run: AnalysisRun) -> None:
    first = claim(run, limit=4, tokens=25)
    assert [each.tokens for each in first] == [10, 10]
    assert statuses(run) == ["running", "running", "waiting", "waiting", "waiting", "waiting"]
    assert Window.objects.get(pk=first[0].window_id).pack == 2


def test_one_window_that_is_longer_than_the_budget_is_taken_alone(run: AnalysisRun) -> None:
    assert len(claim(run, limit=4, tokens=3)) == 1


def test_no_more_lanes_than_allowed_hold_windows_at_once(run: AnalysisRun) -> None:
    got: list[list[Claim]] = []
    barrier = threading.Barrier(6)

    def lane(place: int) -> None:
        barrier.wait(timeout=20)
        got.append(claim(run, f"lane-{place}", holders=2))

    in_threads(6, lane)
    assert sum(1 for pack in got if pack) == 2


def test_nothing_is_claimed_of_a_run_that_does_not_run() -> None:
    run = factories.make_run(factories.make_workspace(), windows=2)
    assert claim(run) == []
    services.start_run(run_id=run.pk)
    services.pause_run(run_id=run.pk, reason="budget")
    assert claim(run) == []


def test_a_late_result_is_refused_after_the_window_was_claimed_again(run: AnalysisRun) -> None:
    early = claim(run)[0]
    expire(run)
    Window.objects.filter(run=run).update(suspect=False)
    late = claim(run, "another lane")[0]
    assert (late.window_id, late.attempt) == (early.window_id, early.attempt + 1)
    assert not finish(run, early)
    assert Window.objects.get(pk=late.window_id).status == "running"
    assert finish(run, late)
    assert not finish(run, late)


def test_a_late_result_is_refused_even_when_nobody_claimed_it_since(run: AnalysisRun) -> None:
    early = claim(run)[0]
    expire(run)
    assert not finish(run, early)
    assert Window.objects.get(pk=early.window_id).status == "waiting"


def test_a_cancelled_run_takes_no_result(run: AnalysisRun) -> None:
    held = claim(run)[0]
    assert services.cancel_run(run_id=run.pk).status == "cancelled"
    assert not finish(run, held)
    transitions.give_back([held])
    transitions.lose([held], error="ValueError")
    assert statuses(run) == ["waiting"] * 6
    assert transitions.renew(holders=["lane"]) == 0


def test_a_paused_run_keeps_what_was_already_asked(run: AnalysisRun) -> None:
    held = claim(run)[0]
    services.pause_run(run_id=run.pk, reason="budget")
    assert finish(run, held)


def test_a_renewed_lease_does_not_run_out(run: AnalysisRun) -> None:
    held = claim(run, limit=2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE analysis_window SET lease_until = now() - interval '1 s' WHERE status = 'running'")
    assert transitions.renew(holders=["lane"]) == 2
    assert transitions.expire_leases() == []
    assert finish(run, held[0])


def test_a_lost_pack_makes_nobody_guilty_and_its_windows_run_alone_after_the_others(run: AnalysisRun) -> None:
    lost = claim(run, limit=3)
    expire(run)
    rows = Window.objects.filter(pk__in=[each.window_id for each in lost])
    assert set(rows.values_list("status", "suspect", "losses")) == {("waiting", True, 0)}
    others = claim(run, limit=9)
    assert [each.window_id for each in others] == list(
        Window.objects.filter(run=run, ordinal__gte=3).order_by("ordinal").values_list("pk", flat=True)
    )
    assert claim(run, "second", limit=9) == []  # whoever is at work could be what kills the process
    for each in others:
        assert finish(run, each)
    for _ in range(3):
        (alone,) = claim(run, "second", limit=9)
        assert claim(run, "third", limit=9) == []
        assert finish(run, alone)


def test_what_is_lost_alone_too_often_is_poison(run: AnalysisRun) -> None:
    Window.objects.filter(run=run, ordinal__gt=0).update(suspect=True)
    for losses in range(4):  # the first time, others were at work beside it
        window = Window.objects.get(run=run, ordinal=0)
        assert (window.status, window.losses) == ("waiting", max(0, losses - 1))
        assert claim(run)[0].window_id == window.pk
        expire(run)
    window = Window.objects.get(run=run, ordinal=0)
    assert (window.status, window.losses) == ("failed", 3)
    assert "poison" in window.error
    assert statuses(run)[1:] == ["waiting"] * 5


def test_what_waits_for_the_provider_holds_every_lane_back(run: AnalysisRun) -> None:
    held = claim(run, limit=2)
    transitions.give_back(held, wait_seconds=60, error="The provider asks to wait.")
    assert transitions.claim(run_id=run.pk, holder="x", limit=1, holders=9, backs_off=True) == []
    transitions.clear_wait(run_id=run.pk)
    assert len(transitions.claim(run_id=run.pk, holder="x", limit=1, holders=9, backs_off=True)) == 1


def test_two_lanes_that_find_nothing_left_end_the_run_once(run: AnalysisRun) -> None:
    AnalysisRun.objects.filter(pk=run.pk).update(planned_at=run.started_at)
    for held in claim(run, limit=9):
        assert finish(run, held)
    barrier = threading.Barrier(6)

    def settle(_: int) -> None:
        barrier.wait(timeout=20)
        services.settle_run(run_id=run.pk)

    in_threads(6, settle)
    run.refresh_from_db()
    assert run.status == "completed"
    assert Event.objects.filter(type="run.completed", object_id=run.pk).count() == 1
