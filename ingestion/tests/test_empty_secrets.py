"""S1: a webhook without a secret is saved at no door; one that was is named at the start, and let nobody in."""

import json
from typing import Any

import pytest
from django.core.checks import Tags, run_checks
from django.test import Client

from ingestion import source_secrets
from ingestion.models import Source
from ingestion.source_pages import KINDS
from tasktracker.core.tests.factories import Person
from tasktracker.tests.pages import Page
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db

SOURCES = "/settings/sources/"
# What is typed, and in which field the page says what to do.
EMPTY: dict[str, tuple[dict[str, str], str]] = {
    "slack": ({"bot_token": "xoxb-1"}, "signing_secret"),
    "mattermost": ({"token": "  "}, "token"),
}


def stored(owner: Person, kind: str, secret: str = "", **config: Any) -> Source:
    source = Source(workspace=owner.workspace, name=kind, kind=kind, config=config)
    source.set_secret(secret)
    source.save()
    return source


@pytest.mark.parametrize("kind", EMPTY)
def test_the_page_refuses_it_and_says_where_to_get_one(admin: Client, kind: str) -> None:
    typed, field = EMPTY[kind]
    form = {"name": kind, "is_active": "on", **typed}
    answer = admin.post(f"{SOURCES}new/?kind={kind}", form)
    assert answer.status_code == 422
    said = str(answer.context["form"].errors[field])
    assert "Enter the" in said
    assert "pause the source" in said
    assert not Source.objects.exists()
    paused = {**form, "is_active": ""}
    assert admin.post(f"{SOURCES}new/?kind={kind}", paused).status_code == 302
    source = Source.objects.get()
    assert admin.post(f"{SOURCES}{source.pk}/pause/").status_code == 400
    source.refresh_from_db()
    assert not source.is_active, "it does not go on either"


@pytest.mark.parametrize(
    ("typed", "config"),
    [
        ({"kind": "webhook", "format": "generic"}, {"format": "generic", "mapping": {}}),
        ({"kind": "webhook", "format": "github"}, {"format": "github", "mapping": {}}),
        ({"kind": "email", "way": "posted"}, {}),
    ],
)
def test_where_the_secret_is_ours_it_is_made_with_the_source_and_shown_once(
    admin: Client, typed: dict[str, str], config: dict[str, Any]
) -> None:
    kind = typed["kind"]
    page = Page.of(admin.post(f"{SOURCES}new/?kind={kind}", {"name": "hook", "is_active": "on", **typed}))
    source = Source.objects.get()
    assert page.one("code", id="secret").text == source.open_secret() != ""
    assert (source.config, source.open_secrets()) == (config, [source.open_secret()])
    again = admin.post(f"{SOURCES}{source.pk}/", {"name": "hook 2", "is_active": "on", **typed})
    assert again.status_code == 302, "it keeps the one that it has"
    assert source.open_secret() not in admin.get(f"{SOURCES}{source.pk}/").content.decode()


def test_the_api_refuses_it_or_makes_one(owner: Person) -> None:
    def send(**body: Any) -> Any:
        return owner.api.post("/api/sources", {"name": "x", **body}, format="json")

    for body in (
        {"kind": "slack"},
        {"kind": "slack", "secret": '{"signing_secret": " ", "bot_token": "xoxb-1"}'},
        {"kind": "mattermost", "secret": "  "},
        {"kind": "webhook", "secret": ""},
        {"kind": "webhook", "secret": "whsec_"},
        {"kind": "webhook", "secret": "not base64!"},
        {"kind": "email", "secret": ""},
    ):
        answer = send(**body)
        assert answer.status_code == 400, body
        assert "secret" in str(answer.json()), body
    assert not Source.objects.exists()
    hook = Source.objects.get(pk=send(kind="webhook").json()["id"])
    assert source_secrets.can_sign(hook, hook.open_secret())
    for change in ({"secret": ""}, {"secret": "whsec_"}, {"kind": "slack", "secret": "{}"}):
        assert owner.api.patch(f"/api/sources/{hook.pk}", change, format="json").status_code == 400, change
    before = hook.open_secret()
    hook.refresh_from_db()
    assert (hook.kind, hook.open_secret()) == ("webhook", before)
    for paused, status in (({"secret": "", "is_active": False}, 200), ({"is_active": True}, 400)):
        assert owner.api.patch(f"/api/sources/{hook.pk}", paused, format="json").status_code == status, paused


@pytest.mark.long
@pytest.mark.parametrize("kind", some(["slack", "webhook", "mattermost", "email"], 3))
def test_the_admin_refuses_it(admin: Client, owner: Person, kind: str) -> None:
    form = {"workspace": owner.workspace.pk, "name": "x", "kind": kind, "config": "{}", "is_active": "on"}
    answer = admin.post("/admin/ingestion/source/add/", form)
    assert answer.status_code == 200
    assert "every call would be refused" in str(answer.context["adminform"].form.errors["secret"])
    secret = json.dumps({"signing_secret": "s"}) if kind == "slack" else source_secrets.new_secret()
    assert admin.post("/admin/ingestion/source/add/", {**form, "secret": secret}).status_code == 302


def test_what_was_saved_before_is_named_at_the_start(owner: Person) -> None:
    for kind in KINDS:
        stored(owner, kind)
    Source.objects.create(workspace=owner.workspace, name="box", kind="email", config={"host": "imap.example.com"})
    Source.objects.filter(kind="mattermost").update(is_active=False)
    found = run_checks(tags=[Tags.database], databases=["default"])
    named = {one.msg.split("'")[1]: one for one in found if one.id == "ingestion.W001"}
    assert named.keys() == {"slack", "webhook", "email"}
    slack = Source.objects.get(kind="slack")
    assert "Enter the signing secret of your Slack app" in named["slack"].msg
    assert named["slack"].hint == f"Open /settings/sources/{slack.pk}/."
    assert Client(headers={"host": "localhost"}).post(f"/webhook/slack/{slack.uid}").status_code == 401
    slack.set_secret("a secret")
    slack.save()
    assert "slack" not in str(run_checks(tags=[Tags.database], databases=["default"]))
