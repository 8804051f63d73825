"""For each kind and verb: the whole database is as before after the undo."""

from datetime import timedelta

import pytest
from django.utils import timezone

from knowledge.models import Atom, Task, Topic
from proposals import services
from proposals.models import Proposal
from proposals.tests.dumps import dump
from proposals.tests.factories import make_proposal, make_user, make_workspace

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["topic", "atom", "task"])
@pytest.mark.parametrize("verb", ["approve", "approve_edited", "reject", "snooze", "edit", "supersede"])
def test_undo_leaves_nothing_behind(kind: str, verb: str) -> None:
    workspace = make_workspace()
    alice, bob = make_user(workspace, "alice"), make_user(workspace, "bob")
    proposal = make_proposal(workspace, kind)
    title = {"name" if kind == "topic" else "title": "Another name"}
    before = dump()
    match verb:
        case "approve":
            services.approve(proposal_id=proposal.pk, by=alice)
            assert {"topic": Topic, "atom": Atom, "task": Task}[kind].objects.count() == 1
        case "approve_edited":
            services.approve(proposal_id=proposal.pk, by=alice, edits=title)
        case "reject":
            services.reject(proposal_id=proposal.pk, by=alice, reason="noise")
        case "snooze":
            services.snooze(proposal_id=proposal.pk, by=alice, until=timezone.now() + timedelta(days=2))
        case "edit":
            services.edit(proposal_id=proposal.pk, by=alice, fields=title)
        case "supersede":
            services.supersede(proposal_id=proposal.pk)
    assert dump() != before
    services.undo(proposal_id=proposal.pk, by=bob)
    assert dump() == before
    assert Proposal.objects.get().status == "pending"
