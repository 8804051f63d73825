"""S12: text is text on every page, whatever somebody wrote into a chat, a title, a name or a model's answer."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tasktracker.core.templatetags.ui import highlighted, passage, passages
from tasktracker.core.tests.factories import make_person
from tasktracker.tests.everything import fill
from tasktracker.tests.hostile import PAYLOADS
from tasktracker.tests.pages import Page
from tasktracker.tests.support import LONG, count, some

AT_ONCE = count(8, 1)  # payloads in one field
ROOT = Path(settings.BASE_DIR)
FORBIDDEN = {
    *("img", "image", "iframe", "object", "embed", "base", "video", "audio", "source", "math", "marquee"),
    *("style", "template", "animate", "mglyph", "x"),
}
SAFE_SCHEMES = re.compile(r"^(https://|http://|/|\?|#|$)", re.IGNORECASE)


def dangers(page: Page) -> list[str]:
    """What a browser would run, load or send somewhere on this page, other than what the product put there."""
    found = []
    for tag in page.tags:
        if tag.name in FORBIDDEN:
            found.append(f"<{tag.name}>")
        if tag.name == "script" and not tag.attrs.get("src", "").startswith("/static/"):
            found.append(f"script {tag.attrs}")
        if tag.name == "link" and not tag.attrs.get("href", "").startswith("/static/"):
            found.append(f"link {tag.attrs}")
        if tag.name == "meta" and tag.attrs.get("http-equiv"):
            found.append(f"meta {tag.attrs}")
        for name, value in tag.attrs.items():
            if name.startswith(("on", "hx-on")) or name in {"style", "srcdoc", "formaction"}:
                found.append(f"{tag.name} {name}")
            if name in {"href", "src", "action", "hx-get", "hx-post"} and not SAFE_SCHEMES.match(value):
                found.append(f"{tag.name} {name}={value}")
            if name in {"action", "hx-get", "hx-post"} and value.startswith(("http", "//")):
                found.append(f"{tag.name} {name}={value}")
        if tag.attrs.get("target") == "_blank" and "noopener" not in tag.attrs.get("rel", ""):
            found.append(f"{tag.name} without noopener")
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("number", some(range(0, len(PAYLOADS), AT_ONCE), 6))
def test_every_page_shows_it_as_text(number: int) -> None:
    payload = " ".join(PAYLOADS[number : number + AT_ONCE])
    person = make_person("owner", role="admin")
    made = fill(person, payload)
    client = person.browser
    shown = 0
    for at in some(made.pages, 2, 1):  # the others are asked by test_page_all.py
        response = client.get(at)
        assert response.status_code == 200, at
        page = Page.of(response)
        assert dangers(page) == [], at
        shown += payload[:36] in page.text
    assert shown >= count(4, 12)  # it was there to be escaped


@pytest.mark.long
@pytest.mark.django_db
def test_a_search_for_it_shows_it_as_text() -> None:
    person = make_person("owner", role="admin")
    client = person.browser
    pages = ("/search/", "/messages/", "/review/", "/topics/", "/tasks/")
    for number, payload in enumerate(PAYLOADS):
        for at in pages if LONG else [pages[number % len(pages)]]:
            response = client.get(at, {"q": payload})
            assert response.status_code == 200
            assert dangers(Page.of(response)) == [], (at, payload)


def test_marks_around_words_let_nothing_through() -> None:
    for payload in PAYLOADS:
        marked: list[Any] = [
            passage(payload, 2, len(payload) - 2),
            passages(payload, [(0, 3), (2, 9), (40, 4)]),
            highlighted(f"<mark>{payload}</mark> {payload} <mark>"),
        ]
        for html in marked:
            page = Page(str(html))
            assert {tag.name for tag in page.tags} <= {"mark"}, payload
            assert all(not tag.attrs for tag in page.tags), payload


def test_nothing_is_called_safe_by_hand() -> None:
    words = re.compile(r"mark_safe|SafeString\(|SafeText\(|format_html\(f[\"']")
    in_templates = re.compile(r"\|\s*safe(seq)?\b|autoescape\s+off")
    guilty = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for folder in ("templates", "tasktracker", "ingestion", "knowledge", "analysis", "proposals")
        for path in (ROOT / folder).rglob("*.*")
        if path.suffix in {".html", ".py"} and "tests" not in path.parts
        for match in (words if path.suffix == ".py" else in_templates).finditer(path.read_text())
    ]
    assert guilty == []


def test_templates_hold_no_script_and_no_style_of_their_own() -> None:
    words = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|js:", re.IGNORECASE)
    guilty = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in (ROOT / "templates").rglob("*.html")
        for match in words.finditer(path.read_text())
    ]
    assert guilty == []
