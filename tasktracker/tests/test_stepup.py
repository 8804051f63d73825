"""Keys, secrets, second steps and tokens that may do everything are written only by who just said who they are."""

import time
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from analysis.models import Provider
from ingestion.models import Source
from tasktracker.core import secondstep, totp
from tasktracker.core.account_models import Passkey, TotpDevice
from tasktracker.core.models import ApiToken, User
from tasktracker.core.passkeys import STATE_AGAIN
from tasktracker.core.sessions import PROVEN, PROVEN_LASTS
from tasktracker.core.tests.factories import PASSWORD, Person
from tasktracker.tests.devices import Key
from tasktracker.tests.pages import Page, submit

pytestmark = pytest.mark.django_db
SET_UP = "/settings/account/second-step/"
KEY = "sk-CANARY-1234567890"
PROVIDER = {
    "kind": "openai", "name": "My provider", "base_url": "https://api.example.com/v1", "api_key": KEY,
    "default_model": "m", "context_tokens": "8192", "concurrency": "2", "timeout_seconds": "60",
    "requests_per_minute": "0", "tokens_per_minute": "0", "is_active": "on",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _quick_hash(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def boss(owner: Person) -> User:
    owner.user.set_password(PASSWORD)
    owner.user.save()
    return owner.user


@pytest.fixture
def later(boss: User) -> Client:
    """A browser in which the owner logged in a while ago."""
    client = Client(headers={"host": "localhost"})
    assert client.post("/login/", {"username": "owner", "password": PASSWORD}).status_code == 302
    return aged(client)


def aged(client: Client) -> Client:
    session = client.session
    session[PROVEN] = session[PROVEN] - PROVEN_LASTS - 1
    session.save()
    return client


def form_with(page: Page, name: str) -> Any:
    return next(form for form in page.all("form") if [tag for tag in form.inside if tag.attrs.get("name") == name])


def test_a_login_is_proof_for_a_quarter_of_an_hour(boss: User) -> None:
    client = Client(headers={"host": "localhost"})
    client.post("/login/", {"username": "owner", "password": PASSWORD})
    assert client.post("/settings/tokens/", {"scope": "admin", "label": "now"}).status_code == 200
    assert aged(client).post("/settings/tokens/", {"scope": "admin", "label": "later"}).status_code == 403
    session = client.session
    session[PROVEN] = int(time.time()) + 1_000  # a clock that was set back proves nothing
    session.save()
    assert client.post("/settings/tokens/", {"scope": "admin", "label": "later"}).status_code == 403
    del session[PROVEN]  # a login of before there was such a thing
    session.save()
    assert client.post("/settings/tokens/", {"scope": "admin", "label": "later"}).status_code == 403
    assert list(ApiToken.objects.exclude(label="").values_list("label", flat=True)) == ["now"]


def test_what_was_typed_waits_sealed_and_is_done_after_the_password(later: Client, boss: User) -> None:
    asked = later.post("/settings/providers/new/", PROVIDER, headers={"referer": "http://localhost/settings/"})
    assert asked.status_code == 403
    assert "no-store" in asked["Cache-Control"]
    page = Page.of(asked)
    assert "Say again who you are" in page.text
    assert page.all("a", href="http://localhost/settings/")
    assert KEY not in asked.content.decode()
    assert not Provider.objects.filter(name="My provider").exists()
    wrong = submit(later, page, form_with(page, "password"), "/", password="wrong")
    assert wrong.status_code == 422
    assert KEY not in wrong.content.decode()
    assert not Provider.objects.filter(name="My provider").exists()
    again = Page.of(wrong)
    done = submit(later, again, form_with(again, "password"), "/", password=PASSWORD)
    made = Provider.objects.get(name="My provider")
    assert done["Location"] == f"/settings/providers/{made.pk}/"
    assert (made.open_api_key(), made.default_model, made.is_active) == (KEY, "m", True)
    assert later.post(f"/settings/providers/{made.pk}/", {**PROVIDER, "api_key": "sk-2"}).status_code == 302
    made.refresh_from_db()
    assert made.open_api_key() == "sk-2"


def test_what_holds_no_key_asks_nothing(later: Client, boss: User) -> None:
    assert later.post("/settings/providers/new/", {**PROVIDER, "api_key": ""}).status_code == 302
    assert later.post("/settings/tokens/", {"scope": "read", "label": "a reader"}).status_code == 200
    for path in ("/settings/providers/new/", SET_UP, "/settings/"):
        assert later.get(path).status_code == 200, path


@pytest.mark.long
def test_what_was_held_is_for_its_own_person_and_address(later: Client, boss: User, colleague: Person) -> None:
    page = Page.of(later.post("/settings/tokens/", {"scope": "admin", "label": "hers"}))
    held = form_with(page, "password").inside[1].attrs["value"]
    other = Client(headers={"host": "localhost"})
    other.force_login(colleague.user)
    answers = [
        other.post("/settings/tokens/", {"held": held}),
        later.post(SET_UP + "app/", {"held": held, "password": PASSWORD}),
        later.post("/settings/tokens/", {"held": "v1:nonsense", "password": PASSWORD}),
        later.post("/settings/tokens/", {"held": "nonsense", "password": PASSWORD}),
    ]
    assert [answer.status_code for answer in answers] == [400] * 4
    assert not ApiToken.objects.filter(label="hers").exists()
    assert not TotpDevice.objects.exists()


@pytest.mark.long
def test_a_second_step_is_set_up_by_who_just_proved_it(later: Client, boss: User) -> None:
    for path in ("app/", "app/confirm/", "passkeys/"):
        assert later.post(SET_UP + path, {"code": "000000"}).status_code == 403, path
    page = Page.of(later.post(SET_UP + "app/"))
    assert submit(later, page, form_with(page, "password"), "/", password=PASSWORD)["Location"] == SET_UP
    assert TotpDevice.objects.get().confirmed_at is None


@pytest.mark.long
def test_a_code_of_the_app_or_a_passkey_proves_it_too(later: Client, boss: User) -> None:
    device = secondstep.begin_totp(user=boss)
    code = totp.code_at(secondstep.key_of(device), time.time() - 30)
    secondstep.confirm_totp(user=boss, code=code)
    recovery, *_ = secondstep.new_recovery_codes(user=boss)
    key = Key(boss)
    data = {"scope": "admin", "label": "hers"}

    def ask() -> tuple[Page, Any]:
        answer = aged(later).post("/settings/tokens/", data)
        assert answer.status_code == 403
        return Page.of(answer), form_with(Page.of(answer), "code")

    page, form = ask()
    for wrong in (code, recovery):  # one was used, the other is for a day without the device
        assert submit(later, page, form, "/", code=wrong).status_code == 422
    fresh = totp.code_at(secondstep.key_of(device), time.time())
    assert submit(later, page, form, "/", code=fresh).status_code == 200
    page, _ = ask()
    form = form_with(page, "credential")
    credential = key.answer(later, at="", state=STATE_AGAIN)
    assert submit(later, page, form, "/", credential=credential).status_code == 200
    assert Passkey.objects.get().sign_count == 6
    assert ApiToken.objects.filter(label="hers").count() == 2
    ask()
    assert submit(later, page, form, "/", credential=credential).status_code == 422  # each challenge is good once


@pytest.mark.long
def test_wrong_answers_are_counted_with_those_at_the_login(later: Client, boss: User) -> None:
    page = Page.of(later.post("/settings/tokens/", {"scope": "admin"}))
    form = form_with(page, "password")
    statuses = [submit(later, page, form, "/", password="wrong").status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]
    login = Client(headers={"host": "localhost"})
    assert login.post("/login/", {"username": "owner", "password": PASSWORD}).status_code == 429


@pytest.mark.long
def test_the_administration_asks_too(later: Client, boss: User, owner: Person) -> None:
    pk = Source.objects.create(workspace=owner.workspace, name="hook", kind="telegram").pk
    data = {"name": "hook", "kind": "telegram", "config": "{}", "is_active": "on"}
    path = f"/admin/ingestion/source/{pk}/change/"
    assert later.post(path, data).status_code == 302
    answer = later.post(path, {**data, "secret": KEY})
    assert answer.status_code == 403
    assert KEY not in answer.content.decode()
    page = Page.of(answer)
    assert submit(later, page, form_with(page, "password"), "/", password=PASSWORD).status_code == 302
    assert Source.objects.get(pk=pk).open_secret() == KEY
    aged(later)
    answer = later.post("/admin/analysis/provider/add/", {**PROVIDER, "workspace": owner.workspace.pk})
    assert answer.status_code == 403
    assert not Provider.objects.filter(name="My provider").exists()


@pytest.mark.long
def test_a_session_at_the_api_is_asked_and_a_token_is_not(later: Client, owner: Person) -> None:
    body = {"name": "p", "kind": "openai", "base_url": "https://api.example.com/v1", "api_key": KEY}
    refused = later.post("/api/providers", body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "proof")
    plain = later.post("/api/providers", {**body, "api_key": ""}, content_type="application/json")
    assert plain.status_code == 201
    source = owner.api.post("/api/sources", {"name": "s", "kind": "webhook"}, format="json").json()["id"]
    for path, data in (
        (f"/api/sources/{source}/rotate-secret", {}),
        ("/api/sources", {"name": "t", "kind": "api", "secret": KEY}),
    ):
        refused = later.post(path, data, content_type="application/json")
        assert (refused.status_code, refused.json()["code"]) == (403, "proof"), path
    assert owner.api.post(f"/api/sources/{source}/rotate-secret").status_code == 200
    assert owner.api.post("/api/providers", {**body, "name": "q"}, format="json").status_code == 201
