"""The administration saves through the services: addresses, keys, versions, what belongs together."""

import socket
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client

from analysis import providers
from analysis.models import Agent, Assignment, Provider, TaskConfig
from knowledge.models import Project
from tasktracker.core.tests.factories import Person
from tasktracker.tests.rows import make
from tasktracker.tests.support import some
from tasktracker.tests.test_admin_walls import as_typed, browser_of, page_of

pytestmark = pytest.mark.django_db
KEY = "sk-secret-of-a-provider"


@pytest.fixture
def browser(owner: Person) -> Client:
    return browser_of(owner.user)


@pytest.fixture
def remote(owner: Person) -> Provider:
    provider = Provider(workspace=owner.workspace, name="remote", kind="openai", base_url="https://1.1.1.1/v1")
    provider.set_api_key(KEY)
    provider.save()
    return provider


def change(browser: Client, row: Model, **values: Any) -> Any:
    path = page_of(type(row), row)
    return browser.post(path, as_typed(browser, path) | values)


def test_s8_a_new_host_clears_the_key_and_a_new_path_keeps_it(browser: Client, remote: Provider) -> None:
    assert change(browser, remote, base_url="https://1.1.1.1/v2", default_model="m").status_code == 302
    remote.refresh_from_db()
    assert (remote.base_url, remote.default_model, remote.open_api_key()) == ("https://1.1.1.1/v2", "m", KEY)
    assert change(browser, remote, base_url="https://8.8.8.8/v2").status_code == 302
    remote.refresh_from_db()
    assert (remote.base_url, remote.has_key) == ("https://8.8.8.8/v2", False)
    assert change(browser, remote, base_url="https://1.1.1.1/v1", api_key="another").status_code == 302
    remote.refresh_from_db()
    assert remote.open_api_key() == "another"


@pytest.mark.parametrize(
    "url",
    some(
        ["http://127.0.0.1:11434", "http://169.254.169.254/", "http://[::1]/", "https://a:b@1.1.1.1/", "10.0.0.1/v1"], 3
    ),
)
def test_s7_an_address_inside_the_house_is_refused(browser: Client, remote: Provider, url: str) -> None:
    assert change(browser, remote, base_url=url).status_code == 400
    new = {"workspace": remote.workspace_id, "name": "spy", "kind": "openai", "base_url": url}
    limits = {"context_tokens": 8192, "concurrency": 2, "timeout_seconds": 60}
    assert browser.post(page_of(Provider), new | limits).status_code == 400
    assert list(Provider.objects.filter(kind="openai").values_list("base_url")) == [("https://1.1.1.1/v1",)]
    good = browser.post(page_of(Provider), new | limits | {"base_url": "https://1.1.1.1/v1", "api_key": KEY})
    assert good.status_code == 302
    assert Provider.objects.get(name="spy").open_api_key() == KEY


@pytest.mark.long
def test_the_offline_engine_keeps_its_name_and_stays(browser: Client, owner: Person) -> None:
    offline = providers.ensure_offline_provider(workspace=owner.workspace)
    assert change(browser, offline, name="online").status_code == 400
    path = page_of(Provider, offline).replace("change", "delete")
    assert browser.post(path, {"post": "yes"}).status_code == 409
    listed = {"action": "delete_selected", "_selected_action": [offline.pk], "post": "yes"}
    assert browser.post("/admin/analysis/provider/", listed).status_code == 409
    assert Provider.objects.get().name == "offline"


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_names_are_resolved_before_the_transaction_of_the_form(
    browser: Client, remote: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def resolve(host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        seen.append(connection.in_atomic_block)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", port))]

    path = page_of(Provider, remote)
    data = as_typed(browser, path) | {"base_url": "https://models.example/v1"}
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert browser.post(path, data).status_code == 302
    assert seen == [False]


@pytest.mark.long
def test_an_agent_s_version_grows_with_each_change(browser: Client, owner: Person) -> None:
    agent = make(Agent, owner.workspace)
    for instructions, version in (("Write in German.", 2), ("Write in German.", 2), ("Write in French.", 3)):
        assert change(browser, agent, instructions=instructions).status_code == 302
        agent.refresh_from_db()
        assert (agent.instructions, agent.version) == (instructions, version)


@pytest.mark.long
def test_a_project_s_version_grows_too(browser: Client, owner: Person) -> None:
    project = make(Project, owner.workspace)
    assert change(browser, project, description="What it is for").status_code == 302
    project.refresh_from_db()
    assert (project.description, project.version) == ("What it is for", "1.0.1")


@pytest.mark.long
def test_an_assignment_names_an_agent_of_its_purpose(browser: Client, owner: Person) -> None:
    assignment = make(Assignment, owner.workspace)
    answer = change(browser, assignment, purpose="judge_same")
    assert "This agent is for classify." in str(answer.context["adminform"].form.errors["agent"])


@pytest.mark.long
def test_extra_fields_are_described_as_the_api_wants_it(browser: Client, owner: Person) -> None:
    path = page_of(TaskConfig, make(TaskConfig, owner.workspace))
    data = as_typed(browser, path)
    for schema in some(["[]", '{"type": "array"}', '{"type": "object", "properties": {"a": 1}}'], 2):
        answer = browser.post(path, data | {"schema": schema})
        assert "schema" in answer.context["adminform"].form.errors, schema
