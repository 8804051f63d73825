"""The pages of runs: forecast before the start, a cell for each window, what may be done in each state."""

import pytest
from django.utils import timezone

from analysis import transitions
from analysis.models import AnalysisRun, Window
from analysis.tests.factories import make_chat, make_run
from analysis.views import CELLS, OFFERED, grid
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Person:
    return make_person("mona", role="manager")


def test_a_run_is_made_with_its_forecast_and_started_from_its_page(manager: Person) -> None:
    make_chat(manager.workspace, 3)
    client = manager.browser
    page = Page.of(client.get("/runs/"))
    response = submit(client, page, page.one("form", action="/runs/new/"), "/runs/")
    run = AnalysisRun.objects.get()
    assert response["Location"] == f"/runs/{run.pk}/"
    page = Page.of(client.get(response["Location"]))
    assert "Forecast: 3 windows" in page.text
    submit(client, page, page.one("form", action="/start/"), "/runs/")
    run.refresh_from_db()
    assert (run.status, run.created_by) == ("running", manager.user)


def test_a_second_run_over_the_same_messages_is_refused_with_its_number(manager: Person) -> None:
    make_chat(manager.workspace, 1)
    live = make_run(manager.workspace, windows=1)
    transitions.move_run(live, to="running", by=manager.user)
    client = manager.browser
    page = Page.of(client.get("/runs/"))
    response = submit(client, page, page.one("form", action="/runs/new/"), "/runs/")
    assert response.status_code == 409
    assert f"Run {live.pk}" in Page.of(response).text


def test_each_window_is_a_cell_with_its_state_in_words(manager: Person) -> None:
    run = make_run(manager.workspace, windows=3)
    Window.objects.filter(run=run, ordinal=2).update(status="failed", error="The answer was cut")
    page = Page.of(manager.browser.get(f"/runs/{run.pk}/"))
    cells = page.all("a", class_="cell ")
    assert len(cells) == 3
    assert cells[2].attrs["class"] == "cell failed"
    assert "The answer was cut" in cells[2].attrs["title"]


def test_a_long_run_fits_into_one_grid_by_its_worst_windows(manager: Person) -> None:
    run = make_run(manager.workspace, windows=CELLS * 2 + 1)
    Window.objects.filter(run=run).update(status="done")
    Window.objects.filter(run=run, ordinal=5).update(status="failed")
    cells = grid(run)
    assert len(cells) <= CELLS
    assert sum(cell.count for cell in cells) == CELLS * 2 + 1
    assert [cell.status for cell in cells].count("failed") == 1


def test_a_window_opens_beside_the_grid(manager: Person) -> None:
    run = make_run(manager.workspace, windows=2)
    client = manager.browser
    headers = {"HX-Request": "true", "HX-Target": "window"}
    page = Page.of(client.get(f"/runs/{run.pk}/?window=1", headers=headers))
    assert page.one("div", id="window")
    assert not page.all("html")
    for wrong in ("99", "x", ""):
        assert client.get(f"/runs/{run.pk}/?window={wrong}", headers=headers).status_code in (404, 422)


@pytest.mark.parametrize(
    ("status", "offered"),
    [("pending", {"start", "cancel"}), ("running", {"cancel"}), ("closed", set())],
)
def test_only_what_can_be_done_is_offered(manager: Person, status: str, offered: set[str]) -> None:
    ended = timezone.now() if status == "closed" else None
    run = make_run(manager.workspace, windows=1, status=status, finished_at=ended)
    page = Page.of(manager.browser.get(f"/runs/{run.pk}/"))
    forms = {tag.attrs["action"].rstrip("/").rpartition("/")[2] for tag in page.all("form", action=f"/runs/{run.pk}/")}
    assert forms == offered


def test_a_reviewer_sees_a_run_and_may_not_touch_it(manager: Person) -> None:
    reviewer = make_person("rita", role="reviewer")
    run = make_run(manager.workspace, windows=1)
    client = reviewer.browser
    page = Page.of(client.get(f"/runs/{run.pk}/"))
    assert not page.all("form", action="/runs/")
    token = page.one("input", name="csrfmiddlewaretoken").attrs["value"]
    assert client.post(f"/runs/{run.pk}/start/", {"csrfmiddlewaretoken": token}).status_code == 403
    run.refresh_from_db()
    assert run.status == "pending"


def test_no_button_is_offered_that_the_run_s_state_does_not_allow() -> None:
    leads_to = {
        "start": {"running"},
        "resume": {"running", "pending"},
        "cancel": {"cancelled", "cancelling"},
        "close": {"closed"},
    }
    for status, verbs in OFFERED.items():
        for verb in verbs:
            assert leads_to[verb] & set(transitions.RUN[status]), (status, verb)
    assert set(transitions.RUN) - set(OFFERED) == {"cancelling", "closed"}
