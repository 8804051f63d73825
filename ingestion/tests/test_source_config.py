"""The shape of a source's config is looked at by every door that writes one, and what stands there breaks no page."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from ingestion.models import Source
from ingestion.source_upkeep import save_source
from tasktracker.core.tests.factories import Person

pytestmark = pytest.mark.django_db

WRONG: list[tuple[str, Any, str]] = [
    ("webhook", [], "object"),
    ("email", ["host"], "object"),
    ("telegram", [], "object"),
    ("api", "x", "object"),
    ("webhook", {"mapping": [1]}, "mapping"),
    ("webhook", {"mapping": {"text": "a["}}, "no expression"),
    ("webhook", {"mapping": {"words": "a"}}, "no field"),
    ("webhook", {"format": "nope"}, "format"),
    ("webhook", {"format": ["github"]}, "format"),
    ("email", {"host": ["imap.example.com"]}, "host"),
    ("email", {"host": "imap.example.com", "port": {}}, "port"),
    ("email", {"host": "imap.example.com", "folders": "INBOX"}, "folders"),
    ("email", {"host": "imap.example.com", "tls": "ssl"}, "tls"),
    ("telegram", {"bot_username": 1}, "bot_username"),
]


def test_what_is_no_config_is_refused_by_the_api_and_the_administration(admin: Client, owner: Person) -> None:
    kept = owner.api.post("/api/sources", {"name": "kept", "kind": "api", "config": {"mine": 1}}, format="json").json()
    for kind, config, told in WRONG:
        body = {"name": "x", "kind": kind, "config": config}
        for answer in (
            owner.api.post("/api/sources", body, format="json"),
            owner.api.patch(f"/api/sources/{kept['id']}", {"kind": kind, "config": config}, format="json"),
        ):
            assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), body
            assert told in answer.json()["detail"], body
        if told not in ("object", "mapping", "host"):
            continue  # it goes the same way, and a page of the administration is dear
        form = {**body, "workspace": owner.workspace.pk, "config": json.dumps(config), "secret": "s"}
        page = admin.post("/admin/ingestion/source/add/", form)
        assert told in str(page.context["adminform"].form.errors["config"]), body
    assert Source.objects.get().config == {"mine": 1}


@pytest.mark.long
def test_what_may_stand_there_from_before_breaks_neither_page_nor_door(admin: Client, owner: Person) -> None:
    for kind, config, _ in WRONG:
        source = Source(workspace=owner.workspace, name="old", kind=kind)
        source.set_secret("123456:of-before")
        source.save()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE ingestion_source SET config = %s WHERE id = %s", [json.dumps(config), source.pk])
        pages = [f"/settings/sources/{source.pk}/", f"/api/sources/{source.pk}"]
        if kind == "telegram" or config == []:
            pages += ["/settings/sources/", "/settings/telegram/", f"/admin/ingestion/source/{source.pk}/change/"]
        for page in pages:
            assert admin.get(page).status_code == 200, (page, config)
        for door in ("generic", "github", "email", "telegram"):
            answer = Client(headers={"host": "localhost"}).post(
                f"/webhook/{door}/{source.uid}", "{}", "application/json"
            )
            assert answer.status_code in (400, 401, 404), (door, config)
        source.refresh_from_db()
        assert isinstance(source.config, dict)
        assert isinstance(Source.objects.values_list("config", flat=True).get(), dict)
        source.delete()


def test_a_source_made_elsewhere_is_written_as_by_the_page(admin: Client, owner: Person) -> None:
    token = "123456:of-a-bot"
    body = {"name": "bot", "kind": "telegram", "secret": token, "readers": [owner.user.username]}
    made = owner.api.post("/api/sources", body, format="json").json()
    assert made["config"] == {"bot_id": "123456"}
    assert owner.api.post("/api/sources", body, format="json").json()["code"] == "exists"
    changed = {"secret": "654321:of-another"}
    body = owner.api.patch(f"/api/sources/{made['id']}", changed, format="json").json()
    assert (body["config"], body["readers"]) == ({"bot_id": "654321"}, [owner.user.username])
    form = {"workspace": owner.workspace.pk, "name": "bot", "kind": "telegram", "config": "{}", "secret": token}
    assert admin.post(f"/admin/ingestion/source/{made['id']}/change/", form).status_code == 302
    assert Source.objects.get().config == {"bot_id": "123456"}
    wrong = owner.api.patch(f"/api/sources/{made['id']}", {"secret": "no token"}, format="json")
    assert (wrong.status_code, "no bot token" in wrong.json()["detail"]) == (400, True)


def test_what_a_poller_notes_while_a_form_is_sent_stays(owner: Person) -> None:
    """Positions of a mailbox, and its last error: the form was read before, and a name server may take seconds."""
    stored = Source.objects.create(workspace=owner.workspace, name="box", kind="api", last_error="away")
    read_before = Source.objects.get()
    Source.objects.filter(pk=stored.pk).update(state={"folders": {"INBOX": {"uid": 7}}}, last_error="")
    save_source(source=read_before, values={"name": "other", "config": {"a": 1}}, readers=None)
    row = Source.objects.get()
    assert (row.name, row.config, row.updated_at > stored.updated_at) == ("other", {"a": 1}, True)
    assert (row.state, row.last_error) == ({"folders": {"INBOX": {"uid": 7}}}, "")
