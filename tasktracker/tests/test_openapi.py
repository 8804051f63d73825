"""The OpenAPI description: valid, without a warning, and it says how to log in."""

from pathlib import Path

import pytest
from django.core.management import call_command

from tasktracker.core.tests.factories import Person
from tasktracker.tests.support import some


def test_the_description_is_valid_and_without_a_warning(tmp_path: Path) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))
    text = (tmp_path / "schema.yaml").read_text()
    for path in ("/api/messages:", "/api/analysis/runs:", "/api/proposals/{id}/approve:", "/api/tasks/{id}/trail:"):
        assert path in text
    assert "scheme: bearer" in text


@pytest.mark.parametrize("path", some(["/api/docs", "/api/schema"], 2))
def test_it_is_for_people_with_a_login(owner: Person, path: str) -> None:
    assert owner.browser.get(path).status_code == 200
    api = owner.api
    api.credentials()
    assert api.get(path).status_code == 401
