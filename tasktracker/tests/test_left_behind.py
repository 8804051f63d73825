"""Whoever was removed, demoted or switched off has left nothing behind that opens a door again."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from proposals import digests
from proposals.models import Digest
from tasktracker.core import invitations, members, passwords, services
from tasktracker.core.account_models import PasswordLink
from tasktracker.core.audit_models import AuditEntry
from tasktracker.core.enums import Role
from tasktracker.core.errors import Conflict, NotFound
from tasktracker.core.models import Membership, User
from tasktracker.core.permissions import Access
from tasktracker.core.tests.factories import PASSWORD, Person, make_person
from tasktracker.tests.pages import Page

pytestmark = pytest.mark.django_db
NEW = {"username": "newcomer", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture(autouse=True)
def _quick_hash(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def browser(user: User | None = None) -> Client:
    client = Client(headers={"host": "localhost"})
    if user is not None:
        client.force_login(user)
    return client


def membership(person: Person) -> Membership:
    return Membership.objects.get(user=person.user, workspace=person.workspace)


def invited(person: Person, role: Role) -> str:
    held = Role(membership(person).role)
    return invitations.invite(access=Access(person.user, person.workspace, held), role=role, max_uses=9)[1]


def leave(person: Person, owner: Person, how: str) -> None:
    if how == "removed":
        members.remove_member(membership_id=membership(person).pk, by=owner.user)
    elif how == "demoted":
        members.change_role(membership_id=membership(person).pk, role="reviewer", by=owner.user)
    elif how == "by the command":
        services.ensure_member(username=person.user.username, workspace_slug="acme", role="viewer")
    else:
        User.objects.filter(pk=person.user.pk).update(is_active=False)


WAYS = ["removed", "demoted", "by the command", "switched off"]


@pytest.mark.long
@pytest.mark.parametrize("how", WAYS)
def test_the_invitations_of_who_left_open_nothing(owner: Person, how: str) -> None:
    mallory = make_person("mallory", role="admin")
    token = invited(mallory, Role.ADMIN)
    leave(mallory, owner, how)
    back = make_person("back", workspace="elsewhere").user
    with pytest.raises(Conflict) as refused:
        invitations.accept(token=token, user=back)
    assert refused.value.error_code == "invitation_revoked"
    assert browser().post(f"/join/{token}/", NEW).status_code == 410
    assert not User.objects.filter(username="newcomer").exists()
    page = browser(owner.user).get("/settings/invitations/")
    assert "revoked" in page.content.decode()


def test_what_a_lower_role_may_invite_to_stays_good(owner: Person) -> None:
    mallory = make_person("mallory", role="admin")
    token = invited(mallory, Role.REVIEWER)
    members.change_role(membership_id=membership(mallory).pk, role="manager", by=owner.user)
    joined = invitations.accept(token=token, user=make_person("back", workspace="elsewhere").user)
    assert joined.role == Role.REVIEWER


@pytest.mark.parametrize("how", WAYS)
def test_a_link_to_a_password_ends_with_the_admin_who_made_it(owner: Person, how: str) -> None:
    mallory, victim = make_person("mallory", role="admin"), make_person("victim", role="admin")
    token = passwords.make_link(user=victim.user, by=mallory.user)
    assert passwords.find(token) is not None
    leave(mallory, owner, how)
    assert passwords.find(token) is None
    with pytest.raises(NotFound):
        passwords.use_link(token=token, password="another long password")
    assert browser().get(f"/password/{token}/").status_code == 404


def test_a_link_to_a_password_opens_no_workspace_that_was_joined_since(owner: Person) -> None:
    victim = make_person("victim")
    token = passwords.make_link(user=victim.user, by=owner.user)
    make_person("victim", workspace="elsewhere", role="admin")
    assert passwords.find(token) is None


def test_an_admins_own_account_may_be_the_one_that_the_link_is_for(owner: Person) -> None:
    assert passwords.find(passwords.make_link(user=owner.user, by=owner.user)) is not None


def test_a_password_out_of_the_command_voids_the_links_to_another_one(owner: Person) -> None:
    mailed = passwords.make_link(user=owner.user, by=None)
    services.set_random_password(user=owner.user)
    assert passwords.find(mailed) is None


def test_an_address_that_an_admin_changes_voids_the_links_mailed_to_the_old_one(owner: Person) -> None:
    ada = make_person("ada")
    mailed = passwords.make_link(user=ada.user, by=None)
    form = {"first_name": "", "last_name": "", "email": "new@example.org", "is_active": "on"}
    answer = browser(owner.user).post(f"/admin/core/user/{ada.user.pk}/change/", form)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    ada.user.refresh_from_db()
    assert ada.user.email == "new@example.org"
    assert not PasswordLink.objects.exists()
    assert passwords.find(mailed) is None


@pytest.mark.long
def test_what_an_admin_does_to_an_account_stands_in_the_log(owner: Person) -> None:
    ada = make_person("ada")
    User.objects.filter(pk=ada.user.pk).update(email="old@example.org")
    client = browser(owner.user)
    assert client.post(f"/settings/members/{membership(ada).pk}/password-link/").status_code == 200
    form = {"first_name": "", "last_name": "", "email": "new@example.org"}
    assert client.post(f"/admin/core/user/{ada.user.pk}/change/", form).status_code == 302
    found = AuditEntry.objects.filter(kind="member", object_id=membership(ada).pk, verb="changed").order_by("id")
    assert [entry.by for entry in found] == [owner.user, owner.user]
    whose = {"user_id": [ada.user.pk, ada.user.pk]}
    assert found[0].changes == {**whose, "password_link": "hidden"}
    assert found[1].changes == {**whose, "email": "hidden", "is_active": [True, False]}
    page = " ".join(Page.of(client.get("/settings/audit/?kind=member")).text.split())
    assert "member ada" in page
    assert "password link" in page
    assert "example.org" not in page


@pytest.mark.long
@pytest.mark.parametrize("how", ["removed", "by the command", "switched off"])
def test_a_digest_is_not_sent_to_who_left_since_it_was_made(owner: Person, how: str, settings: Settings) -> None:
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    mallory = make_person("mallory")
    User.objects.filter(pk=mallory.user.pk).update(email="mallory@example.org")
    now = timezone.now()
    made: Any = Digest.objects.create(
        workspace=owner.workspace, user=mallory.user, day=now.date(), next_attempt_at=now - timedelta(minutes=1)
    )
    leave(mallory, owner, how)
    assert digests.send_due(now=now) == 0
    assert mail.outbox == []
    made.refresh_from_db()
    assert made.gave_up_at is not None
    assert "may not review" in made.error
