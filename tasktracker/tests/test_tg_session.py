"""What a session of the Mini App reaches: the desk and one's own tasks, and nothing else of the site."""

import json
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django.fixtures import Settings

from ingestion.bot_intro import offer_app
from ingestion.models import Participant, Source
from knowledge.models import Task
from proposals.models import Proposal
from proposals.tests.factories import make_message, make_proposal, make_quote
from tasktracker.core import sessions
from tasktracker.core.account_models import LoginSession
from tasktracker.core.models import Membership
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.fake_bot_api import Fault
from tasktracker.tests.telegram_app import linked, opened
from tasktracker.tests.telegram_talk import Talk

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(colleague: Person) -> Client:
    """The reviewer `colleague`, in the app."""
    linked(colleague)
    return opened()


def waiting(person: Person, title: str = "Fix the <export>", **more: Any) -> Proposal:
    quote = make_quote(person.workspace, make_message(person.workspace, "it <b>dies</b>"))
    return make_proposal(person.workspace, "task", title, quotes=[quote], **more)


def task_of(person: Person, title: str = "Mine") -> Task:
    me = Participant.objects.get(user=person.user)
    return Task.objects.create(workspace=person.workspace, title=title, assignee=me)


def test_the_shell_may_stand_in_a_frame_of_telegrams_and_no_other_page_may(owner: Person) -> None:
    page = owner.browser.get("/tg/?source=%22%3Cx")
    policy = page["Content-Security-Policy"]
    assert "frame-ancestors https://web.telegram.org" in policy
    assert "script-src 'self';" in policy
    assert "X-Frame-Options" not in page
    body = page.content.decode()
    assert '"<x' not in body
    assert "Open this in Telegram" in body
    assert "/link CODE" in body
    other = owner.browser.get("/")
    assert "frame-ancestors 'none'" in other["Content-Security-Policy"]
    assert other["X-Frame-Options"] == "DENY"


def test_approve_reject_snooze_and_undo_go_through_the_same_services(app: Client, colleague: Person) -> None:
    one, two, three = (waiting(colleague, f"Fix {n}", rank=90 - n, fingerprint=f"f{n}") for n in range(3))
    first = app.get("/tg/review/").content.decode()
    assert "Fix 0" in first
    assert "it &lt;b&gt;dies&lt;/b&gt;" in first
    answer = app.post(f"/tg/review/{one.pk}/approve/")
    assert "Approved: Fix 0" in answer.content.decode()
    assert f'data-id="{two.pk}"' in answer.content.decode()
    one.refresh_from_db()
    assert (one.status, one.decided_by) == ("approved", colleague.user)
    assert Task.objects.get().title == "Fix 0"
    assert app.post(f"/tg/review/{two.pk}/reject/").status_code == 400
    assert app.post(f"/tg/review/{two.pk}/reject/", {"reason": "noise"}).status_code == 200
    last = app.post(f"/tg/review/{three.pk}/snooze/", {"days": "3"}).content.decode()
    assert "All decided" in last
    back = app.post(f"/tg/review/{one.pk}/undo/").content.decode()
    assert f'data-id="{one.pk}"' in back
    assert [Proposal.objects.get(pk=p.pk).status for p in (one, two, three)] == ["pending", "rejected", "snoozed"]
    assert not Task.objects.exists()
    assert app.post(f"/tg/review/{one.pk}/merge/").status_code == 404


def test_who_was_second_is_told_so(app: Client, colleague: Person, owner: Person) -> None:
    one = waiting(colleague)
    owner.api.post(f"/api/proposals/{one.pk}/approve", {}, format="json")
    answer = app.post(f"/tg/review/{one.pk}/reject/", {"reason": "noise"}, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert answer["HX-Trigger"] == "stale"
    assert "owner" in answer.content.decode()


def test_ones_own_tasks_and_their_status(app: Client, colleague: Person) -> None:
    mine = task_of(colleague)
    other = Task.objects.create(workspace=colleague.workspace, title="Not mine")
    page = app.get("/tg/tasks/").content.decode()
    assert ("Mine" in page, "Not mine" in page) == (True, False)
    done = app.post(f"/tg/tasks/{mine.pk}/status/", {"status": "done"}).content.decode()
    assert "Done: Mine" in done
    assert "No open task of yours" in done
    assert Task.objects.get(pk=mine.pk).status == "done"
    assert "Mine" in app.post(f"/tg/tasks/{mine.pk}/status/", {"status": "open"}).content.decode()
    assert app.post(f"/tg/tasks/{mine.pk}/status/", {"status": "burnt"}).status_code == 400
    assert app.post(f"/tg/tasks/{other.pk}/status/", {"status": "done"}).status_code == 404


@pytest.mark.long
def test_tasks_are_paged_and_ask_the_same_number_of_queries(
    app: Client, colleague: Person, django_assert_max_num_queries: Any
) -> None:
    me = Participant.objects.get(user=colleague.user)
    Task.objects.bulk_create(Task(workspace=colleague.workspace, title=f"Task {n:02}", assignee=me) for n in range(33))
    with django_assert_max_num_queries(12):
        first = app.get("/tg/tasks/").content.decode()
    assert first.count("tg-moves") == 30
    last = Task.objects.order_by("-pk")[29].pk
    assert app.get(f"/tg/tasks/?before={last}").content.decode().count("tg-moves") == 3


@pytest.mark.long
def test_the_session_opens_nothing_but_the_app(owner: Person) -> None:
    """Not as the header that it is, nor as the cookie of a login: an admin is a reviewer here, and nobody elsewhere."""
    linked(owner)
    app = opened()
    assert app.get("/tg/review/").status_code == 200
    key = LoginSession.objects.get().session_id
    thief = Client(headers={"host": "localhost"})
    thief.cookies[site.SESSION_COOKIE_NAME] = key
    for client in (app, thief):
        for at in ("/", "/settings/", "/settings/account/", "/settings/keys/", "/review/", "/tasks/"):
            answer = client.get(at)
            assert (answer.status_code, answer["Location"][:7]) == (302, "/login/"), at
        assert client.get("/admin/").status_code == 302
        for at in ("/api/config", "/api/sources", "/api/proposals"):
            assert client.get(at).status_code == 401, at
    # The other way round: the cookie's session is none of the app.
    logged_in = owner.browser
    cookie = logged_in.cookies[site.SESSION_COOKIE_NAME].value
    for headers in ({}, {"TG-Session": cookie}, {"TG-Session": "й" * 32}, {"TG-Session": "a" * 32}):
        assert logged_in.get("/tg/review/", headers=headers).status_code == 401, headers


@pytest.mark.long
def test_a_manager_is_a_reviewer_here_and_a_viewer_only_reads(owner: Person) -> None:
    viewer = make_person("looks", role="viewer")
    linked(viewer)
    one, app = waiting(viewer), opened()
    page = app.get("/tg/review/").content.decode()
    assert "Fix the &lt;export&gt;" in page
    assert "Approve" not in page
    assert app.post(f"/tg/review/{one.pk}/approve/").status_code == 403
    assert Proposal.objects.get().status == "pending"


@pytest.mark.long
def test_another_login_in_the_same_browser_stays_its_own(app: Client, colleague: Person, owner: Person) -> None:
    """Who is logged in by cookie is neither taken for the app's person nor logged out by it."""
    one, both = waiting(colleague), owner.browser
    before = set(LoginSession.objects.values_list("session_id", "user__username"))
    key = LoginSession.objects.get(user=colleague.user).session_id
    answer = both.post(f"/tg/review/{one.pk}/approve/", headers={"TG-Session": key})
    assert answer.status_code == 200
    assert Proposal.objects.get().decided_by == colleague.user
    assert site.SESSION_COOKIE_NAME not in answer.cookies
    assert set(LoginSession.objects.values_list("session_id", "user__username")) == before
    assert both.get("/settings/account/").status_code == 200


@pytest.mark.long
@pytest.mark.parametrize(
    "ending", ["ended", "password", "unlinked", "out", "inactive", "bot paused", "moved", "expired"]
)
def test_it_ends_with_what_it_rests_on(app: Client, colleague: Person, stranger: Person, ending: str) -> None:
    one, user = waiting(colleague), colleague.user
    assert app.get("/tg/review/").status_code == 200
    person = Participant.objects.get(user=user)
    match ending:
        case "ended":
            sessions.end_logins(user=user)
        case "password":
            user.password = make_password("another one, quite long")
            user.save()
        case "unlinked":
            Participant.objects.filter(pk=person.pk).update(user=None)
        case "out":
            Membership.objects.filter(user=user).delete()
        case "inactive":
            user.is_active = False
            user.save()
        case "bot paused":
            person.workspace.sources.filter(kind="telegram").update(is_active=False)
        case "moved":
            Participant.objects.filter(pk=person.pk).update(user=make_person("somebody").user)
        case "expired":
            Session.objects.update(expire_date="2026-01-01T00:00:00Z")
    answer = app.post(f"/tg/review/{one.pk}/approve/")
    assert answer.status_code in (401, 403)
    assert "bot" in answer.content.decode()
    assert Proposal.objects.get().status == "pending"


@pytest.mark.long
@pytest.mark.django_db(transaction=True)  # a wall stands outside of transactions only
def test_what_lies_behind_a_wall_is_not_here_either(app: Client, colleague: Person) -> None:
    one = waiting(colleague)
    assert "Fix the" in app.get("/tg/review/").content.decode()
    Source.objects.filter(kind="api").update(restricted=True)
    assert "All decided" in app.get("/tg/review/").content.decode()
    assert app.get(f"/tg/review/?at={one.pk}").status_code == 404
    assert app.post(f"/tg/review/{one.pk}/approve/").status_code == 404


class TestMenu:
    def test_the_bot_offers_the_app_where_it_is_reached_by_https(self, talk: Talk, settings: Settings) -> None:
        offer_app(source_id=talk.bot.pk)
        assert talk.calls("setChatMenuButton") == []
        settings.CSRF_TRUSTED_ORIGINS = ["https://tracker.example.org"]
        offer_app(source_id=talk.bot.pk)
        (call,) = talk.calls("setChatMenuButton")
        button = json.loads(call["menu_button"])
        assert button["web_app"] == {"url": f"https://tracker.example.org/tg/?source={talk.bot.uid}"}

    def test_a_refusal_stops_nothing(self, talk: Talk, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
        settings.CSRF_TRUSTED_ORIGINS = ["https://tracker.example.org"]
        talk.api.fail("setChatMenuButton", Fault(400, "Bad Request: BUTTON_URL_INVALID"))
        offer_app(source_id=talk.bot.pk)
        assert "BUTTON_URL_INVALID" in caplog.text
