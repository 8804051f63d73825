"""What the page of a run says in words: how long it still takes, why it rests, what people decided."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analysis import services
from analysis.days import DAY
from analysis.models import AnalysisRun, Provider, Window
from analysis.tests.factories import make_run
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer() -> Person:
    return make_person("vera", role="viewer")


def page_of(person: Person, run: AnalysisRun) -> Page:
    return Page.of(person.browser.get(f"/runs/{run.pk}/"))


def words(page: Page, tag: str, id_: str) -> str:
    return " ".join(page.one(tag, id=id_).text.split())


def test_the_time_left_is_told_by_the_pace_and_not_before_there_is_one(viewer: Person) -> None:
    run = make_run(viewer.workspace, windows=20, status="running")
    assert not page_of(viewer, run).all("span", id="time-left")
    now = timezone.now()
    for window in Window.objects.filter(run=run, ordinal__lt=10):
        ended = now - timedelta(seconds=24 * window.ordinal)
        Window.objects.filter(pk=window.pk).update(status="done", finished_at=ended)
    assert words(page_of(viewer, run), "span", "time-left") == "about 4 min left"  # ten windows, 24 seconds each
    AnalysisRun.objects.filter(pk=run.pk).update(status="completed", finished_at=now)
    assert not page_of(viewer, run).all("span", id="time-left")


def paused(person: Person, **why: str) -> AnalysisRun:
    run = make_run(person.workspace, windows=2, status="running")
    return services.pause_run(run_id=run.pk, **why)


def test_a_day_s_cap_goes_on_tomorrow(viewer: Person) -> None:
    viewer.workspace.timezone = "Europe/Kyiv"
    viewer.workspace.save()
    run = paused(viewer, reason="budget", note=DAY, error="Today's cap of 1 calls is reached.")
    told = words(page_of(viewer, run), "div", "pause")
    assert told.startswith("Today's cap of 1 calls is reached. It goes on by itself tomorrow, after midnight (Europe/K")


def test_a_run_s_own_cap_waits_for_a_person(viewer: Person) -> None:
    run = paused(viewer, reason="budget", error="The run's cap of 1 calls is reached.")
    told = words(page_of(viewer, run), "div", "pause")
    assert "It waits for you" in told
    assert "by itself" not in told


@pytest.mark.long
def test_a_manager_raises_the_run_s_own_caps_and_goes_on(viewer: Person) -> None:
    run = paused(viewer, reason="budget", error="The run's cap of 1 calls is reached.")
    AnalysisRun.objects.filter(pk=run.pk).update(caps={"calls": 1, "cost": 0.5})
    assert not page_of(viewer, run).all("form", action="/resume/")
    client = make_person("mona", role="manager").browser
    page = Page.of(client.get(f"/runs/{run.pk}/"))
    (form,) = page.all("form", action="/resume/")  # a plain resume would rest again at once
    assert [tag.attrs["value"] for tag in form.inside if tag.attrs.get("type") == "number"] == ["1", "0.5"]
    for wrong in ("-4", "NaN", "many"):
        assert submit(client, page, form, "/", calls=wrong).status_code == 400
    run.refresh_from_db()
    assert run.status == "paused"
    submit(client, page, form, "/", calls="200", cost="")
    run.refresh_from_db()
    assert (run.status, run.caps) == ("running", {"calls": 200})


@pytest.mark.long
def test_a_plain_resume_leaves_the_caps_alone(viewer: Person) -> None:
    run = paused(viewer, reason="provider")
    AnalysisRun.objects.filter(pk=run.pk).update(caps={"calls": 9})
    client = make_person("mona", role="manager").browser
    page = Page.of(client.get(f"/runs/{run.pk}/"))
    submit(client, page, page.one("form", action="/resume/"), "/")
    run.refresh_from_db()
    assert (run.status, run.caps) == ("running", {"calls": 9})


@pytest.mark.long
def test_the_last_pause_counts(viewer: Person) -> None:
    run = paused(viewer, reason="budget", note=DAY)
    services.resume_run(run_id=run.pk)
    services.pause_run(run_id=run.pk, reason="budget")
    assert "It waits for you" in words(page_of(viewer, run), "div", "pause")


@pytest.mark.long
def test_a_provider_is_asked_again_unless_it_is_switched_off(viewer: Person) -> None:
    run = paused(viewer, reason="provider", error="The key was refused.")
    told = words(page_of(viewer, run), "div", "pause")
    assert "The key was refused." in told
    assert "asked again by itself, at the latest 30 minutes after" in told
    Provider.objects.filter(pk=run.provider_id).update(is_active=False)
    assert "switch offline on again" in words(page_of(viewer, run), "div", "pause")


@pytest.mark.long
def test_a_running_run_has_no_pause(viewer: Person) -> None:
    run = make_run(viewer.workspace, windows=1, status="running")
    assert not page_of(viewer, run).all("div", id="pause")


def closed(person: Person, **accuracy: object) -> AnalysisRun:
    return make_run(person.workspace, status="closed", finished_at=timezone.now(), accuracy=accuracy)


def test_a_closed_run_says_what_people_decided(viewer: Person) -> None:
    reasons = {"not_actionable": 2, "noise": 1}
    run = closed(
        viewer, decided=20, approved=15, edited=4, rejected=3, merged=2, open=1, by_reason=reasons, accuracy=0.75
    )
    told = words(page_of(viewer, run), "section", "decided")
    each = ("Accepted75%15 of 20", "As it was11", "Edited first4", "Merged2", "Rejected3", "Left open1")
    assert all(one in told for one in each)
    assert "Rejected because: not actionable 2, noise 1." in told


def test_a_closed_run_that_nobody_decided_says_so(viewer: Person) -> None:
    run = closed(viewer, decided=0, approved=0, edited=0, rejected=0, merged=0, open=3, by_reason={}, accuracy=None)
    assert "Nobody had decided anything of it; 3 proposals stayed open." in words(
        page_of(viewer, run), "section", "decided"
    )


@pytest.mark.long
def test_a_run_that_is_not_closed_or_was_closed_before_has_no_such_part(viewer: Person) -> None:
    for status in ("completed", "closed"):
        run = make_run(viewer.workspace, status=status, finished_at=timezone.now())
        assert not page_of(viewer, run).all("section", id="decided")
