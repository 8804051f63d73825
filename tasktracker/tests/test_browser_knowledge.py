"""Knowledge pages in a real browser: the board by mouse and by keys, noise by one key, the path of a task."""

import pytest
from selenium.webdriver.common.keys import Keys

from ingestion.models import Message
from knowledge.models import Atom, Edit, Task, Topic
from proposals.tests.factories import make_message, make_quote
from tasktracker.core.tests.factories import Person
from tasktracker.tests.browser import Browser
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]
# A drag as a browser tells the page of it; Chromium's own is not driven by WebDriver's mouse.
DRAG = """
const [from, to] = [...arguments].map((css) => document.querySelector(css));
const data = new DataTransfer();
const tell = (el, type) => el.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: data}));
tell(from, "dragstart"); tell(to, "dragover"); tell(to, "drop"); tell(from, "dragend");
"""


def status_of(task: Task) -> str:
    return str(Task.objects.values_list("status", flat=True).get(pk=task.pk))


def column_of(browser: Browser, task: Task) -> str:
    find = f"return document.querySelector('#card-{task.pk}')?.closest('.column').dataset.status || ''"
    return str(browser.run(find))


@pytest.mark.long
def test_a_card_is_dragged_and_stays_where_it_was_dropped(rita: Person, web: LiveStack, browser: Browser) -> None:
    task = Task.objects.create(workspace=rita.workspace, title="Fix it")
    browser.log_in(rita.user, web.url)
    browser.open("/tasks/?view=board")
    wait_for(lambda: browser.run("return document.readyState === 'complete' && !!window.htmx"))
    browser.run(DRAG, f"#card-{task.pk}", '.column[data-status="done"] .cards')
    wait_for(lambda: status_of(task) == "done")
    wait_for(lambda: browser.text("#column-done + .count") == "1")
    assert column_of(browser, task) == "done"
    assert Edit.objects.get().by == rita.user
    assert browser.complaints() == []


@pytest.mark.long
def test_a_card_goes_on_and_back_by_keys_and_keeps_the_focus(rita: Person, web: LiveStack, browser: Browser) -> None:
    task = Task.objects.create(workspace=rita.workspace, title="Fix it")
    browser.log_in(rita.user, web.url)
    browser.open("/tasks/?view=board")
    wait_for(lambda: browser.run("return document.readyState === 'complete' && !!window.htmx"))
    browser.press("j")
    focused = f"return document.activeElement.id === 'task-{task.pk}'"
    for code, key, status in (
        ("BracketRight", "ї", "in_progress"),
        ("BracketRight", "]", "done"),
        ("BracketLeft", "х", "in_progress"),
    ):
        wait_for(lambda: browser.run(focused))
        browser.press_code(code, key)
        wait_for(lambda status=status: status_of(task) == status)
        wait_for(lambda status=status: column_of(browser, task) == status)
    wait_for(lambda: browser.run(focused))
    assert "in progress" in browser.text("#toasts")
    assert browser.complaints() == []


@pytest.mark.long
def test_noise_flips_by_one_key_on_the_row_that_is_selected(rita: Person, web: LiveStack, browser: Browser) -> None:
    older = make_message(rita.workspace, "ok then", verdict="noise", verdict_reason="lexicon")
    newer = make_message(rita.workspace, "the export dies")
    browser.log_in(rita.user, web.url)
    browser.open("/messages/")
    wait_for(lambda: browser.run("return document.readyState === 'complete' && !!window.htmx"))

    def verdict(message: Message) -> str:
        return str(Message.objects.values_list("verdict", flat=True).get(pk=message.pk))

    browser.press("j", "j")
    assert browser.run("return document.activeElement.id") == f"message-{older.pk}"
    browser.press("f")
    wait_for(lambda: verdict(older) == "signal")
    wait_for(lambda: "not analysed yet" in browser.text(f"#message-{older.pk}"))
    browser.press("k", "f")
    wait_for(lambda: verdict(newer) == "noise")
    wait_for(lambda: "noise: person" in browser.text(f"#message-{newer.pk}"))
    browser.press_code("KeyF", "а")
    wait_for(lambda: verdict(newer) == "signal")
    assert verdict(older) == "signal"
    assert browser.complaints() == []


@pytest.mark.long
def test_each_stop_of_the_path_opens_in_place_by_keyboard(rita: Person, web: LiveStack, browser: Browser) -> None:
    message = make_message(rita.workspace, "the export dies with a 500")
    make_message(rita.workspace, "since when?")
    topic = Topic.objects.create(workspace=rita.workspace, name="Exports", description="All about files")
    atom = Atom.objects.create(workspace=rita.workspace, type="problem", title="Export fails", content="On Mondays")
    atom.topics.add(topic)
    atom.quotes.add(make_quote(rita.workspace, message))
    task = Task.objects.create(workspace=rita.workspace, title="Mend it")
    task.atoms.add(atom)
    browser.log_in(rita.user, web.url)
    at = f"/tasks/{task.pk}/"
    browser.open(at)
    assert browser.shown(".stop-body .quote")
    browser.click(".stop-body .quote .by a")
    wait_for(lambda: "since when?" in browser.text(".stop-body .talk"))
    browser.run("document.querySelectorAll('.path summary')[1].focus()")
    browser.press(Keys.ENTER)
    wait_for(lambda: "On Mondays" in browser.text(".path details[open] .stop-body"))
    assert not browser.shown(".stop-body .quote"), "one stop is open at a time"
    browser.run("document.querySelectorAll('.path summary')[2].focus()")
    browser.press(Keys.SPACE)
    wait_for(lambda: "All about files" in browser.text(".path details[open] .stop-body"))
    assert browser.run("return location.pathname") == at
    assert browser.complaints() == []


@pytest.mark.long
def test_the_search_for_a_topic_to_merge_into_follows_what_is_typed(
    rita: Person, web: LiveStack, browser: Browser
) -> None:
    bills = Topic.objects.create(workspace=rita.workspace, name="Bills")
    Topic.objects.create(workspace=rita.workspace, name="Holidays")
    money = Topic.objects.create(workspace=rita.workspace, name="Money", description="invoices and the like")
    browser.log_in(rita.user, web.url)
    browser.open(f"/topics/{bills.pk}/merge/")
    wait_for(lambda: browser.run("return document.readyState === 'complete' && !!window.htmx"))
    browser.one("#search-box").send_keys("invoi")
    wait_for(lambda: "Money" in browser.text("#found"))
    assert "Holidays" not in browser.text("#found")
    browser.click("#found button")
    wait_for(lambda: browser.run("return location.pathname") == f"/topics/{money.pk}/")
    assert "merged into this" in browser.text("#history")
    assert browser.complaints() == []
