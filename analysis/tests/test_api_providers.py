"""`/api/providers`, `/api/agents`, `/api/assignments`, `/api/task-configs`."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from analysis.models import Provider
from analysis.tests import factories
from analysis.tests.test_api_runs import client_of
from tasktracker.core.models import Workspace
from tasktracker.tests.fake_llm import MODEL, FakeLLM

pytestmark = pytest.mark.django_db

KEY = "sk-CANARY-4711"


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


@pytest.fixture
def admin(workspace: Workspace) -> APIClient:
    return client_of(factories.make_user(workspace, "admin"), workspace)


def made(client: APIClient, path: str = "providers", **body: Any) -> dict[str, Any]:
    body = {"name": "cloud", "kind": "openai", "default_model": "small", **body} if path == "providers" else body
    answer = client.post(f"/api/{path}", body, format="json")
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_the_offline_engine_is_always_in_the_list(admin: APIClient) -> None:
    (offline,) = admin.get("/api/providers").json()["results"]
    assert (offline["name"], offline["kind"], offline["is_default"], offline["status"]) == (
        *("offline", "offline"),
        *(True, "ready"),
    )
    assert code(admin.delete(f"/api/providers/{offline['id']}")) == (409, "offline_fixed")
    assert code(admin.patch(f"/api/providers/{offline['id']}", {"name": "x"}, format="json")) == (400, "offline_fixed")


def test_a_key_goes_in_and_never_comes_out(admin: APIClient) -> None:
    provider = made(admin, api_key=KEY)
    assert provider["has_key"] is True
    assert Provider.objects.get(pk=provider["id"]).open_api_key() == KEY
    for path in ("", f"/{provider['id']}"):
        answer = admin.get(f"/api/providers{path}")
        assert KEY not in answer.content.decode()
        assert "api_key" not in answer.json()
    assert KEY not in Provider.objects.get(pk=provider["id"]).sealed_api_key


@pytest.mark.long
def test_a_new_host_clears_the_key_and_a_new_path_does_not(admin: APIClient) -> None:
    provider = made(admin, base_url="https://1.1.1.1/v1", api_key=KEY)
    path = f"/api/providers/{provider['id']}"
    assert admin.patch(path, {"base_url": "https://1.1.1.1/v2"}, format="json").json()["has_key"] is True
    assert admin.patch(path, {"name": "renamed"}, format="json").json()["has_key"] is True
    assert admin.patch(path, {"base_url": "https://8.8.8.8/v2"}, format="json").json()["has_key"] is False
    assert admin.patch(path, {"api_key": KEY}, format="json").json()["has_key"] is True
    both = admin.patch(path, {"base_url": "https://1.1.1.1/v1", "api_key": "another"}, format="json")
    assert both.json()["has_key"] is True
    assert Provider.objects.get(pk=provider["id"]).open_api_key() == "another"


@pytest.mark.long
@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:11434", "http://[::1]/v1", "http://169.254.169.254/latest", "http://100.64.0.1/"),
        *("http://[64:ff9b::7f00:1]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://localhost:8000/"),
        "https://user:secret@1.1.1.1/v1",
    ],
)
def test_an_address_inside_the_house_is_refused(admin: APIClient, url: str) -> None:
    answer = admin.post("/api/providers", {"name": "spy", "kind": "openai", "base_url": url}, format="json")
    assert code(answer) == (400, "address_refused")


def test_an_address_that_the_operator_named_is_taken_and_local(admin: APIClient, settings: Any) -> None:
    settings.LLM_ALLOWED_HOSTS = ["127.0.0.1:11434"]
    provider = made(admin, name="mine", kind="ollama", base_url="http://127.0.0.1:11434")
    assert provider["local"] is True
    assert made(admin, name="cloud")["local"] is False


def test_one_provider_is_the_default(admin: APIClient) -> None:
    first = made(admin, name="first", is_default=True)
    second = made(admin, name="second", is_default=True)
    defaults = {row["name"]: row["is_default"] for row in admin.get("/api/providers").json()["results"]}
    assert defaults == {"offline": False, "first": False, "second": True}
    assert admin.delete(f"/api/providers/{second['id']}").status_code == 204
    assert Provider.objects.get(is_default=True).name == "offline"
    assert admin.delete(f"/api/providers/{first['id']}").status_code == 204


def test_a_name_is_taken_once_and_a_provider_in_use_stays(admin: APIClient) -> None:
    provider = made(admin)
    assert code(admin.post("/api/providers", {"name": "cloud", "kind": "openai"}, format="json")) == (409, "name_taken")
    made(admin, "agents", name="reader", purpose="extract_knowledge", provider=provider["id"])
    assert code(admin.delete(f"/api/providers/{provider['id']}")) == (409, "in_use")


def test_status_says_what_is_missing(admin: APIClient, workspace: Workspace) -> None:
    assert made(admin, name="a", default_model="")["status"] == "model_missing"
    assert made(admin, name="b", is_active=False)["status"] == "inactive"
    lost = made(admin, name="c", api_key=KEY)
    Provider.objects.filter(pk=lost["id"]).update(sealed_api_key="v1:damaged")
    assert admin.get(f"/api/providers/{lost['id']}").json()["status"] == "key_unreadable"
    tried = admin.post(f"/api/providers/{lost['id']}/test").json()
    assert (tried["ok"], "Enter it again" in tried["detail"]) == (False, True)
    assert admin.get(f"/api/providers/{lost['id']}/models").status_code == 502


def test_an_agent_s_version_grows_with_each_change(admin: APIClient) -> None:
    provider = made(admin)
    agent = made(admin, "agents", name="reader", purpose="extract_knowledge", provider=provider["id"])
    assert agent["version"] == 1
    path = f"/api/agents/{agent['id']}"
    assert admin.patch(path, {"instructions": "Write in German."}, format="json").json()["version"] == 2
    assert admin.patch(path, {"instructions": "Write in German."}, format="json").json()["version"] == 2


def test_an_assignment_names_an_agent_of_its_purpose_once(admin: APIClient) -> None:
    provider = made(admin)
    agent = made(admin, "agents", name="reader", purpose="extract_knowledge", provider=provider["id"])
    body = {"purpose": "extract_knowledge", "agent": agent["id"]}
    assert made(admin, "assignments", **body)["project"] is None
    assert code(admin.post("/api/assignments", body, format="json")) == (409, "exists")
    wrong = admin.post("/api/assignments", {**body, "purpose": "judge_same"}, format="json")
    assert code(wrong) == (400, "invalid")


def test_task_fields_are_a_schema_of_an_object(admin: APIClient) -> None:
    schema = {"type": "object", "properties": {"severity": {"enum": ["S1", "S2"]}}}
    assert made(admin, "task-configs", name="bugs", schema=schema)["schema"] == schema
    wrong: list[Any] = [{}, [], {"type": "object", "properties": {"x": 1}}, {"type": "array", "properties": {}}]
    for bad in wrong:
        answer = admin.post("/api/task-configs", {"name": "bad", "schema": bad}, format="json")
        assert answer.status_code == 400


def test_rows_of_another_workspace_cannot_be_named(admin: APIClient) -> None:
    foreign = factories.make_provider(factories.make_workspace(), "theirs")
    answer = admin.post("/api/agents", {"name": "spy", "purpose": "classify", "provider": foreign.pk}, format="json")
    assert answer.status_code == 400
    assert admin.get(f"/api/providers/{foreign.pk}").status_code == 404
    assert admin.post(f"/api/providers/{foreign.pk}/test").status_code == 404


def test_only_an_admin_changes_who_answers(workspace: Workspace, admin: APIClient) -> None:
    provider = made(admin)
    manager = client_of(factories.make_user(workspace, "manager"), workspace)
    assert manager.get("/api/providers").status_code == 200
    for answer in (
        manager.post("/api/providers", {"name": "x", "kind": "openai"}, format="json"),
        manager.patch(f"/api/providers/{provider['id']}", {"name": "x"}, format="json"),
        manager.post(f"/api/providers/{provider['id']}/test"),
        manager.get(f"/api/providers/{provider['id']}/models"),
        manager.post("/api/agents", {"name": "x"}, format="json"),
        manager.post("/api/assignments", {}, format="json"),
    ):
        assert answer.status_code == 403


@pytest.mark.long
def test_a_provider_is_tried_over_the_wire(admin: APIClient, settings: Any) -> None:
    with FakeLLM() as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        for kind, url in (("ollama", fake.url), ("openai", fake.openai_url)):
            provider = made(admin, name=kind, kind=kind, base_url=url, default_model=MODEL, api_key=KEY)
            path = f"/api/providers/{provider['id']}"
            answer = admin.post(f"{path}/test").json()
            known = {"structured": "yes", "context_tokens": 8192} if kind == "ollama" else {}
            assert answer == {
                "ok": True,
                "detail": "It answers.",
                "models": [MODEL],
                **({"structured": "unknown", "context_tokens": None} | known),
            }
            assert admin.get(f"{path}/models").json() == {"models": [MODEL]}
        assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in fake.received)
        admin.patch(path, {"default_model": "other"}, format="json")
        assert "no model other" in admin.post(f"{path}/test").json()["detail"]
    gone = admin.post(f"{path}/test").json()
    assert (gone["ok"], gone["models"]) == (False, [])
    assert admin.get(f"{path}/models").status_code == 503


@pytest.mark.long
def test_the_offline_agent_answers_a_text_at_once(admin: APIClient) -> None:
    offline = admin.get("/api/providers").json()["results"][0]
    agent = made(admin, "agents", name="rules", purpose="extract_knowledge", provider=offline["id"])
    answer = admin.post(f"/api/agents/{agent['id']}/test", {"text": factories.TALK[0][1]}, format="json")
    assert answer.status_code == 200
    assert answer.json()["answer"]["atoms"][0]["type"] == "problem"
    assert admin.post(f"/api/agents/{agent['id']}/test", {}, format="json").status_code == 400
