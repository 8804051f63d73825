"""The day's spending cap on `/settings/`: what was used today beside it, changed by admins."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analysis.models import SpendingCap
from tasktracker.core.models import LLMCall, Workspace
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, Tag, submit
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
AT = "/settings/spending-cap/"


@pytest.fixture
def admin() -> Person:
    return make_person("ada", role="admin")


def spend(workspace: Workspace, **values: Any) -> LLMCall:
    return LLMCall.objects.create(
        workspace=workspace, subject="run:1", purpose="extract_knowledge", provider="cloud", provider_kind="openai",
        model="small", prompt_name="extract_knowledge", prompt_version="1", duration_ms=5, outcome="ok",
        **{"tokens_in": 1_200, "tokens_out": 300, "cost": "0.5", **values},
    )  # fmt: skip


def save(person: Person, **values: Any) -> Any:
    client = person.browser
    page = Page.of(client.get("/settings/"))
    return submit(client, page, page.one("form", action=AT), "/settings/", **values)


def panel(person: Person) -> Tag:
    return Page.of(person.browser.get("/settings/")).one("section", id="spending-cap")


def lines(panel: Tag) -> list[str]:
    bars = next(tag for tag in panel.inside if tag.attrs.get("class") == "bars")
    parts = [[tag.text for tag in one.inside if tag.text and not tag.attrs.get("title")] for one in bars.inside]
    return [" ".join(each) for each in parts if each]


def test_an_admin_sets_it_and_everybody_sees_what_was_used_of_it(admin: Person) -> None:
    spend(admin.workspace)
    assert lines(panel(admin)) == ["Calls 1, no cap", "Tokens 1.5k, no cap", "Cost $0.5000, no cap"]
    assert save(admin, calls="4", tokens="1500", cost="2.5").status_code == 302
    cap = SpendingCap.objects.get()
    assert cap.as_caps() == {"calls": 4, "tokens": 1500, "cost": 2.5}
    viewer = make_person("vera", role="viewer")
    for person in (admin, viewer):
        shown = panel(person)
        assert lines(shown) == ["Calls 1 of 4", "Tokens 1.5k of 1.5k: reached", "Cost $0.5000 of $2.50"]
        assert [tag.attrs["width"] for tag in shown.inside if tag.name == "rect"] == ["25", "100", "20"]
    assert save(admin, calls="", tokens="", cost="").status_code == 302
    assert SpendingCap.objects.get().as_caps() == {}


@pytest.mark.long
def test_only_today_counts_and_only_here(admin: Person) -> None:
    spend(admin.workspace)
    yesterday = spend(admin.workspace)
    LLMCall.objects.filter(pk=yesterday.pk).update(at=timezone.now() - timedelta(days=1, minutes=1))
    spend(make_person("stan", workspace="elsewhere").workspace)
    assert lines(panel(admin))[0] == "Calls 1, no cap"


@pytest.mark.long
def test_a_price_that_is_not_known_is_said(admin: Person) -> None:
    spend(admin.workspace, cost=None)
    save(admin, cost="1")
    shown = panel(admin)
    assert lines(shown)[2] == "Cost unknown of $1.00"
    assert "Cap tokens instead" in shown.text


@pytest.mark.long
@pytest.mark.parametrize(
    ("values", "field", "told"),
    some(
        [
            ({"calls": "-1"}, "calls", "greater than or equal to 0"),
            ({"tokens": "many"}, "tokens", "whole number"),
            ({"cost": "1.23456"}, "cost", "4 decimal places"),
            ({"cost": "NaN"}, "cost", "number"),
            ({"calls": "9" * 30}, "calls", "less than or equal to"),
        ],
        3,
    ),
)
def test_a_mistake_is_told_at_its_field_and_nothing_typed_is_lost(
    admin: Person, values: dict[str, str], field: str, told: str
) -> None:
    SpendingCap.objects.create(workspace=admin.workspace, calls=7)
    answer = save(admin, **{"tokens": "123", **values})
    page = Page.of(answer)
    assert answer.status_code == 422
    assert told in page.one("ul", id=f"id_{field}_error").text
    for name, value in {"tokens": "123", **values}.items():
        assert page.one("input", name=name).attrs["value"] == value
    assert SpendingCap.objects.get().as_caps() == {"calls": 7}


@pytest.mark.long
def test_others_see_it_and_may_not_touch_it(admin: Person) -> None:
    manager = make_person("mona", role="manager")
    client = manager.browser
    page = Page.of(client.get("/settings/"))
    assert not page.all("form", action=AT)
    csrf = page.one("input", name="csrfmiddlewaretoken").attrs["value"]
    assert client.post(AT, {"calls": "1", "csrfmiddlewaretoken": csrf}).status_code == 403
    strict = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
    strict.force_login(admin.user)
    assert strict.post(AT, {"calls": "1"}).status_code == 403
    assert not SpendingCap.objects.exists()
    elsewhere = make_person("stan", workspace="elsewhere", role="admin")
    save(elsewhere, calls="3")
    assert SpendingCap.objects.get().workspace == elsewhere.workspace
