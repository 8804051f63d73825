"""`manage.py rotate_keys`: the first key seals everything anew, and the old one may go."""

import json
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import call_command

from analysis.models import Provider
from ingestion.models import Source
from tasktracker.core import crypto
from tasktracker.core.models import Workspace
from tasktracker.management.commands import rotate_keys

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
KEY, SECRET = "sk-CANARY-to-rotate", "123456:CANARY-of-a-bot"


@pytest.fixture
def stored(settings: Any) -> tuple[Provider, Source]:
    """A provider's key and a source's secret under the old key; the new one stands first now."""
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    workspace = Workspace.objects.create(slug="acme", name="Acme")
    provider = Provider(workspace=workspace, name="remote", kind="openai")
    provider.set_api_key(KEY)
    provider.save()
    Provider.objects.create(workspace=workspace, name="without a key", kind="openai")
    source = Source(workspace=workspace, name="bot", kind="telegram")
    source.set_secret(SECRET)
    source.save()
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    return provider, source


def run() -> tuple[dict[str, Any], str]:
    out = StringIO()
    call_command("rotate_keys", "--json", stdout=out)
    return json.loads(out.getvalue()), out.getvalue()


def test_without_the_old_key_everything_still_opens(stored: tuple[Provider, Source], settings: Any) -> None:
    provider, source = stored
    counts, printed = run()
    assert counts["analysis.provider.sealed_api_key"] == {"rotated": 1, "unreadable": 0, "changed": 0}
    assert counts["ingestion.source.sealed_secret"]["rotated"] == 1
    assert KEY not in printed
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    provider.refresh_from_db()
    source.refresh_from_db()
    assert (provider.open_api_key(), source.open_secret()) == (KEY, SECRET)


def test_it_may_run_twice(stored: tuple[Provider, Source], settings: Any) -> None:
    assert run()[0] == run()[0]
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    stored[0].refresh_from_db()
    assert stored[0].open_api_key() == KEY


def test_a_secret_that_is_changed_meanwhile_keeps_its_new_value(
    stored: tuple[Provider, Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, plain = stored[0], crypto.reseal

    def slow(sealed: str) -> str:
        typed = Provider.objects.get(pk=provider.pk)
        typed.set_api_key("sk-typed-meanwhile")
        typed.save()
        return plain(sealed)

    monkeypatch.setattr(crypto, "reseal", slow)
    assert rotate_keys.rotate(Provider, "sealed_api_key") == {"rotated": 0, "unreadable": 0, "changed": 1}
    provider.refresh_from_db()
    assert provider.open_api_key() == "sk-typed-meanwhile"


def test_what_no_key_opens_is_counted_left_as_it_is_and_fails(
    stored: tuple[Provider, Source], settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Provider.objects.get(name="remote").sealed_api_key
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(SystemExit) as ended:
        call_command("rotate_keys")
    assert ended.value.code == 1
    assert "2 can't be opened" in capsys.readouterr().err
    assert Provider.objects.get(name="remote").sealed_api_key == before


def test_every_column_that_is_sealed_is_known() -> None:
    """A sealed value in a column of another name would be lost with the old key."""
    found = {f"{model._meta.label_lower}.{column}" for model, column in rotate_keys.sealed_columns()}
    assert {"analysis.provider.sealed_api_key", "ingestion.source.sealed_secret"} <= found
    named = {
        f"{model._meta.label_lower}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if "sealed" in field.name
    }
    assert named == found
