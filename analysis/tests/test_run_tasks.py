"""Stage tasks: from approved atoms to findings of kind task."""

from collections.abc import Sequence
from typing import Any

import pytest

from analysis import execution, services
from analysis.models import AnalysisRun, Finding, Window
from analysis.tests import factories
from ingestion import services as ingestion
from knowledge import transitions as knowledge
from knowledge.models import Atom, AtomLink, Task
from tasktracker.core import turns
from tasktracker.core.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)

CRASH = "The CSV export crashes with a timeout for customers with more than 10k rows."


@pytest.fixture(autouse=True)
def _one_long_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker takes up what a lane leaves for its next turn."""
    monkeypatch.setattr(turns, "OWN_SECONDS", 600)


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


def make_atom(workspace: Workspace, type: str = "problem", text: str = CRASH, **more: Any) -> Atom:
    message = factories.make_message(workspace, text, **more)
    atom = Atom.objects.create(workspace=workspace, type=type, title=text[:100], content=text)
    atom.quotes.add(ingestion.quote_passage(message=message, start=0, end=len(text)))
    return atom


def ran(workspace: Workspace, **choices: Any) -> AnalysisRun:
    run = services.create_run(workspace=workspace, stage="tasks", **choices)
    services.start_run(run_id=run.pk)
    execution.begin(run_id=run.pk)
    execution.run_lane(run_id=run.pk)
    return AnalysisRun.objects.get(pk=run.pk)


def tasks(run: AnalysisRun) -> Sequence[Finding]:
    assert run.status == "completed", run.error
    return list(Finding.objects.filter(run=run, kind="task"))


def test_without_approved_knowledge_there_is_no_task_and_the_run_completes(workspace: Workspace) -> None:
    run = ran(workspace)
    assert tasks(run) == []
    assert Window.objects.filter(run=run).count() == 0


def test_a_problem_becomes_a_task_with_its_atoms_and_its_words(workspace: Workspace) -> None:
    atom = make_atom(workspace)
    (task,) = tasks(ran(workspace))
    assert task.payload["atoms"] == [atom.pk]
    assert task.payload["category"] == "bug"
    assert not task.unproven
    assert [quote.message for quote in task.quotes.all()] == [quote.message for quote in atom.quotes.all()]


def test_two_atoms_of_one_problem_give_one_task(workspace: Workspace) -> None:
    first = make_atom(workspace)
    second = make_atom(workspace, text="CSV export crashes with a timeout when a customer has many rows.")
    (task,) = tasks(ran(workspace))
    assert sorted(task.payload["atoms"]) == [first.pk, second.pk]


def test_a_problem_with_an_approved_solution_gives_none(workspace: Workspace) -> None:
    problem = make_atom(workspace)
    solution = make_atom(workspace, "solution", "Adding the index fixed it, the export now takes two seconds.")
    AtomLink.objects.create(workspace=workspace, from_atom=solution, to_atom=problem, type="solves")
    run = ran(workspace)
    assert tasks(run) == []
    assert Window.objects.get(run=run).atoms.count() == 2


@pytest.mark.long
def test_a_second_run_says_nothing_again_until_something_changes(workspace: Workspace) -> None:
    atom = make_atom(workspace)
    assert len(tasks(ran(workspace))) == 1
    again = ran(workspace)
    assert tasks(again) == []
    assert again.forecast["windows"] == 0
    atom.content = "It also happens with 2k rows."
    atom.save()
    assert len(tasks(ran(workspace))) == 1


def test_an_atom_that_is_in_a_task_has_had_its_turn(workspace: Workspace) -> None:
    atom = make_atom(workspace)
    Task.objects.create(workspace=workspace, title="Fix the export").atoms.add(atom)
    assert tasks(ran(workspace)) == []


def test_a_new_report_of_what_is_a_task_already_names_the_task(workspace: Workspace) -> None:
    atom = make_atom(workspace)
    known = Task.objects.create(workspace=workspace, title="Fix the CSV export that crashes with a timeout")
    known.atoms.add(atom)
    make_atom(workspace, text="The CSV export crashes with a timeout again for customers with many rows.")
    (task,) = tasks(ran(workspace))
    assert task.payload["known"] in ({"kind": "task", "id": known.pk}, None)
    if task.payload["known"]:
        assert task.payload["recommendation"] in ("update_existing", "merge")


def test_retired_atoms_and_those_of_other_workspaces_are_left_alone(workspace: Workspace) -> None:
    atom = make_atom(workspace)
    knowledge.move_item(atom, to="retired", by=None)
    make_atom(factories.make_workspace())
    assert tasks(ran(workspace)) == []


def test_what_was_said_for_local_models_only_is_not_in_a_remote_run(workspace: Workspace) -> None:
    private = factories.make_source(workspace, "private", local_only=True)
    make_atom(workspace, source=private)
    factories.make_provider(workspace, "cloud", local=False)
    run = services.create_run(workspace=workspace, stage="tasks", provider="cloud")
    assert run.forecast["windows"] == 0
    assert services.create_run(workspace=workspace, stage="tasks").forecast["windows"] == 1
