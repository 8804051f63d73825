"""The password of a mailbox goes to the server for which it was typed, and to no other one."""

import json

import pytest
from django.test import Client

from ingestion.models import Source
from tasktracker.core.tests.factories import Person

pytestmark = pytest.mark.django_db

CONFIG = {"host": "imap.x.example", "port": 993, "tls": "tls", "user": "team@x.example", "folders": ["INBOX"]}


@pytest.mark.parametrize(("changed", "stays"), [({"host": "imap.evil.example"}, False), ({"folders": ["Team"]}, True)])
@pytest.mark.parametrize("way", ["api", "admin"])
def test_another_server_asks_for_the_password_anew(
    owner: Person, way: str, changed: dict[str, object], stays: bool
) -> None:
    source = Source(workspace=owner.workspace, name="Mail", kind=Source.Kind.EMAIL, config=CONFIG)
    source.set_secret("hunter2")
    source.save()
    owner.user.is_staff = True
    owner.user.save()
    client = Client(headers={"host": "localhost"})
    client.force_login(owner.user)
    config = {**CONFIG, **changed}
    if way == "api":
        answer = client.patch(f"/api/sources/{source.pk}", {"config": config}, content_type="application/json")
    else:
        form = {"name": "Mail", "kind": "email", "config": json.dumps(config), "is_active": "on"}
        answer = client.post(f"/admin/ingestion/source/{source.pk}/change/", form)
    assert answer.status_code in (200, 302)
    source.refresh_from_db()
    assert source.config == config
    assert source.has_secret is stays
