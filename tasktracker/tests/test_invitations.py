"""Invitations by link: who may make one, who comes in by it, and when it opens nothing any more."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tasktracker.core import invitations, services
from tasktracker.core.account_models import Invitation
from tasktracker.core.enums import Role
from tasktracker.core.errors import Conflict, DomainError
from tasktracker.core.models import Membership, User
from tasktracker.core.permissions import Access
from tasktracker.core.tests.factories import PASSWORD, Person, make_person
from tasktracker.tests.pages import Page

pytestmark = pytest.mark.django_db
NEW = {"username": "newcomer", "password": PASSWORD, "again": PASSWORD}


def browser(person: Person | None = None) -> Client:
    client = Client(headers={"host": "localhost"})
    if person is not None:
        client.force_login(person.user)
    return client


def access(person: Person, role: Role = Role.ADMIN) -> Access:
    return Access(person.user, person.workspace, role)


def link_of(person: Person, **data: Any) -> str:
    """The path of a link that the person makes on the page."""
    form = {"role": "reviewer", "email": "", "days": 7, "max_uses": 1, **data}
    made = Page.of(browser(person).post("/settings/invitations/", form)).one("pre").text.strip()
    return made.removeprefix("http://localhost")


def invited(person: Person, **values: Any) -> str:
    """The path of a link that was made without the page."""
    _, token = invitations.invite(access=access(person), **{"role": Role.REVIEWER, **values})
    return f"/join/{token}/"


def test_a_new_person_joins_by_a_link_and_is_logged_in(owner: Person) -> None:
    path = link_of(owner, email="new@example.org", role="manager")
    client = browser()
    page = Page.of(client.get(path))
    assert "Join Acme" in page.text
    assert "owner invites you as manager" in " ".join(page.text.split())
    answer = client.post(path, NEW)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "Welcome to Acme. Your role is manager." in Page.of(client.get("/")).text
    user = User.objects.get(username="newcomer")
    assert (user.email, user.is_staff, user.check_password(PASSWORD)) == ("new@example.org", True, True)
    assert Membership.objects.get(user=user).role == Role.MANAGER


def test_the_link_is_stored_nowhere_and_shown_once(owner: Person) -> None:
    token = link_of(owner).split("/")[2]
    row = Invitation.objects.get()
    assert token not in str(row.__dict__)
    assert row.digest == services.digest(token)
    page = browser(owner).get("/settings/invitations/").content.decode()
    assert token not in page
    assert row.digest not in page


@pytest.mark.long
def test_somebody_with_a_login_joins_with_it(owner: Person, stranger: Person) -> None:
    path = invited(owner, role=Role.VIEWER)
    client = browser(stranger)
    assert "Join as stranger" in Page.of(client.get(path)).text
    assert not Membership.objects.filter(
        user=stranger.user, workspace=owner.workspace
    ).exists()  # looking is not joining
    assert client.post(path)["Location"] == "/"
    assert Page.of(client.get("/")).one("body").attrs["data-ws"] == "/ws/?workspace=acme"
    assert Membership.objects.get(user=stranger.user, workspace=owner.workspace).role == Role.VIEWER


@pytest.mark.long
def test_a_member_uses_nothing_up_and_keeps_the_role(owner: Person, colleague: Person) -> None:
    path = invited(owner, role=Role.ADMIN)
    browser(colleague).post(path)
    assert Membership.objects.get(user=colleague.user).role == Role.REVIEWER
    assert browser().get(path).status_code == 200


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "has expired"),
        ({"revoked_at": timezone.now()}, "was taken back"),
        (None, "was used already"),
    ],
)
def test_a_link_that_is_no_longer_open_says_so(owner: Person, change: dict[str, Any] | None, words: str) -> None:
    path = invited(owner)
    if change is None:
        browser().post(path, NEW)
    else:
        Invitation.objects.update(**change)
    for client in (browser(), browser(make_person("late", workspace="elsewhere"))):
        for answer in (client.get(path), client.post(path, {**NEW, "username": "other"})):
            assert answer.status_code == 410
            assert words in Page.of(answer).text
    assert not User.objects.filter(username="other").exists()
    assert "Ask for a new one" in refusal(owner, path)


def refusal(owner: Person, path: str) -> str:
    """What the service says, whoever passed the page."""
    with pytest.raises(Conflict) as caught:
        invitations.accept(token=path.split("/")[2], user=make_person("service", workspace="elsewhere").user)
    assert caught.value.error_code.startswith("invitation_")
    return caught.value.detail


@pytest.mark.long
def test_a_link_for_three_is_for_three(owner: Person) -> None:
    path = invited(owner, max_uses=3)
    answers = [browser().post(path, {**NEW, "username": f"n{n}"}).status_code for n in range(4)]
    assert answers == [302, 302, 302, 410]
    assert "3 of 3" in Page.of(browser(owner).get("/settings/invitations/")).text


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_the_last_use_is_given_once(owner: Person) -> None:
    _, token = invitations.invite(access=access(owner), role=Role.VIEWER)
    people = [make_person(f"p{n}", workspace="elsewhere").user for n in range(6)]

    def come(user: User) -> bool:
        try:
            invitations.accept(token=token, user=user)
        except Conflict:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(come, people)) == 1
    assert Membership.objects.filter(workspace=owner.workspace).count() == 2


REFUSED = [
    ({"username": "owner"}, "has this name already"),
    ({"username": "OWNER"}, "has this name already"),
    ({"username": "a b"}, "Enter a valid username"),
    ({"password": "short", "again": "short"}, "too short"),
    ({"password": "password1234", "again": "password1234"}, "too common"),
    ({"again": "something else"}, "not the same password"),
    ({"username": "nul\x00"}, "Null characters"),
]


@pytest.mark.long
def test_what_will_not_do_is_said_at_its_field(owner: Person) -> None:
    path, client = invited(owner), browser()
    for data, words in REFUSED:
        answer = client.post(path, {**NEW, **data})
        assert answer.status_code == 422, data
        assert words in Page.of(answer).text, data
    assert User.objects.count() == 1


@pytest.mark.long
def test_a_manager_invites_to_roles_below_only(owner: Person) -> None:
    manager = make_person("manager", role="manager")
    page = Page.of(browser(manager).get("/settings/invitations/"))
    assert [tag.attrs["value"] for tag in page.all("option")] == ["viewer", "reviewer"]
    form = {"role": "admin", "days": 7, "max_uses": 1}
    assert browser(manager).post("/settings/invitations/", form).status_code == 422
    with pytest.raises(DomainError, match="can't invite"):
        invitations.invite(access=access(manager, Role.MANAGER), role=Role.MANAGER)
    invited(owner, role=Role.ADMIN)
    pk = Invitation.objects.get().pk
    assert browser(manager).post(f"/settings/invitations/{pk}/revoke/").status_code == 403


@pytest.mark.long
def test_an_invitation_is_taken_back_by_its_own_workspace_only(owner: Person, stranger: Person) -> None:
    path = invited(owner)
    pk = Invitation.objects.get().pk
    assert browser(stranger).post(f"/settings/invitations/{pk}/revoke/").status_code == 404
    assert browser().get(path).status_code == 200
    assert browser(owner).post(f"/settings/invitations/{pk}/revoke/").status_code == 302
    assert browser().get(path).status_code == 410


@pytest.mark.long
def test_guesses_are_counted_and_the_right_link_is_not(owner: Person) -> None:
    path = invited(owner)
    client = browser()
    answers = [client.get(f"/join/guess-{n}/") for n in range(12)]
    assert [answer.status_code for answer in answers] == [404] * 10 + [429] * 2
    assert re.search(r"leads nowhere", answers[0].content.decode())
    assert int(answers[-1]["Retry-After"]) > 0
    assert client.get(path).status_code == 200


@pytest.mark.long
def test_what_an_invitation_may_be_is_bounded(owner: Person) -> None:
    client = browser(owner)
    for data in ({"days": 0}, {"days": 91}, {"max_uses": 0}, {"max_uses": 501}, {"email": "x"}):
        form = {"role": "viewer", "email": "", "days": 7, "max_uses": 1, **data}
        assert client.post("/settings/invitations/", form).status_code == 422, data
    assert not Invitation.objects.exists()


@pytest.mark.long
def test_the_list_asks_the_same_number_of_questions_for_one_and_for_many(owner: Person) -> None:
    client = browser(owner)
    counts = []
    for more in (1, 20):
        for _ in range(more):
            invitations.invite(access=access(owner), role=Role.VIEWER)
        with CaptureQueriesContext(connection) as queries:
            client.get("/settings/invitations/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_name_that_two_choose_at_once_is_given_once(owner: Person) -> None:
    tokens = [invitations.invite(access=access(owner), role=Role.VIEWER)[1] for _ in range(4)]

    def come(token: str, name: str) -> bool:
        try:
            invitations.join(token=token, username=name, password=PASSWORD)
        except DomainError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        came = list(pool.map(come, tokens, ["twin", "Twin", "twin", "TWIN"]))
    assert sum(came) == 1
    assert User.objects.filter(username__iexact="twin").count() == 1
    assert sum(found[1] == "open" for token in tokens if (found := invitations.find(token))) == 3
