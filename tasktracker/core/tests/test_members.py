"""Members: an admin changes roles and removes; one admin is always left; `is_staff` comes and goes with the role."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasktracker.core import members
from tasktracker.core.audit_models import AuditEntry
from tasktracker.core.errors import Conflict
from tasktracker.core.models import ApiToken, Event, Membership, User
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, submit
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db


def membership(person: Person) -> Membership:
    return person.user.memberships.get(workspace=person.workspace)


def url(person: Person) -> str:
    return f"/api/members/{membership(person).pk}"


def test_the_list_says_who_is_here_in_which_role(owner: Person, colleague: Person, stranger: Person) -> None:
    answer = colleague.api.get("/api/members").json()
    assert [(row["username"], row["role"], row["user"]) for row in answer["results"]] == [
        ("colleague", "reviewer", colleague.user.pk),
        ("owner", "admin", owner.user.pk),
    ]
    first = colleague.api.get("/api/members?limit=1").json()
    second = colleague.api.get(first["next"]).json()
    assert [row["username"] for row in first["results"] + second["results"]] == ["colleague", "owner"]
    assert colleague.api.get(url(owner)).json()["username"] == "owner"
    assert stranger.api.get(url(owner)).status_code == 404


@pytest.mark.parametrize(("role", "staff"), [("viewer", False), ("manager", True), ("admin", True)])
def test_staff_comes_with_the_role_and_goes_with_it(owner: Person, colleague: Person, role: str, staff: bool) -> None:
    answer = owner.api.patch(url(colleague), {"role": role}, format="json")
    assert (answer.status_code, answer.json()["role"]) == (200, role)
    colleague.user.refresh_from_db()
    assert colleague.user.is_staff is staff
    owner.api.patch(url(colleague), {"role": "reviewer"}, format="json")
    colleague.user.refresh_from_db()
    assert colleague.user.is_staff is False


def test_each_change_is_an_entry_of_the_log_and_an_event(owner: Person, colleague: Person) -> None:
    pk = membership(colleague).pk
    owner.api.patch(url(colleague), {"role": "manager"}, format="json")
    owner.api.patch(url(colleague), {"role": "manager"}, format="json")  # changes nothing
    owner.api.delete(url(colleague))
    log = AuditEntry.objects.filter(kind="member", object_id=pk).exclude(verb="added").order_by("pk")
    assert [(entry.verb, entry.by_id, entry.changes["role"]) for entry in log] == [
        ("changed", owner.user.pk, ["reviewer", "manager"]),
        ("removed", owner.user.pk, ["manager", None]),
    ]
    events = Event.objects.filter(type="member.changed").order_by("pk")
    assert [(event.object_id, event.data["role"], event.by_id) for event in events] == [
        (pk, "manager", owner.user.pk),
        (pk, "", owner.user.pk),
    ]


@pytest.mark.long
@pytest.mark.parametrize("role", some(["viewer", "manager"], 2))
def test_the_last_admin_stays_one(owner: Person, colleague: Person, role: str) -> None:
    demoted = owner.api.patch(url(owner), {"role": role}, format="json")
    removed = owner.api.delete(url(owner))
    for answer in (demoted, removed):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
        assert "owner is the last admin of Acme" in answer.json()["detail"]
    owner.api.patch(url(colleague), {"role": "admin"}, format="json")
    assert owner.api.delete(url(owner)).status_code == 204
    assert colleague.api.get("/api/members").json()["results"][0]["role"] == "admin"


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_remove_each_other_at_once_do_not_both_succeed(owner: Person, colleague: Person) -> None:
    members.change_role(membership_id=membership(colleague).pk, role="admin", by=owner.user)
    pairs = [(membership(owner).pk, colleague.user), (membership(colleague).pk, owner.user)]
    together = threading.Barrier(2)

    def remove(pk: int, by: User) -> str:
        try:
            together.wait(60)
            members.remove_member(membership_id=pk, by=by)
        except Conflict as refused:
            return refused.error_code
        finally:
            connection.close()
        return "removed"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(lambda pair: remove(*pair), pairs))
    assert outcomes == ["last_admin", "removed"]
    assert Membership.objects.get(workspace=owner.workspace).role == "admin"


def test_the_workspace_is_locked_before_the_admins_are_counted(owner: Person, colleague: Person) -> None:
    with CaptureQueriesContext(connection) as told:
        members.remove_member(membership_id=membership(colleague).pk, by=owner.user)
    locks = [query["sql"] for query in told if "FOR UPDATE" in query["sql"]]
    assert 'FROM "core_workspace"' in locks[0]


def test_an_admin_whose_account_is_off_is_no_admin_left(owner: Person, colleague: Person) -> None:
    members.change_role(membership_id=membership(colleague).pk, role="admin", by=owner.user)
    colleague.user.is_active = False
    colleague.user.save()
    with pytest.raises(Conflict):
        members.remove_member(membership_id=membership(owner).pk, by=owner.user)


def test_who_is_removed_is_out_at_once_and_their_tokens_with_them(owner: Person, colleague: Person) -> None:
    elsewhere = make_person("colleague", workspace="beta", role="manager")
    assert owner.api.delete(url(colleague)).status_code == 204
    assert colleague.api.get("/api/members").status_code == 401
    assert elsewhere.api.get("/api/members").status_code == 200
    assert ApiToken.objects.filter(user=colleague.user).count() == 1
    colleague.user.refresh_from_db()
    assert colleague.user.is_staff  # a manager in the other workspace


@pytest.mark.parametrize("role", some(["viewer", "manager", "reviewer"], 2, 1))
def test_only_an_admin_changes_anything(owner: Person, colleague: Person, role: str) -> None:
    person = make_person("somebody", role=role)
    assert person.api.patch(url(colleague), {"role": "admin"}, format="json").status_code == 403
    assert person.api.delete(url(colleague)).status_code == 403
    page = Page.of(person.browser.get("/settings/members/"))
    assert not page.all("select", name="role") or role == "manager"
    assert not page.all("form", action="/remove/")
    assert "colleague" in page.text


def test_a_role_that_is_none_is_refused(owner: Person, colleague: Person) -> None:
    assert owner.api.patch(url(colleague), {"role": "king"}, format="json").status_code == 400
    assert owner.api.post("/api/members", {"username": "x"}, format="json").status_code == 405


def send(person: Person, action: str, **values: str) -> Any:
    client = person.browser
    page = Page.of(client.get("/settings/members/"))
    return client, submit(client, page, page.one("form", action=action), "/settings/members/", **values)


@pytest.mark.long
def test_an_admin_changes_and_removes_on_the_page(owner: Person, colleague: Person) -> None:
    pk = membership(colleague).pk
    client, answer = send(owner, f"/settings/members/{pk}/role/", role="viewer")
    assert answer.status_code == 302
    assert "colleague is viewer" in Page.of(client.get("/settings/members/")).text
    client, answer = send(owner, f"/settings/members/{pk}/remove/")
    assert answer.status_code == 302
    assert not Membership.objects.filter(pk=pk).exists()


@pytest.mark.long
def test_the_page_says_kindly_why_the_last_admin_stays(owner: Person) -> None:
    _, answer = send(owner, f"/settings/members/{membership(owner).pk}/remove/")
    assert answer.status_code == 409
    assert "owner is the last admin of Acme. Make somebody else an admin first" in Page.of(answer).text


@pytest.mark.long
def test_many_members_are_paged_by_name(owner: Person) -> None:
    users = User.objects.bulk_create(User(username=f"m{number:03}", password="!") for number in range(105))
    Membership.objects.bulk_create(Membership(user=user, workspace=owner.workspace) for user in users)
    client = owner.browser
    first = Page.of(client.get("/settings/members/"))
    more = next(one.attrs["href"] for one in first.all("a") if one.text == "More members")
    second = Page.of(client.get(f"/settings/members/{more}"))
    assert (len(first.all("form", action="/role/")), len(second.all("form", action="/role/"))) == (100, 6)


@pytest.mark.long
def test_the_administration_keeps_the_last_admin_too(owner: Person, colleague: Person) -> None:
    browser = Client(headers={"host": "localhost"})
    browser.force_login(owner.user)
    path = f"/admin/core/membership/{membership(owner).pk}"
    assert browser.post(f"{path}/change/", {"role": "viewer"}).status_code == 409
    assert browser.post(f"{path}/delete/", {"post": "yes"}).status_code == 409
    listed = {"action": "delete_selected", "_selected_action": [membership(owner).pk], "post": "yes"}
    browser.post("/admin/core/membership/", listed)
    off = {"email": "", "first_name": "", "last_name": ""}
    assert browser.post(f"/admin/core/user/{owner.user.pk}/change/", off).status_code == 409
    assert membership(owner).role == "admin"
    path = f"/admin/core/membership/{membership(colleague).pk}/change/"
    assert browser.post(path, {"role": "manager"}).status_code == 302
    colleague.user.refresh_from_db()
    assert colleague.user.is_staff
