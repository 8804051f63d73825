"""The board of tasks: columns by status, true counts, filters in the URL, moves by plain buttons."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingestion.models import Participant
from knowledge import board
from knowledge.models import Edit, Project, Task
from tasktracker.core.enums import TaskStatus
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, Tag, submit

pytestmark = pytest.mark.django_db
BOARD = "/tasks/?view=board"


def columns(page: Page) -> dict[str, Tag]:
    return {tag.attrs["data-status"]: tag for tag in page.all("section", class_="column")}


def cards(column: Tag) -> list[str]:
    return [tag.attrs["data-task"] for tag in column.inside if "data-task" in tag.attrs]


def count(column: Tag) -> int:
    return next(int(tag.text) for tag in column.inside if tag.attrs.get("class") == "count")


def test_each_status_has_its_tasks_the_urgent_ones_first(rita: Person) -> None:
    made = {
        name: Task.objects.create(workspace=rita.workspace, title=name, status=status, priority=priority)
        for name, status, priority in (
            ("small", "open", "low"), ("burning", "open", "critical"), ("plain", "open", "medium"),
            ("past", "done", "low"),
        )
    }  # fmt: skip
    shown = columns(Page.of(rita.browser.get(BOARD)))
    assert list(shown) == ["open", "in_progress", "done", "cancelled"]
    assert cards(shown["open"]) == [str(made[name].pk) for name in ("burning", "plain", "small")]
    assert [count(column) for column in shown.values()] == [3, 0, 1, 0]


def test_counts_are_true_where_not_all_cards_are_shown(rita: Person) -> None:
    Task.objects.bulk_create(
        Task(workspace=rita.workspace, title=f"Task {number}", status="done") for number in range(board.CARDS + 7)
    )
    page = Page.of(rita.browser.get(BOARD))
    done = columns(page)["done"]
    assert (len(cards(done)), count(done)) == (board.CARDS, board.CARDS + 7)
    rest = page.one("a", href="status=done").attrs["href"]
    assert "view=board" not in rest
    assert len(Page.of(rita.browser.get("/tasks/" + rest)).all("li", data_key_id="")) == board.CARDS + 7


def test_a_column_is_counted_so_far_and_no_further(rita: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "COUNTED", 3)
    for number in range(4):
        Task.objects.create(workspace=rita.workspace, title=f"Task {number}")
        if number:
            Task.objects.create(workspace=rita.workspace, title=f"Done {number}", status="done")
    shown = columns(Page.of(rita.browser.get(BOARD)))
    told = [tag.text for column in shown.values() for tag in column.inside if tag.attrs.get("class") == "count"]
    assert told == ["3+", "0", "3", "0"]


def test_the_urgent_ones_are_read_along_their_index(rita: Person) -> None:
    """The order of the query and that of the index are the same expression: else every open task would be sorted."""
    asked = board.shown(Task.objects.filter(workspace=rita.workspace), TaskStatus.OPEN)[: board.CARDS]
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort"):  # whatever the statistics say of a table with few rows
            cursor.execute(f"SET LOCAL enable_{way} = off")
        plan = asked.explain()
    assert "task_board" in plan
    assert "Sort" not in plan


def test_the_people_offered_are_those_who_have_a_task_here(rita: Person) -> None:
    elsewhere = make_person("far", workspace="elsewhere").workspace
    for name, workspace, given in (("Dana", rita.workspace, 3), ("Idle", rita.workspace, 0), ("Far", elsewhere, 1)):
        person = Participant.objects.create(workspace=workspace, platform="api", external_id=name, name=name)
        for _ in range(given):
            Task.objects.create(workspace=workspace, title="One", assignee=person)
    for at in (BOARD, "/tasks/"):
        options = [tag.text for tag in Page.of(rita.browser.get(at)).all("option")]
        assert [name for name in ("Dana", "Idle", "Far") if name in options] == ["Dana"], at
        assert options.count("Dana") == 1, at


def test_filters_stand_in_the_url_and_stay_in_both_views(rita: Person) -> None:
    core = Project.objects.create(workspace=rita.workspace, name="Core")
    dana = Participant.objects.create(workspace=rita.workspace, platform="api", external_id="d", name="Dana")
    wanted = Task.objects.create(workspace=rita.workspace, title="Wanted", project=core, assignee=dana, priority="high")
    Task.objects.create(workspace=rita.workspace, title="Other project", assignee=dana, priority="high")
    Task.objects.create(workspace=rita.workspace, title="Other person", project=core, priority="high")
    Task.objects.create(workspace=rita.workspace, title="Other priority", project=core, assignee=dana)
    page = Page.of(rita.browser.get(f"{BOARD}&project={core.pk}&assignee={dana.pk}&priority=high"))
    shown = columns(page)
    assert [key for column in shown.values() for key in cards(column)] == [str(wanted.pk)]
    assert sum(count(column) for column in shown.values()) == 1
    (as_list,) = [tag for tag in page.all("a", href=f"project={core.pk}") if tag.text == "List"]
    page = Page.of(rita.browser.get("/tasks/" + as_list.attrs["href"]))
    assert len(page.all("li", data_key_id="")) == 1
    assert any("view=board" in tag.attrs["href"] for tag in page.all("a", href=f"assignee={dana.pk}"))


@pytest.mark.long
def test_a_card_moves_by_a_plain_button_and_the_move_has_a_history(rita: Person) -> None:
    task = Task.objects.create(workspace=rita.workspace, title="Fix it", priority="high")
    client, at = rita.browser, f"{BOARD}&priority=high"
    page = Page.of(client.get(at))
    moved = submit(client, page, page.one("form", class_="moves"), at, status="in_progress")
    assert (moved.status_code, moved["Location"]) == (302, "/tasks/?priority=high&view=board")
    task.refresh_from_db()
    assert task.status == "in_progress"
    assert Edit.objects.get().fields == [{"name": "status", "old": "open", "new": "in_progress"}]


@pytest.mark.long
def test_a_move_by_htmx_gives_the_whole_board_back(rita: Person) -> None:
    task = Task.objects.create(workspace=rita.workspace, title="Fix it", priority="high")
    Task.objects.create(workspace=rita.workspace, title="Out of the filter")
    client, at = rita.browser, f"{BOARD}&priority=high"
    page = Page.of(client.get(at))
    token = page.one("input", name="csrfmiddlewaretoken").attrs["value"]
    form = page.one("form", class_="moves")
    data = {"csrfmiddlewaretoken": token, "status": "done"}
    answer = Page.of(client.post(form.attrs["action"], data, headers={"HX-Request": "true"}))
    shown = columns(answer)
    assert cards(shown["done"]) == [str(task.pk)]
    assert sum(count(column) for column in shown.values()) == 1
    assert "“Fix it”: done." in answer.one("div", id="toasts").text


@pytest.mark.long
def test_a_viewer_sees_the_board_and_moves_nothing(rita: Person) -> None:
    task = Task.objects.create(workspace=rita.workspace, title="Fix it")
    client = make_person("vera", role="viewer").browser
    page = Page.of(client.get(BOARD))
    assert not page.all("form", class_="moves")
    assert not page.all("li", draggable="true")
    token = page.one("input", name="csrfmiddlewaretoken").attrs["value"]
    answer = client.post(f"/tasks/{task.pk}/change/?view=board", {"csrfmiddlewaretoken": token, "status": "done"})
    assert answer.status_code == 403


@pytest.mark.long
def test_many_tasks_ask_for_no_more_queries(rita: Person) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert rita.browser.get(BOARD).status_code == 200
        return len(asked)

    project = Project.objects.create(workspace=rita.workspace, name="Core")
    Task.objects.create(workspace=rita.workspace, title="One", project=project)
    few = queries()
    Task.objects.bulk_create(
        Task(workspace=rita.workspace, title=f"Task {n}", status=("open", "done")[n % 2], project=project)
        for n in range(200)
    )
    assert queries() == few
