"""The pages of runs: forecast before the start, a cell for each window, what may be done in each state."""

import re

import pytest
from django.utils import timezone

from analysis import transitions
from analysis.grids import LINKS, grid, picture
from analysis.models import AnalysisRun, Window
from analysis.tests.factories import make_chat, make_run
from analysis.views import CALLS, OFFERED
from tasktracker.core.models import LLMCall
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, Tag, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Person:
    return make_person("mona", role="manager")


def lines_of(tag: Tag) -> list[list[str]]:
    """The words of each cell of a table's rows, without its head."""
    rows = [one for one in tag.inside if one.name == "tr" and any(cell.name == "td" for cell in one.inside)]
    return [[" ".join(one.text.split()) for one in row.inside if one.name in ("td", "th")] for row in rows]


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


@pytest.mark.long
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
    run = make_run(manager.workspace, windows=81)
    Window.objects.filter(run=run).update(status="done")
    Window.objects.filter(run=run, ordinal=5).update(status="failed")
    cells, counts = grid(run, most=40)
    assert len(cells) <= 40
    assert counts == {"done": 80, "failed": 1}
    assert sum(cell.count for cell in cells) == 81
    assert [cell.status for cell in cells].count("failed") == 1


def test_a_run_of_many_windows_is_a_map_that_weighs_little_and_has_its_numbers_in_a_table(manager: Person) -> None:
    run = make_run(manager.workspace, windows=LINKS + 60)
    Window.objects.filter(run=run, ordinal__lt=150).update(status="done")
    Window.objects.filter(run=run, ordinal__in=[3, 4, 160]).update(status="failed", error="The answer was cut")
    drawn = picture(run)
    assert drawn.map is not None
    dashes = {
        status: sum((int(part) + 3) // 12 for part in re.findall(r"h(\d+)", line)) for status, line in drawn.map.paths
    }
    assert dashes == {"done": 148, "failed": 3, "waiting": LINKS + 60 - 151}
    page = Page.of(manager.browser.get(f"/runs/{run.pk}/"))
    map_ = page.one("svg", class_="window-map")
    assert map_.attrs["aria-label"] == "300 windows: 149 waiting, 0 thinking, 148 done, 3 failed"
    assert len(map_.inside) <= 8
    assert ["done", "148", "49 %"] in lines_of(page.one("table", class_="states"))
    assert page.one("input", name="window")  # without a pointer, and without a script


@pytest.mark.long
def test_what_failed_is_told_by_its_reason_and_tried_again_with_one_click(manager: Person) -> None:
    run = make_run(manager.workspace, windows=4, status="partial", finished_at=timezone.now())
    Window.objects.filter(run=run).update(status="done")
    Window.objects.filter(run=run, ordinal__in=[1, 2]).update(status="failed", error="No valid answer in 3 attempts.")
    Window.objects.filter(run=run, ordinal=3).update(status="failed", error="The prompt is too long.")
    client = manager.browser
    page = Page.of(client.get(f"/runs/{run.pk}/"))
    assert lines_of(page.one("section", id="failures")) == [
        ["No valid answer in 3 attempts.", "2", "1, 2"],
        ["The prompt is too long.", "1", "3"],
    ]
    submit(client, page, next(tag for tag in page.all("form", action="/resume/") if "Retry 3" in tag.text), "/runs/")
    run.refresh_from_db()
    assert run.status == "running"
    assert list(Window.objects.filter(run=run, status="waiting").values_list("ordinal", flat=True)) == [1, 2, 3]
    reviewer = make_person("rita", role="reviewer").browser
    assert not Page.of(reviewer.get(f"/runs/{run.pk}/")).all("form", action="/resume/")


@pytest.mark.long
def test_calls_are_listed_with_what_each_took_and_cost_and_come_alone(manager: Person) -> None:
    run = make_run(manager.workspace, windows=1)
    for number in range(CALLS + 5):
        LLMCall.objects.create(
            workspace=manager.workspace, subject=f"run:{run.pk}", purpose="extract_knowledge", provider="cloud",
            provider_kind="openai", model="small", prompt_name="extract_knowledge", prompt_version="1", tokens_in=1_200,
            tokens_out=number, cost="0.0042", duration_ms=1_500, outcome="invalid" if number else "ok",
        )  # fmt: skip
    part = Page.of(manager.browser.get(f"/runs/{run.pk}/", headers={"HX-Request": "true", "HX-Target": "run-calls"}))
    assert not part.all("html")
    assert f"the last {CALLS} of {CALLS + 5}" in part.text
    row = lines_of(part.one("table"))[0]
    assert row[:3] == ["extract knowledge", "cloud · small", "extract_knowledge 1"]
    assert row[3:8] == ["1.2k", str(CALLS + 4), "1.5 s", "$0.0042", "no valid answer"]


@pytest.mark.long
def test_a_window_opens_beside_the_grid(manager: Person) -> None:
    run = make_run(manager.workspace, windows=2)
    client = manager.browser
    headers = {"HX-Request": "true", "HX-Target": "window"}
    page = Page.of(client.get(f"/runs/{run.pk}/?window=1", headers=headers))
    assert page.one("div", id="window")
    assert not page.all("html")
    for wrong in ("99", "x", ""):
        assert client.get(f"/runs/{run.pk}/?window={wrong}", headers=headers).status_code in (404, 422)


@pytest.mark.long
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


@pytest.mark.long
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
