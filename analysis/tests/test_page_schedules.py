"""`/settings/schedules/…`: plain choices first, the next time in words, mistakes told at their place."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analysis import schedules
from analysis.models import AnalysisRun, Schedule
from analysis.tests.factories import make_chat, make_provider, make_source
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.hostile import PAYLOADS
from tasktracker.tests.pages import Page, submit
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
NEW = "/settings/schedules/new/"


@pytest.fixture
def manager() -> Person:
    return make_person("mona", role="manager")


def save(person: Person, at: str, **values: Any) -> Any:
    client = person.browser
    page = Page.of(client.get(at))
    form = page.one("form", class_="body stack")
    form.attrs.setdefault("action", at)
    return submit(client, page, form, at, **values)


def error_of(answer: Any, field: str) -> str:
    assert answer.status_code == 422
    return Page.of(answer).one("ul", id=f"id_{field}_error").text


def standing(person: Person, at: str) -> str:
    parts = Page.of(person.browser.get(at)).one("dl", id="standing").inside
    return ", ".join(" ".join(tag.text.split()) for tag in parts if tag.name == "dd")


def test_a_manager_adds_one_with_a_plain_choice_and_sees_when_it_is_due(manager: Person) -> None:
    manager.workspace.timezone = "Europe/Kyiv"
    manager.workspace.save()
    answer = save(manager, NEW, name="mornings")
    row = Schedule.objects.get()
    assert answer["Location"] == f"/settings/schedules/{row.pk}/"
    assert (row.workspace, row.cron, row.at_least, row.is_active) == (manager.workspace, "0 7 * * *", None, True)
    told = standing(manager, answer["Location"])
    assert "every morning at 7:00" in told
    assert "at 07:00" in told  # by the clock of Kyiv
    assert ("due today" in told) or ("due tomorrow" in told)
    assert "none yet" in told


CHOICES: list[tuple[dict[str, str], str, int | None, str]] = [
    ({"when": "0 * * * *"}, "0 * * * *", None, "every hour"),
    ({"when": "0 7 * * 1-5", "at_least": "20"}, "0 7 * * 1-5", 20, "weekdays at 7:00, if 20 new messages wait"),
    ({"when": "0 7 * * 1"}, "0 7 * * 1", None, "every Monday at 7:00"),
    ({"when": "enough", "at_least": "50"}, "", 50, "when 50 new messages wait, looked at every minute"),
    ({"when": "other", "cron": " 30 6,18  * * * "}, "30 6,18 * * *", None, "at 30 6,18 * * *"),
    ({"when": "0 7 * * 1", "stage": "tasks"}, "0 7 * * 1", None, "every Monday"),
]


@pytest.mark.long
@pytest.mark.parametrize(("values", "cron", "at_least", "told"), some(CHOICES, 2, 1))
def test_each_choice_is_kept_and_chosen_again(
    manager: Person, values: dict[str, str], cron: str, at_least: int | None, told: str
) -> None:
    at = save(manager, NEW, name="one", **values)["Location"]
    row = Schedule.objects.get()
    assert (row.cron, row.at_least) == (cron, at_least)
    assert told in standing(manager, at)
    save(manager, at)  # as it stands on the page
    row.refresh_from_db()
    assert (row.cron, row.at_least, row.stage) == (cron, at_least, values.get("stage", "knowledge"))


MISTAKES = [
    ({"name": ""}, "name", "required"),
    ({"when": "other"}, "cron", "Write the times"),
    ({"when": "other", "cron": "every tuesday"}, "cron", "no cron expression"),
    ({"when": "other", "cron": "0 0 31 2 *"}, "cron", "no cron expression"),
    ({"cron": "5 5 * * *"}, "cron", "choose “at other times”"),
    ({"when": "enough"}, "at_least", "Say how many"),
    ({"when": "enough", "at_least": "0"}, "at_least", "greater than or equal to 1"),
    ({"when": "enough", "at_least": "5", "stage": "tasks"}, "at_least", "stage knowledge only"),
    ({"when": "sometimes"}, "when", "valid choice"),
]


@pytest.mark.long
@pytest.mark.parametrize(("values", "field", "told"), some(MISTAKES, 5, 2))
def test_a_mistake_is_told_at_its_field_and_nothing_typed_is_lost(
    manager: Person, values: dict[str, str], field: str, told: str
) -> None:
    answer = save(manager, NEW, **{"name": "kept & shown", **values})
    assert told in error_of(answer, field)
    page = Page.of(answer)
    assert page.one("input", name="name").attrs.get("value", "") == values.get("name", "kept & shown")
    assert page.one("input", name="cron").attrs.get("value", "") == values.get("cron", "")
    assert page.one("input", name="at_least").attrs.get("value", "") == values.get("at_least", "")
    assert not Schedule.objects.exists()


def test_a_name_is_taken_once(manager: Person) -> None:
    save(manager, NEW, name="mornings")
    assert "already" in error_of(save(manager, NEW, name="mornings"), "name")


@pytest.mark.long
def test_another_workspace_s_source_and_provider_are_not_to_be_had(manager: Person) -> None:
    stranger = make_person("stan", workspace="elsewhere", role="admin")
    source, provider = make_source(stranger.workspace), make_provider(stranger.workspace, name="theirs")
    page = Page.of(manager.browser.get(NEW))
    offered = [one for one in page.tags if one.name == "option"]
    assert not [one for one in offered if one.text in (source.name, provider.name)]
    for field, row in (("source", source), ("provider", provider)):
        assert "valid choice" in error_of(save(manager, NEW, name="x", **{field: row.pk}), field)
    assert not Schedule.objects.exists()


@pytest.mark.long
def test_the_last_run_and_the_last_error_are_told(manager: Person) -> None:
    make_chat(manager.workspace, 1)
    at = save(manager, NEW, name="mornings")["Location"]
    for _ in range(2):  # the second one finds the first one's run under way
        Schedule.objects.update(next_at=timezone.now())
        schedules.start_due()
    run = AnalysisRun.objects.get()
    page = Page.of(manager.browser.get(at))
    assert page.one("dl", id="standing").text.count(f"#{run.pk}") == 1
    assert page.all("a", href=f"/runs/{run.pk}/")
    Schedule.objects.update(last_error="There is no provider here.")
    assert "There is no provider here." in Page.of(manager.browser.get(at)).text
    listed = Page.of(manager.browser.get("/settings/")).one("section", id="schedules").text
    assert "could not start" in listed
    assert f"#{run.pk}" in listed


@pytest.mark.long
def test_it_is_switched_off_and_deleted(manager: Person) -> None:
    at = save(manager, NEW, name="mornings")["Location"]
    client = manager.browser
    page = Page.of(client.get(at))
    form = page.one("form", class_="body stack")
    form.attrs["action"] = at
    form.inside = [tag for tag in form.inside if tag.attrs.get("name") != "is_active"]
    submit(client, page, form, at)
    row = Schedule.objects.get()
    assert (row.is_active, row.next_at) == (False, None)
    assert "switched off" in standing(manager, at)
    submit(client, page, page.one("form", action="/delete/"), at)
    assert not Schedule.objects.exists()


@pytest.mark.long
def test_the_settings_list_them_and_an_empty_list_says_the_next_step(manager: Person) -> None:
    empty = Page.of(manager.browser.get("/settings/")).one("section", id="schedules")
    assert "Runs start only by hand. Add a schedule" in " ".join(empty.text.split())
    save(manager, NEW, name="mornings")
    filled = Page.of(manager.browser.get("/settings/")).one("section", id="schedules")
    assert "every morning at 7:00" in filled.text
    assert "by hand" not in filled.text


@pytest.mark.long
def test_reviewers_see_and_strangers_do_not(manager: Person) -> None:
    row = Schedule.objects.create(workspace=manager.workspace, name="mornings", cron="0 7 * * *")
    at = f"/settings/schedules/{row.pk}/"
    client = make_person("rita", role="reviewer").browser
    page = Page.of(client.get(at))
    assert not page.all("input", name="cron")
    assert "every morning at 7:00" in page.text
    assert not Page.of(client.get("/settings/")).all("a", href=NEW)
    csrf = page.one("input", name="csrfmiddlewaretoken").attrs["value"]
    for address in (at, f"{at}delete/", NEW):
        assert client.post(address, {"csrfmiddlewaretoken": csrf}).status_code == 403
    stranger = make_person("stan", workspace="elsewhere", role="admin").browser
    csrf = Page.of(stranger.get("/settings/")).one("input", name="csrfmiddlewaretoken").attrs["value"]
    assert stranger.get(at).status_code == 404
    for address in (at, f"{at}delete/"):
        assert stranger.post(address, {"csrfmiddlewaretoken": csrf}).status_code == 404
    assert Schedule.objects.filter(pk=row.pk, name="mornings").exists()


def test_nothing_is_changed_without_a_csrf_token(manager: Person) -> None:
    row = Schedule.objects.create(workspace=manager.workspace, name="mornings", cron="0 7 * * *")
    strict = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
    strict.force_login(manager.user)
    for address in (NEW, f"/settings/schedules/{row.pk}/", f"/settings/schedules/{row.pk}/delete/"):
        assert strict.post(address, {"name": "x", "stage": "knowledge", "when": "0 * * * *"}).status_code == 403
    assert list(Schedule.objects.values_list("name", flat=True)) == ["mornings"]


@pytest.mark.long
@pytest.mark.parametrize("payload", some(PAYLOADS[:12], 12))
def test_names_are_text(manager: Person, payload: str) -> None:
    source = make_source(manager.workspace)
    type(source).objects.filter(pk=source.pk).update(name=payload[:60])
    row = Schedule.objects.create(
        workspace=manager.workspace, name=payload[:120], cron=payload[:100], source=source, next_at=timezone.now(),
        last_error=payload[:300],
    )  # fmt: skip
    plain = Schedule.objects.create(workspace=manager.workspace, name="plain", cron="0 7 * * *")
    for person in (manager, make_person("rita", role="reviewer")):
        client = person.browser
        for name in ("schedules/{}/", ""):
            shown = Page.of(client.get(f"/settings/{name.format(row.pk)}"))
            usual = Page.of(client.get(f"/settings/{name.format(plain.pk)}")) if name else shown
            kinds = {tag.name for tag in shown.tags}
            assert kinds - {tag.name for tag in usual.tags} <= {"div", "svg", "use", "span"}
            assert not kinds & {"img", "iframe", "style", "object", "embed"}
            assert all(not key.startswith("on") for tag in shown.tags for key in tag.attrs)
            assert payload[:30] in shown.text


@pytest.mark.long
def test_a_provider_that_was_switched_off_stays_chosen_and_is_not_offered_anew(manager: Person) -> None:
    provider = make_provider(manager.workspace, name="cloud")
    at = save(manager, NEW, name="mornings", provider=provider.pk)["Location"]
    type(provider).objects.filter(pk=provider.pk).update(is_active=False)
    assert save(manager, at, name="renamed").status_code == 302
    row = Schedule.objects.get()
    assert (row.name, row.provider) == ("renamed", provider)
    assert "valid choice" in error_of(save(manager, NEW, name="x", provider=provider.pk), "provider")
