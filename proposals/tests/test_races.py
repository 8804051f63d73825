"""Many reviewers at once: each proposal is decided once, each effect happens once, nobody deadlocks."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analysis.models import AnalysisRun, Finding
from knowledge.models import Atom, Memory, Task, Topic
from proposals import intake, services
from proposals.intakeworld import World
from proposals.models import Evidence, Intake, Proposal, ReviewAction
from proposals.tests.factories import make_finding, make_proposal, make_quote, make_run, make_user, make_workspace
from tasktracker.core.errors import Conflict
from tasktracker.core.models import StatusChange, User, Workspace
from tasktracker.tests.support import count

THREADS = 8
EACH = count(4, 200)


def at_once(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run jobs in threads that start together; what each returned, or the exception that it raised."""
    gate = threading.Barrier(len(jobs), timeout=30)

    def run(job: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return job()
        except Exception as error:  # noqa: BLE001  # the test looks at every one of them
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def check_world(workspace: Workspace) -> None:
    """At most one standing decision each, one effect for each approval, no effect without one."""
    for proposal in Proposal.objects.filter(workspace=workspace):
        standing = proposal.actions.filter(undone_at=None, verb__in=["approve", "reject", "merge"])
        assert standing.count() == (1 if proposal.decided_at else 0), proposal.status
    approved = Proposal.objects.filter(workspace=workspace, status="approved")
    for kind, model in (("topic", Topic), ("atom", Atom), ("task", Task)):
        made: Any = model
        ids = {p.created_id for p in approved if p.kind == kind}
        assert set(made.objects.filter(workspace=workspace).values_list("pk", flat=True)) == ids
    rejected = set(Proposal.objects.filter(status="rejected").values_list("fingerprint", flat=True))
    assert set(Memory.objects.filter(kind="rejected").values_list("fingerprint", flat=True)) == rejected


@pytest.mark.django_db(transaction=True)
def test_eight_reviewers_approve_the_same_and_one_wins() -> None:
    workspace = make_workspace()
    users = [make_user(workspace) for _ in range(THREADS)]
    for _ in range(count(2, 50)):
        proposal = make_proposal(workspace, "task")
        answers = at_once([lambda u=user, pk=proposal.pk: services.approve(proposal_id=pk, by=u) for user in users])
        losers = [answer for answer in answers if isinstance(answer, Exception)]
        proposal.refresh_from_db()
        assert proposal.decided_by is not None
        assert len(losers) == THREADS - 1
        for error in losers:
            assert isinstance(error, Conflict), error
            assert error.error_code == "already_decided"
            assert error.extra == {"decided_by": proposal.decided_by.username, "status": "approved"}
        assert StatusChange.objects.filter(object_id=proposal.pk, to_status="approved").count() == 1
    assert Task.objects.count() == Proposal.objects.count()


@pytest.mark.django_db(transaction=True)
def test_approve_reject_edit_merge_supersede_and_undo_mixed() -> None:
    workspace = make_workspace()
    users = [make_user(workspace) for _ in range(count(5, THREADS))]
    proposals = [
        make_proposal(workspace, kind, payload={"topic": "Billing"} if kind == "atom" else None)
        for kind in ["topic", "atom", "task", "atom"] * ((EACH + 3) // 4)
    ]
    ids = {kind: [p.pk for p in proposals if p.kind == kind] for kind in ("topic", "atom", "task")}
    heading = {"topic": "name", "atom": "title", "task": "title"}

    def review(user: User, seed: int) -> list[Exception]:
        rng = random.Random(seed)
        odd: list[Exception] = []
        for proposal in rng.sample(proposals, len(proposals)):
            pk, kind = proposal.pk, proposal.kind
            deeds: list[Callable[[], Any]] = [
                lambda pk=pk: services.approve(proposal_id=pk, by=user),
                lambda pk=pk: services.reject(proposal_id=pk, by=user, reason="noise"),
                lambda pk=pk: services.undo(proposal_id=pk, by=user, confirm=True),
                lambda pk=pk, key=heading[kind]: services.edit(proposal_id=pk, by=user, fields={key: f"By {seed}"}),
                lambda pk=pk, kind=kind: services.merge(proposal_id=pk, by=user, into_id=rng.choice(ids[kind])),
                lambda pk=pk: services.supersede(proposal_id=pk),
            ]
            for deed in rng.choices(deeds, weights=[3, 2, 3, 1, 1, 1], k=2):
                try:
                    deed()
                except Conflict:
                    continue
                except Exception as error:  # noqa: BLE001
                    if getattr(error, "error_code", "") != "invalid":  # merged into itself
                        odd.append(error)
        return odd

    answers = at_once([lambda u=user, n=n: review(u, n) for n, user in enumerate(users)])
    assert answers == [[]] * len(users)
    check_world(workspace)
    for proposal in Proposal.objects.exclude(status="pending"):
        while proposal.status != "pending":
            proposal = services.undo(proposal_id=proposal.pk, by=users[0], confirm=True)
    check_world(workspace)


@pytest.mark.django_db(transaction=True)
def test_one_run_is_taken_in_by_four_jobs_once() -> None:
    workspace = make_workspace()
    run = make_run(workspace)
    quote = make_quote(workspace)
    for number in range(count(12, 400)):
        make_finding(run, "topic", f"Topic {number % 9}", quotes=[quote])
    answers = at_once([lambda: services.take_in(run_id=run.pk)] * 4)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert sum(sum(answer.values()) for answer in answers) == Intake.objects.count()
    assert (Proposal.objects.count(), Evidence.objects.count()) == (9, 9)


@pytest.mark.django_db(transaction=True)
def test_taking_in_beside_reviewers_breaks_nothing() -> None:
    workspace = make_workspace()
    users = [make_user(workspace) for _ in range(3)]
    runs = [make_run(workspace) for _ in range(3)]
    for number in range(count(18, 300)):
        make_finding(runs[number % 3], "topic", f"Topic {number % 6}")

    def review(user: User) -> None:
        for _ in range(3):
            for pk in list(Proposal.objects.values_list("pk", flat=True)):
                for deed in (services.approve, services.undo):
                    try:
                        deed(proposal_id=pk, by=user)
                    except Conflict:
                        continue

    def take(run: AnalysisRun) -> None:
        services.take_in(run_id=run.pk)

    jobs: list[Callable[[], Any]] = [lambda u=user: review(u) for user in users]
    jobs += [lambda r=run: take(r) for run in runs]
    assert at_once(jobs) == [None] * 6
    check_world(workspace)
    assert Intake.objects.count() == count(18, 300)


@pytest.mark.django_db
def test_the_row_is_locked_before_it_is_read() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    proposal = make_proposal(workspace, "task")
    with CaptureQueriesContext(connection) as seen:
        services.approve(proposal_id=proposal.pk, by=alice)
    reads = [q["sql"] for q in seen if '"proposals_proposal"."status"' in q["sql"] and q["sql"].startswith("SELECT")]
    assert "FOR UPDATE" in reads[0]
    first = [q["sql"] for q in seen if q["sql"].startswith("SELECT")][:2]
    assert "workspace_id" in first[0]
    assert "pg_advisory_xact_lock" in first[1], "the desk is held before any row of it is read"
    assert ReviewAction.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_proposal_opened_behind_the_desk_makes_intake_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = make_workspace()
    run = make_run(workspace)
    finding = make_finding(run, "topic", "Billing")
    met: list[int] = []

    class Interrupted(World):
        """The world as it was a moment before somebody else opened a proposal."""

        def __init__(self, workspace_id: int, findings: list[Finding]) -> None:
            super().__init__(workspace_id, findings)
            if not met:
                met.append(1)
                made = at_once([lambda: make_proposal(workspace, "topic", fingerprint=finding.fingerprint)])
                assert isinstance(made[0], Proposal)

    monkeypatch.setattr(intake, "World", Interrupted)
    assert services.take_in(run_id=run.pk) == {"repeated": 1}
    assert Proposal.objects.get().evidence.count() == 2
