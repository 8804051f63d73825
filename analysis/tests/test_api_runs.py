"""`/api/analysis/runs` and `/api/knowledge/extract`."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from analysis import execution, services
from analysis.models import AnalysisRun
from analysis.tests import factories
from tasktracker.core.models import Event, User, Workspace
from tasktracker.core.services import create_token

pytestmark = pytest.mark.django_db

RUNS = "/api/analysis/runs"


def client_of(user: User, workspace: Workspace) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user=user, workspace=workspace)}")
    return client


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


@pytest.fixture
def manager(workspace: Workspace) -> APIClient:
    return client_of(factories.make_user(workspace, "manager"), workspace)


@pytest.fixture
def viewer(workspace: Workspace) -> APIClient:
    return client_of(factories.make_user(workspace, "viewer"), workspace)


@pytest.fixture
def stranger() -> APIClient:
    elsewhere = factories.make_workspace()
    return client_of(factories.make_user(elsewhere, "admin"), elsewhere)


def made(client: APIClient, **body: Any) -> dict[str, Any]:
    answer = client.post(RUNS, {"stage": "knowledge", **body}, format="json")
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_a_new_run_is_pending_and_tells_its_forecast(workspace: Workspace, manager: APIClient) -> None:
    factories.make_chat(workspace, 2)
    run = made(manager)
    assert run["status"] == "pending"
    assert run["forecast"] == {"windows": 2, "calls": 0, "tokens_in": 0, "cost": 0}
    assert run["progress"] == {"done": 0, "total": 0, "failed": 0}
    assert {"messages", "windows", "findings", "proposals", "calls", "tokens_in", "tokens_out", "cost"} <= run.keys()
    assert {"error", "created_at", "started_at", "finished_at"} <= run.keys()


def test_start_sets_it_running_once(manager: APIClient) -> None:
    run = made(manager)
    first = manager.post(f"{RUNS}/{run['id']}/start")
    again = manager.post(f"{RUNS}/{run['id']}/start")
    assert [first.json()["status"], again.json()["status"]] == ["running", "running"]
    assert Event.objects.filter(type="run.started", object_id=run["id"]).count() == 1


def test_what_was_found_is_counted(workspace: Workspace, manager: APIClient) -> None:
    factories.make_chat(workspace, 2)
    run = made(manager)
    services.start_run(run_id=run["id"])
    execution.begin(run_id=run["id"])
    execution.run_lane(run_id=run["id"])
    shown = manager.get(f"{RUNS}/{run['id']}").json()
    assert shown["status"] == "completed"
    assert shown["progress"] == {"done": 2, "total": 2, "failed": 0}
    assert shown["messages"] == 10
    assert shown["findings"] > 0
    assert shown["cost"] == 0
    windows = manager.get(f"{RUNS}/{run['id']}/windows").json()["results"]
    assert [window["messages"] for window in windows] == [5, 5]
    assert manager.get(f"{RUNS}/{run['id']}/windows?status=failed").json()["results"] == []
    assert manager.get(f"{RUNS}/{run['id']}/calls").json()["results"] == []


@pytest.mark.long
def test_the_list_is_filtered_by_stage_and_status(workspace: Workspace, manager: APIClient) -> None:
    made(manager)
    made(manager, stage="tasks")
    assert [run["stage"] for run in manager.get(f"{RUNS}?stage=tasks").json()["results"]] == ["tasks"]
    assert manager.get(f"{RUNS}?status=completed").json()["results"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"stage": "poems"}, "invalid"),
        ({"provider": "gpt"}, "unknown_provider"),
        ({"caps": {"calls": -1}}, "invalid"),
        ({"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "invalid"),
    ],
)
def test_what_cannot_run_is_refused(manager: APIClient, body: dict[str, Any], code: str) -> None:
    answer = manager.post(RUNS, {"stage": "knowledge", **body}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer["Content-Type"] == "application/problem+json"


def test_an_unknown_provider_is_told_with_those_that_there_are(manager: APIClient) -> None:
    answer = manager.post(RUNS, {"stage": "knowledge", "provider": "gpt"}, format="json")
    assert "offline" in answer.json()["detail"]


def test_a_source_of_another_workspace_is_not_found(manager: APIClient) -> None:
    foreign = factories.make_source(factories.make_workspace(), "theirs")
    for wanted in (str(foreign.pk), "theirs"):
        assert manager.post(RUNS, {"stage": "knowledge", "source": wanted}, format="json").status_code == 404


def test_a_second_run_over_the_same_messages_is_told_which_one_is_there(
    workspace: Workspace, manager: APIClient
) -> None:
    first = made(manager)
    manager.post(f"{RUNS}/{first['id']}/start")
    answer = manager.post(RUNS, {"stage": "knowledge"}, format="json")
    assert (answer.status_code, answer.json()["code"], answer.json()["run"]) == (409, "run_live", first["id"])


def test_extract_gives_a_run_that_is_started(workspace: Workspace, manager: APIClient) -> None:
    source = factories.make_source(workspace, "chat")
    answer = manager.post("/api/knowledge/extract", {"source": "chat"}, format="json")
    assert answer.status_code == 202
    run = answer.json()
    assert (run["stage"], run["status"], run["source"]) == ("knowledge", "running", source.pk)


def test_the_same_idempotency_key_makes_one_run(manager: APIClient) -> None:
    answers = [
        manager.post(RUNS, {"stage": "knowledge"}, format="json", headers={"Idempotency-Key": "one"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert AnalysisRun.objects.count() == 1


@pytest.mark.long
def test_cancel_resume_and_close(manager: APIClient) -> None:
    run = made(manager)
    resumed = manager.post(f"{RUNS}/{run['id']}/resume", {"caps": {"calls": 3}}, format="json")
    assert resumed.json()["status"] == "running"
    assert AnalysisRun.objects.get().caps == {"calls": 3}
    assert manager.post(f"{RUNS}/{run['id']}/cancel").json()["status"] == "cancelled"
    refused = manager.post(f"{RUNS}/{run['id']}/start")
    assert (refused.status_code, refused.json()["code"], refused.json()["status"]) == (409, "wrong_state", "cancelled")
    assert manager.post(f"{RUNS}/{run['id']}/close").json()["status"] == "closed"


@pytest.mark.long
def test_a_viewer_reads_and_starts_nothing(workspace: Workspace, viewer: APIClient, manager: APIClient) -> None:
    run = made(manager)
    assert viewer.get(RUNS).status_code == 200
    assert viewer.get(f"{RUNS}/{run['id']}").status_code == 200
    assert viewer.post(RUNS, {"stage": "knowledge"}, format="json").status_code == 403
    assert viewer.post("/api/knowledge/extract", {}, format="json").status_code == 403
    for verb in ("start", "cancel", "resume", "close"):
        assert viewer.post(f"{RUNS}/{run['id']}/{verb}").status_code == 403
    assert AnalysisRun.objects.get().status == "pending"


@pytest.mark.long
def test_a_stranger_finds_nothing(manager: APIClient, stranger: APIClient) -> None:
    run = made(manager)
    assert stranger.get(RUNS).json()["results"] == []
    for path in ("", "/windows", "/calls"):
        assert stranger.get(f"{RUNS}/{run['id']}{path}").status_code == 404
    for verb in ("start", "cancel", "resume", "close"):
        assert stranger.post(f"{RUNS}/{run['id']}/{verb}").status_code == 404
    assert APIClient().get(RUNS).status_code == 401
