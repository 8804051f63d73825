"""A history sent in by a browser: in pieces, looked into and imported by the worker, the page following by itself."""

import json
from pathlib import Path

import pytest

from ingestion.models import Message, Upload
from ingestion.tests.telegram_files import chat, message
from tasktracker.core.tests.factories import make_person
from tasktracker.tests.browser import Browser
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]
SMALL = "for (const form of document.querySelectorAll('[data-piece]')) form.dataset.piece = 20000"


@pytest.mark.long
def test_a_file_is_sent_looked_into_and_imported_under_the_eyes_of_its_sender(
    live_stack: LiveStack, browser: Browser, tmp_path: Path
) -> None:
    browser.log_in(make_person("owner", role="manager").user, live_stack.url)
    path = tmp_path / "result.json"
    path.write_text(json.dumps(chat(*(message(number, f"words {number} " * 20) for number in range(1, 301)))))
    browser.open("/settings/sources/import/")
    browser.run(SMALL)  # so that there are many pieces
    browser.one("#id_file").send_keys(str(path))
    browser.one("#id_source_name").send_keys("The team's chat")
    browser.click("[data-upload] button.primary")
    wait_for(lambda: "300 messages" in browser.run("return document.getElementById('preview')?.textContent || ''"))
    assert Upload.objects.get().received == path.stat().st_size
    browser.click("#upload form[action$='/start/'] button")
    wait_for(lambda: browser.run("return document.querySelector('#upload .badge')?.textContent") == "done")
    assert Message.objects.filter(source__name="The team's chat").count() == 300
    assert browser.complaints() == []
