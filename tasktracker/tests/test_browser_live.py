"""Pages of knowledge follow what others do: at once where nobody reads, behind a button where somebody does."""

from collections.abc import Callable

import pytest
from selenium.webdriver.common.action_chains import ActionChains

from knowledge import services
from knowledge.models import Edit, Task, Topic
from tasktracker.core.tests.factories import Person
from tasktracker.tests.browser import Browser
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]


@pytest.fixture
def at(rita: Person, web: LiveStack, browser: Browser) -> Callable[[str], Browser]:
    """`at(path)` is rita there, connected, the pointer on the bar."""

    def go(path: str) -> Browser:
        browser.log_in(rita.user, web.url, at=path)
        wait_for(browser.is_live)
        point(browser, ".brand")
        browser.run("window.same = true")
        return browser

    return go


def point(browser: Browser, css: str) -> None:
    """Move the pointer there."""
    ActionChains(browser.driver).move_to_element(browser.one(css)).perform()


def column_of(browser: Browser, task: Task) -> str:
    find = f"return document.querySelector('#card-{task.pk}')?.closest('.column').dataset.status || ''"
    return str(browser.run(find))


@pytest.mark.long
def test_a_topic_that_nobody_points_at_changes_before_ones_eyes(
    rita: Person, omar: Person, at: Callable[[str], Browser]
) -> None:
    topic = Topic.objects.create(workspace=rita.workspace, name="Billing")
    page = at(f"/topics/{topic.pk}/")
    services.change_topic(topic_id=topic.pk, by=omar.user, values={"description": "Everything about VAT"})
    wait_for(lambda: "Everything about VAT" in page.text("#topic-page"))
    assert page.run("return window.same"), "the page was not loaded anew"
    assert page.complaints() == []


@pytest.mark.long
def test_under_the_pointer_nothing_moves_until_it_is_asked_for(
    rita: Person, omar: Person, at: Callable[[str], Browser]
) -> None:
    topic = Topic.objects.create(workspace=rita.workspace, name="Billing")
    page = at(f"/topics/{topic.pk}/")
    point(page, "#topic-page h1")
    services.change_topic(topic_id=topic.pk, by=omar.user, values={"description": "Everything about VAT"})
    wait_for(lambda: page.text('[data-held-for="topic-page"]') == "This page has changed")
    assert "Everything about VAT" not in page.text("#topic-page")
    page.click('[data-held-for="topic-page"] button')
    wait_for(lambda: "Everything about VAT" in page.text("#topic-page"))
    assert not page.shown('[data-held-for="topic-page"]')
    assert len(page.all("#topic-page")) == 1
    assert page.complaints() == []


@pytest.mark.long
def test_the_board_follows_and_lets_go_of_a_card_when_the_pointer_leaves(
    rita: Person, omar: Person, at: Callable[[str], Browser]
) -> None:
    mine, other = (Task.objects.create(workspace=rita.workspace, title=title) for title in ("Mine", "Other"))
    page = at("/tasks/?view=board")
    services.change_task(task_id=other.pk, by=omar.user, values={"status": "in_progress"})
    wait_for(lambda: column_of(page, other) == "in_progress")
    point(page, f"#task-{mine.pk}")
    services.change_task(task_id=other.pk, by=omar.user, values={"status": "done"})
    wait_for(lambda: page.text('[data-held-for="board"]') == "The board has changed")
    assert column_of(page, other) == "in_progress"
    point(page, ".brand")
    wait_for(lambda: column_of(page, other) == "done")
    assert not page.shown('[data-held-for="board"]')
    assert len(page.all("#board")) == 1
    assert page.run("return window.same")
    assert page.complaints() == []


@pytest.mark.long
def test_ones_own_change_of_a_task_is_no_news_and_is_undone_by_one_key(
    rita: Person, at: Callable[[str], Browser]
) -> None:
    task = Task.objects.create(workspace=rita.workspace, title="Mend it")
    page = at(f"/tasks/{task.pk}/")
    point(page, "#task-page h1")
    page.run(
        "window.asked = 0; document.body.addEventListener('htmx:beforeSwap', ({detail}) => {"
        " window.asked += detail.requestConfig.triggeringEvent?.type === 'live' && detail.target.id === 'task-page'})"
    )
    page.run(
        "const field = document.getElementById('task-status'); field.value = 'done';"
        " field.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    wait_for(lambda: "edited this by hand" in page.text("#history"))
    wait_for(lambda: page.run("return document.getElementById('stop-status').textContent") == "done")
    wait_for(lambda: page.run("return window.asked") > 0)
    assert not page.shown('[data-held-for="task-page"]'), "what it asked for is what it shows"
    page.run("document.activeElement.blur()")
    page.run(
        "const field = document.getElementById('task-priority'); field.value = 'high';"
        " field.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    wait_for(lambda: Edit.objects.count() == 2)
    offered = f'.toast form[action="/edits/{Edit.objects.latest("pk").pk}/undo/"]'
    wait_for(lambda: page.all(offered))
    page.press("z")
    wait_for(lambda: Task.objects.get().priority == "medium")
    wait_for(lambda: "Taken back" in page.text("#toasts"))
    assert page.complaints() == []
