"""Whatever a model's answer names, a decision reaches only rows of its own workspace that really exist (S14)."""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingestion.models import Participant
from knowledge.models import Atom, AtomLink, Project, Task, Topic
from proposals import services
from proposals.models import Evidence, Proposal
from proposals.tests.factories import make_finding, make_quote, make_run, make_user, make_workspace
from tasktracker.core.enums import LinkType
from tasktracker.core.models import Workspace
from tasktracker.tests.support import count

pytestmark = pytest.mark.django_db

# Places in a list of real ids (own and foreign) and made-up numbers and words.
# A finding is JSON in the database already: it holds neither NUL nor half a character.
WORDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
REFERENCE = st.one_of(st.integers(0, 7), st.integers(10**6, 2**63 - 1), WORDS)
PAYLOADS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["topic", "atom", "task"]),
        "known": st.one_of(
            st.none(),
            REFERENCE,
            st.fixed_dictionaries({"kind": st.sampled_from(["topic", "atom", "task", "user"]), "id": REFERENCE}),
        ),
        "topic": st.one_of(st.none(), REFERENCE),
        "topic_id": st.one_of(st.none(), REFERENCE),
        "links": st.lists(
            st.fixed_dictionaries({"to": REFERENCE, "type": st.sampled_from([*LinkType.values, "owns"])}), max_size=4
        ),
        "atoms": st.lists(REFERENCE, max_size=5),
        "assignee": st.one_of(st.none(), REFERENCE),
        "project": st.one_of(st.none(), REFERENCE),
        "recommendation": st.sampled_from(["new_task", "update_existing", "merge", "reject", "delete"]),
        "priority": st.sampled_from(["low", "critical", "now", 7]),
        "due": st.sampled_from([None, "2026-02-30", "2026-12-01", "soon"]),
        "__class__": WORDS,
    }
)


def room() -> dict[str, list[Any]]:
    workspace = make_workspace()
    made: dict[str, list[Any]] = {
        "topic": [Topic.objects.create(workspace=workspace, name=f"Topic {n}") for n in range(2)],
        "atom": [Atom.objects.create(workspace=workspace, type="problem", title=f"Atom {n}") for n in range(2)],
        "task": [Task.objects.create(workspace=workspace, title=f"Task {n}") for n in range(2)],
        "project": [Project.objects.create(workspace=workspace, name="Core")],
        "person": [Participant.objects.create(workspace=workspace, platform="api", external_id="d", name="Dana")],
    }
    return {**made, "workspace": [workspace]}


def check_walls(workspace: Workspace) -> None:
    own = workspace.pk
    assert not Task.objects.filter(workspace=own).exclude(atoms=None).exclude(atoms__workspace=own).exists()
    assert not Task.objects.filter(workspace=own).exclude(project=None).exclude(project__workspace=own).exists()
    assert not Task.objects.filter(workspace=own).exclude(assignee=None).exclude(assignee__workspace=own).exists()
    assert not Atom.objects.filter(workspace=own).exclude(topics=None).exclude(topics__workspace=own).exists()
    for link in AtomLink.objects.filter(workspace=own).select_related("from_atom", "to_atom"):
        assert link.from_atom.workspace_id == link.to_atom.workspace_id == own
        assert link.type in LinkType.values
    for row in Evidence.objects.filter(proposal__workspace=own).select_related("quote__message"):
        assert row.quote.workspace_id == row.quote.message.workspace_id == own


@settings(
    max_examples=count(5, 1_000),
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # each try is many queries: no shrinking
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(payload=PAYLOADS, shift=st.integers(0, 7))
def test_made_up_and_foreign_ids_reach_nothing(db: None, payload: dict[str, Any], shift: int) -> None:
    with transaction.atomic():
        mine, theirs = room(), room()
        ids = [row.pk for kind in ("topic", "atom", "task") for row in theirs[kind] + mine[kind][:1]]

        def real(value: Any) -> Any:
            return ids[(value + shift) % len(ids)] if isinstance(value, int) and value < 8 else value

        workspace = mine["workspace"][0]
        alice = make_user(workspace)
        answer = {key: real(value) for key, value in payload.items() if key not in ("kind", "known", "links", "atoms")}
        answer["links"] = [{**link, "to": real(link["to"])} for link in payload["links"]]
        answer["atoms"] = [real(atom) for atom in payload["atoms"]]
        known = payload["known"]
        answer["known"] = {**known, "id": real(known["id"])} if isinstance(known, dict) else known
        run = make_run(workspace, "tasks")
        make_finding(run, payload["kind"], "Something", quotes=[make_quote(workspace)], **answer)
        others = [list(row) for row in Task.objects.filter(workspace=theirs["workspace"][0]).values_list()]
        assert sum(services.take_in(run_id=run.pk).values()) == 1
        for proposal in Proposal.objects.filter(workspace=workspace):
            services.approve(proposal_id=proposal.pk, by=alice)
        check_walls(workspace)
        check_walls(theirs["workspace"][0])
        assert others == [list(row) for row in Task.objects.filter(workspace=theirs["workspace"][0]).values_list()]
        assert Topic.objects.filter(workspace=theirs["workspace"][0]).count() == 2
        transaction.set_rollback(True)


def test_a_persons_edit_reaches_no_foreign_row_either() -> None:
    mine, theirs = room(), room()
    workspace = mine["workspace"][0]
    alice = make_user(workspace)
    run = make_run(workspace, "tasks")
    make_finding(run, "task", "Something", quotes=[make_quote(workspace)])
    services.take_in(run_id=run.pk)
    edits = {
        "atoms": [row.pk for row in theirs["atom"]],
        "project": theirs["project"][0].pk,
        "assignee": theirs["person"][0].pk,
    }
    services.approve(proposal_id=Proposal.objects.get(workspace=workspace).pk, by=alice, edits=edits)
    made = Task.objects.get(title="Something")
    assert (made.project, made.assignee, made.atoms.count()) == (None, None, 0)
