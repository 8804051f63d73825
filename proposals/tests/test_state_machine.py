"""A plain model of the desk against the real one: any sequence of deeds leaves both in the same state."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from knowledge.models import Memory, Task
from proposals import services
from proposals.models import Evidence, Intake, Proposal
from proposals.tests.factories import make_finding, make_quote, make_run, make_user, make_workspace
from tasktracker.core.errors import Conflict
from tasktracker.tests.support import count

Deed = Callable[[], Any]
OPEN = ("pending", "needs_evidence", "snoozed")
NAMES = ("Export", "Login", "Search")


@dataclass
class Believed:
    """What the model believes of one proposal: its status, and the statuses that its deeds can go back to."""

    name: str
    status: str
    title: str
    proven: bool = True
    past: list[tuple[str, str, str]] = field(default_factory=list)  # verb, status before, title before
    decided_by: int | None = None
    target: int | None = None  # the task that it would update
    made: int | None = None  # the task that its approval made or updated
    place: int = 0  # in the order of decisions


class Desk(RuleBasedStateMachine):
    """Tasks only: their effects are counted, and none builds on another."""

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.workspace = make_workspace()
        self.people = [make_user(self.workspace) for _ in range(2)]
        self.run = make_run(self.workspace, "tasks")
        self.believed: dict[int, Believed] = {}
        self.findings = self.decisions = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    # --- what happens -----------------------------------------------------------------------------------------------
    @rule(name=st.sampled_from(NAMES), proven=st.booleans())
    def a_finding_comes(self, name: str, proven: bool) -> None:
        quotes = [make_quote(self.workspace, text=f"{name} {self.findings}")] if proven else []
        make_finding(self.run, "task", name, quotes=quotes, unproven=not proven)
        self.findings += 1
        outcome = services.take_in(run_id=self.run.pk)
        waits = [b for b in self.believed.values() if b.name == name and b.status in OPEN]
        if waits:
            assert outcome == {"repeated": 1}
            if proven:
                waits[0].proven = True
                if waits[0].status == "needs_evidence":
                    waits[0].status = "pending"
            return
        assert sum(outcome.values()) == 1
        for row in Proposal.objects.filter(workspace=self.workspace).exclude(pk__in=self.believed):
            assert row.status == ("pending" if row.evidence.exists() else "needs_evidence")
            proven = row.evidence.exists()
            self.believed[row.pk] = Believed(name, row.status, row.title, proven=proven, target=row.target_id)

    @precondition(lambda self: self.believed)
    @rule(data=st.data(), who=st.integers(0, 1), title=st.sampled_from(["", "Edited"]))
    def approve(self, data: Any, who: int, title: str) -> None:
        pk, known = self.one(data)
        edits = {"title": title} if title else None
        deed: Deed = lambda: services.approve(proposal_id=pk, by=self.people[who], edits=edits)  # noqa: E731
        if known.status in OPEN and known.status != "pending" and not known.proven:
            self.refused(deed, "needs_evidence")
        else:
            self.decide(known, "approved", who, deed, title)

    @precondition(lambda self: self.believed)
    @rule(data=st.data(), who=st.integers(0, 1))
    def reject(self, data: Any, who: int) -> None:
        pk, known = self.one(data)
        deed: Deed = lambda: services.reject(proposal_id=pk, by=self.people[who], reason="noise")  # noqa: E731
        self.decide(known, "rejected", who, deed)

    @precondition(lambda self: self.believed)
    @rule(data=st.data(), who=st.integers(0, 1))
    def edit(self, data: Any, who: int) -> None:
        pk, known = self.one(data)
        deed: Deed = lambda: services.edit(proposal_id=pk, by=self.people[who], fields={"title": "New"})  # noqa: E731
        if known.status not in OPEN:
            self.refused(deed, "superseded" if known.status == "superseded" else "already_decided")
            return
        deed()
        if known.title != "New":
            known.past.append(("edit", known.status, known.title))
            known.title = "New"

    @precondition(lambda self: self.believed)
    @rule(data=st.data(), who=st.integers(0, 1), days=st.integers(1, 9))
    def snooze(self, data: Any, who: int, days: int) -> None:
        pk, known = self.one(data)
        until = timezone.now() + timedelta(days=days)
        deed: Deed = lambda: services.snooze(proposal_id=pk, by=self.people[who], until=until)  # noqa: E731
        if known.status not in OPEN:
            self.refused(deed, "superseded" if known.status == "superseded" else "already_decided")
            return
        deed()
        known.past.append(("snooze", known.status, known.title))
        known.status = "snoozed"

    @rule()
    def time_passes(self) -> None:
        Proposal.objects.filter(status="snoozed").update(snoozed_until=timezone.now())
        services.wake_snoozed()
        for known in self.believed.values():
            if known.status == "snoozed":
                known.status = "pending" if known.proven else "needs_evidence"
            if known.status in OPEN:
                known.past = [one for one in known.past if one[0] != "snooze"]

    @precondition(lambda self: self.believed)
    @rule(data=st.data())
    def supersede(self, data: Any) -> None:
        pk, known = self.one(data)
        if known.status in ("approved", "rejected", "merged"):
            self.refused(lambda: services.supersede(proposal_id=pk), "already_decided")
            return
        services.supersede(proposal_id=pk)
        if known.status != "superseded":
            known.past.append(("supersede", known.status, known.title))
            known.status = "superseded"

    @precondition(lambda self: self.believed)
    @rule(data=st.data(), who=st.integers(0, 1))
    def undo(self, data: Any, who: int) -> None:
        pk, known = self.one(data)
        deed: Deed = lambda: services.undo(proposal_id=pk, by=self.people[who], confirm=True)  # noqa: E731
        if not known.past:
            with suppress(Conflict):  # quiet for the one who took it back last
                deed()
            return
        rests = [b for b in self.believed.values() if known.made and b is not known and b.made == known.made]
        deed()
        if known.status == "approved" and known.target != known.made:  # it made the task: its updates go first
            for other in sorted(rests, key=lambda b: -b.place):
                self.take_back(other, who)
        self.take_back(known, who)

    def take_back(self, known: Believed, who: int) -> None:
        verb, status, known.title = known.past.pop()
        if verb == "edit":
            return
        known.made = None
        twins = [b for b in self.believed.values() if b is not known and b.name == known.name and b.status in OPEN]
        if not twins or known.status in OPEN:
            known.status = "pending" if status == "needs_evidence" and known.proven else status
            return
        known.status, known.decided_by = "merged", who
        known.past = []  # what lies below is never taken back
        twins[0].proven = twins[0].proven or known.proven
        if twins[0].status == "needs_evidence" and twins[0].proven:
            twins[0].status = "pending"

    # --- what must hold ---------------------------------------------------------------------------------------------
    @invariant()
    def both_agree(self) -> None:
        rows = {row.pk: row for row in Proposal.objects.filter(workspace=self.workspace)}
        assert {pk: row.status for pk, row in rows.items()} == {pk: b.status for pk, b in self.believed.items()}
        assert {pk: row.title for pk, row in rows.items()} == {pk: b.title for pk, b in self.believed.items()}

    @invariant()
    def one_effect_for_each_approval(self) -> None:
        approved = Proposal.objects.filter(workspace=self.workspace, status="approved")
        new = {row.created_id for row in approved}
        assert set(Task.objects.filter(workspace=self.workspace).values_list("pk", flat=True)) == new
        assert Intake.objects.filter(finding__workspace=self.workspace).count() == self.findings

    @invariant()
    def memory_follows_the_rejections(self) -> None:
        refused = Proposal.objects.filter(workspace=self.workspace, status="rejected")
        memories = Memory.objects.filter(workspace=self.workspace, kind="rejected")
        approved = Proposal.objects.filter(workspace=self.workspace, status="approved")
        remembered = set(memories.values_list("fingerprint", flat=True))
        assert remembered <= set(refused.values_list("fingerprint", flat=True))
        missing = set(refused.values_list("fingerprint", flat=True)) - remembered
        assert missing <= set(approved.values_list("fingerprint", flat=True)), "only an approval forgets"

    @invariant()
    def what_waits_for_a_decision_has_evidence(self) -> None:
        bare = Proposal.objects.filter(workspace=self.workspace, status="pending")
        assert set(bare.values_list("pk", flat=True)) <= set(Evidence.objects.values_list("proposal_id", flat=True))

    # --- helpers ----------------------------------------------------------------------------------------------------
    def one(self, data: Any) -> tuple[int, Believed]:
        pk = data.draw(st.sampled_from(sorted(self.believed)))
        return pk, self.believed[pk]

    def decide(self, known: Believed, to: str, who: int, deed: Deed, title: str = "") -> None:
        if known.status == to and known.decided_by == who:
            deed()
        elif known.status not in OPEN:
            self.refused(deed, "superseded" if known.status == "superseded" else "already_decided")
        else:
            row = deed()
            self.decisions += 1
            known.past.append((to, known.status, known.title))
            known.status, known.title, known.decided_by = to, title or known.title, who
            known.made, known.place = row.created_id, self.decisions

    def refused(self, deed: Deed, code: str) -> None:
        with pytest.raises(Conflict) as caught:
            deed()
        assert caught.value.error_code == code


@pytest.mark.django_db
def test_the_desk_agrees_with_its_model() -> None:
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=count(2, 500),
            stateful_step_count=count(16, 60),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
