"""`/api/stats/learning` and `/api/auto-approvals`."""

from typing import Any

import pytest

from proposals.models import AutoApproval
from proposals.tests.factories import make_decided
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Person:
    return make_person("mona", role="manager")


def decide(person: Person, count: int, **more: Any) -> None:
    make_decided(person.workspace, person.user, count, **more)


def post(person: Person, **body: Any) -> Any:
    return person.api.post("/api/auto-approvals", {"kind": "atom", "threshold": 0.92, **body}, format="json")


def test_the_figures_as_a_viewer_reads_them(manager: Person) -> None:
    decide(manager, 5, wrong=1)
    viewer = make_person("vera", role="viewer")
    body = viewer.api.get("/api/stats/learning").json()
    assert set(body) == {"by_version", "calibration", "what_if", "samples"}
    assert body["by_version"][0]["decided"] == 5
    assert body["by_version"][0]["reasons"] == {"noise": 1}
    all_of_it, *kinds = body["calibration"]
    assert [all_of_it["kind"], *(one["kind"] for one in kinds)] == ["all", "topic", "atom", "task"]
    assert all_of_it["error"] == pytest.approx(0.15)
    assert len(all_of_it["bins"]) == 10
    assert all_of_it["bins"][9]["share"] == pytest.approx(0.8)
    at = next(row for row in body["what_if"] if (row["kind"], row["threshold"]) == ("atom", 0.85))
    assert (at["approved"], at["wrong"]) == (5, 1)


def test_a_policy_is_made_off_and_shows_what_it_would_have_done(manager: Person) -> None:
    decide(manager, 22, wrong=2)
    answer = post(manager)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["is_active"], body["sample_rate"], body["set_by"]) == (False, 0.1, "mona")
    assert (body["would_have"]["approved"], body["would_have"]["wrong"]) == (22, 2)
    assert (body["engine"], body["resting"]) == ("the offline engine", False)
    assert "approved 20 of the 22" in body["missing"]
    decide(manager, 3)
    at = f"/api/auto-approvals/{body['id']}"
    assert manager.api.patch(at, {"is_active": True}, format="json").json()["is_active"] is True
    # another threshold is looked at first, too
    assert manager.api.patch(at, {"threshold": 0.9}, format="json").json()["is_active"] is False
    assert manager.api.delete(at).status_code == 204
    assert not AutoApproval.objects.exists()


def test_it_cannot_be_turned_on_unseen(manager: Person) -> None:
    decide(manager, 20)
    answer = post(manager, is_active=True)
    assert (answer.status_code, answer.json()["code"]) == (400, "see_first")
    at = f"/api/auto-approvals/{post(manager).json()['id']}"
    answer = manager.api.patch(at, {"is_active": True, "threshold": 0.9}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "see_first")
    assert not AutoApproval.objects.get().is_active
    assert AutoApproval.objects.get().threshold == 0.92


@pytest.mark.long
@pytest.mark.parametrize(("decided", "status"), some([(19, 409), (20, 200)], 2))
def test_below_twenty_decisions_of_its_kind_it_is_refused(manager: Person, decided: int, status: int) -> None:
    decide(manager, decided)
    decide(manager, 5, kind="task")
    at = f"/api/auto-approvals/{post(manager).json()['id']}"
    answer = manager.api.patch(at, {"is_active": True}, format="json")
    assert answer.status_code == status
    if status == 409:
        assert (answer.json()["code"], answer.json()["decided"], answer.json()["needed"]) == (
            "too_few_decisions",
            19,
            20,
        )
        assert "Decide 1 more" in answer.json()["detail"]
    else:
        assert (answer.json()["missing"], answer.json()["is_active"]) == ("", True)


@pytest.mark.long
def test_too_little_agreement_is_refused_with_what_is_missing(manager: Person) -> None:
    decide(manager, 25, wrong=3)
    at = f"/api/auto-approvals/{post(manager).json()['id']}"
    answer = manager.api.patch(at, {"is_active": True}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_little_agreement")
    assert (answer.json()["agreement"], answer.json()["agreement_needed"]) == (0.88, 0.92)
    assert not AutoApproval.objects.get().is_active


@pytest.mark.long
@pytest.mark.parametrize(
    "body",
    some(
        [
            *({"threshold": value} for value in (0.84, 1.01, "NaN", -1)),
            *({"sample_rate": value} for value in (0, 0.009, 1.1)),
            {"kind": "message"},
        ],
        2,
        1,
    ),
)
def test_what_makes_no_sense_is_refused(manager: Person, body: dict[str, Any]) -> None:
    assert post(manager, **body).status_code == 400
    assert not AutoApproval.objects.exists()


def test_one_policy_for_each_kind(manager: Person) -> None:
    first = post(manager).json()
    again = post(manager)
    assert (again.status_code, again.json()["code"]) == (409, "exists")
    moved = manager.api.patch(f"/api/auto-approvals/{first['id']}", {"kind": "task"}, format="json")
    assert moved.status_code == 400


@pytest.mark.long
def test_a_reviewer_may_look_and_not_change(manager: Person) -> None:
    at = f"/api/auto-approvals/{post(manager).json()['id']}"
    reviewer = make_person("rita", role="reviewer")
    assert reviewer.api.get(at).status_code == 200
    assert post(reviewer, kind="task").status_code == 403
    assert reviewer.api.patch(at, {"threshold": 0.99}, format="json").status_code == 403
    assert reviewer.api.delete(at).status_code == 403
    assert make_person("zoe", workspace="elsewhere", role="admin").api.get(at).status_code == 404
