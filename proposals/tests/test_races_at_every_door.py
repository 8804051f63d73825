"""Eight reviewers at once, through API, page and administration: one effect each, no deadlock, a whole history.

And the other way round: with the lock taken away the same desk is seen to break.
"""

import random
import threading
from collections import Counter
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from knowledge import desk
from knowledge.models import Task, Topic
from proposals import services, transitions
from proposals.models import Proposal, ReviewAction
from proposals.tests.factories import make_proposal, make_workspace
from proposals.tests.test_races import THREADS, at_once, check_world
from tasktracker.core import transitions as engine
from tasktracker.core.errors import Conflict
from tasktracker.core.models import Event, StatusChange, Workspace
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.support import count

EACH = count(10, 200)
KINDS = ("topic", "atom", "task")
HEADING = {"topic": "name", "atom": "title", "task": "title"}
# What a door answers when it did as asked, or told who was first. Anything else is a fault: 500, a deadlock, a 404.
FINE = {HTTPStatus.OK, HTTPStatus.FOUND, HTTPStatus.CONFLICT}
VERBS = {"approve": 4, "reject": 2, "undo": 3, "edit": 2, "merge": 1}


class Door:
    """A reviewer's way to the desk: `do` asks for one verb and gives the status of the answer."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.client = Client(headers={"host": "localhost"}, raise_request_exception=False)
        self.client.force_login(person.user)

    def do(self, verb: str, proposal: Proposal, other: Proposal) -> int:
        raise NotImplementedError


class Api(Door):
    """Bearer token, JSON."""

    def do(self, verb: str, proposal: Proposal, other: Proposal) -> int:
        at = f"/api/proposals/{proposal.pk}"
        bodies: dict[str, dict[str, Any]] = {
            "reject": {"reason": "noise"},
            "undo": {"confirm": True},
            "merge": {"into": {"kind": "proposal", "id": other.pk}},
        }
        if verb == "edit":
            answer = self.person.api.patch(at, {HEADING[proposal.kind]: f"By {self.person.user}"}, format="json")
        else:
            answer = self.person.api.post(f"{at}/{verb}", bodies.get(verb, {}), format="json")
        return int(answer.status_code)


class Pages(Door):
    """The forms of the desk, as htmx sends them."""

    def do(self, verb: str, proposal: Proposal, other: Proposal) -> int:
        at = f"/review/{proposal.pk}/{verb}/"
        bodies = {
            "reject": {"reason": "noise"},
            "undo": {"confirm": "true"},
            "merge": {"into": f"proposal-{other.pk}"},
            "edit": {**self._form(proposal), HEADING[proposal.kind]: f"By {self.person.user}"},
        }
        return int(self.client.post(at, bodies.get(verb, {}), headers={"HX-Request": "true"}).status_code)

    @staticmethod
    def _form(proposal: Proposal) -> dict[str, Any]:
        known = {key: value for key, value in proposal.payload.items() if isinstance(value, str) and value}
        return {"type": "problem", "category": "bug", "priority": "medium", **known}


class Admin(Door):
    """The actions of the administration's list; it has no edit and no merge, so it approves and rejects instead."""

    ACTIONS = {"approve": "approve", "reject": "reject_as_noise", "undo": "undo", "edit": "approve", "merge": "undo"}

    def do(self, verb: str, proposal: Proposal, other: Proposal) -> int:
        data = {"action": self.ACTIONS[verb], "_selected_action": [proposal.pk]}
        answer = self.client.post("/admin/proposals/proposal/", data)
        let_in = "/login/" not in answer.headers.get("Location", "")
        return int(answer.status_code) if let_in else HTTPStatus.UNAUTHORIZED


def doors() -> list[Door]:
    """One reviewer for each thread: the API and the page for most, the administration for two."""
    kinds: list[type[Door]] = [Api, Pages, Api, Pages, Admin, Api, Pages, Admin]
    return [kind(make_person(f"r{n}", role="manager")) for n, kind in enumerate(kinds[:THREADS])]


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_every_door_at_once_one_effect_each_and_a_whole_history() -> None:
    people = doors()
    room = people[0].person.workspace
    proposals = [
        make_proposal(room, kind, payload={"topic": "Billing"} if kind == "atom" else None)
        for kind in [KINDS[n % 3] for n in range(EACH)]
    ]
    alike = {kind: [one for one in proposals if one.kind == kind] for kind in KINDS}

    def review(door: Door, seed: int) -> Counter[int]:
        rng = random.Random(seed)
        answers: Counter[int] = Counter()
        for proposal in rng.sample(proposals, len(proposals)):
            verb = rng.choices([*VERBS], weights=[*VERBS.values()])[0]
            other = rng.choice([one for one in alike[proposal.kind] if one != proposal])
            answers[door.do(verb, proposal, other)] += 1
        return answers

    answers = at_once([lambda d=door, n=n: review(d, n) for n, door in enumerate(people)])
    faults = [one for one in answers if isinstance(one, Exception)]
    assert not faults, faults
    total = sum(answers, Counter[int]())
    assert sum(total.values()) == THREADS * EACH
    assert set(total) <= FINE, total
    assert total[HTTPStatus.CONFLICT] > 0, "nobody met anybody: this was no race"
    check_world(room)
    check_history(proposals)


def check_history(proposals: list[Proposal]) -> None:
    """Each status follows from the one before it, the last is the row's, and each standing decision has its event."""
    for proposal in proposals:
        proposal.refresh_from_db()
        moves = list(
            StatusChange.objects.filter(kind="proposals.proposal", object_id=proposal.pk)
            .order_by("id")
            .values_list("from_status", "to_status")
        )
        chain = ["pending", *(to for _, to in moves)]
        assert [start for start, _ in moves] == chain[:-1], moves
        assert chain[-1] == proposal.status, moves
        decided = ReviewAction.objects.filter(proposal=proposal, verb__in=["approve", "reject", "merge"])
        told = Event.objects.filter(
            object_kind="proposal",
            object_id=proposal.pk,
            type__in=["proposal.approved", "proposal.rejected", "proposal.merged"],
        )
        assert decided.count() == told.count(), (proposal.pk, moves)


@pytest.mark.django_db(transaction=True)
def test_eight_at_every_door_approve_the_same_and_one_wins() -> None:
    people = doors()
    room = people[0].person.workspace
    for _ in range(count(1, 40)):
        proposal = make_proposal(room, "task")
        answers = at_once([lambda d=door, p=proposal: d.do("approve", p, p) for door in people])
        assert set(answers) <= FINE, answers
        proposal.refresh_from_db()
        assert proposal.status == "approved"
        assert ReviewAction.objects.filter(proposal=proposal).count() == 1
    assert Task.objects.filter(workspace=room).count() == Proposal.objects.count()


# --- the mutation check ---------------------------------------------------------------------------------------------


class Meeting:
    """Where two who have read the same row wait for each other, before either writes; `happened` says if they met."""

    def __init__(self, patience: float) -> None:
        self.gate = threading.Barrier(2, timeout=patience)  # seconds
        self.happened = False

    def wait(self) -> None:
        try:
            self.gate.wait()
        except threading.BrokenBarrierError:
            return  # the other one was kept outside, as it should be
        self.happened = True


def two_approve(
    patch: pytest.MonkeyPatch, *, desk_held: bool, row_locked: bool
) -> tuple[Workspace, list[Any], Meeting]:
    """Two approve one proposal with the locks that are left; each waits for the other inside, if it gets so far."""
    room = make_workspace()
    people = [make_person(name, workspace=room.slug) for name in ("first", "second")]
    proposal = make_proposal(room, "topic")
    meeting = Meeting(patience=1 if desk_held or row_locked else 30)
    lock = engine.lock

    def read(model: Any, pk: int) -> Any:
        return lock(model, pk) if row_locked else model._default_manager.get(pk=pk)

    def read_and_wait(model: Any, pk: int) -> Any:
        row = read(model, pk)
        if model is Proposal:
            meeting.wait()
        return row

    if not desk_held:
        patch.setattr(desk, "hold", lambda workspace_id: None)
    patch.setattr(transitions, "lock", read)
    patch.setattr(engine, "lock", read_and_wait)  # as `move` reads what it is about to write
    answers = at_once([lambda p=one: services.approve(proposal_id=proposal.pk, by=p.user) for one in people])
    return room, answers, meeting


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("desk_held", "row_locked"), [(True, True), (True, False), (False, True)])
def test_with_either_lock_one_of_two_is_told_who_was_first(
    monkeypatch: pytest.MonkeyPatch, desk_held: bool, row_locked: bool
) -> None:
    room, answers, meeting = two_approve(monkeypatch, desk_held=desk_held, row_locked=row_locked)
    assert not meeting.happened
    (refused,) = [one for one in answers if isinstance(one, Exception)]
    assert isinstance(refused, Conflict)
    assert refused.error_code == "already_decided"
    assert Topic.objects.filter(workspace=room).count() == 1
    check_world(room)


@pytest.mark.django_db(transaction=True)
def test_with_the_locks_taken_away_both_win_and_the_world_is_seen_to_be_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests above guard against happens at once without the locks, and their check sees it."""
    room, answers, meeting = two_approve(monkeypatch, desk_held=False, row_locked=False)
    assert meeting.happened
    assert not [one for one in answers if isinstance(one, Exception)], "both were told that it was they"
    assert Topic.objects.filter(workspace=room).count() == 2
    with pytest.raises(AssertionError):
        check_world(room)
