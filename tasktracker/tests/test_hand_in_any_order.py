"""Merges, splits, edits and their undoing in any order, by one and by several at once: nothing breaks."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from knowledge import services
from knowledge.models import Atom, AtomLink, Edit, Task, Topic
from proposals.tests.factories import make_quote, make_user, make_workspace
from tasktracker.core.errors import Conflict, DomainError
from tasktracker.core.models import User, Workspace
from tasktracker.tests.support import count, some

pytestmark = pytest.mark.django_db
STEPS = count(15, 30)
TABLES = (
    *("knowledge_topic", "knowledge_atom", "knowledge_task", "knowledge_atomlink", "knowledge_atom_topics"),
    *("knowledge_topic_quotes", "knowledge_atom_quotes", "knowledge_task_quotes", "knowledge_task_atoms"),
)


def world(workspace: Workspace) -> None:
    """Four topics with eight atoms, links and two tasks between them."""
    topics = [Topic.objects.create(workspace=workspace, name=f"T{n}", keywords=[f"k{n}", "all"]) for n in range(4)]
    atoms = [Atom.objects.create(workspace=workspace, type="idea", title=f"A{n}") for n in range(8)]
    quotes = [make_quote(workspace) for _ in range(8)]
    for number, atom in enumerate(atoms):
        atom.topics.add(topics[number % 4], topics[number % 3])
        atom.quotes.add(quotes[number], quotes[(number + 1) % 8])
        topics[number % 4].quotes.add(quotes[number])
        AtomLink.objects.create(
            workspace=workspace, from_atom=atom, to_atom=atoms[(number + 3) % 8], type="supports"
        )  # fmt: skip
    for number in range(2):
        task = Task.objects.create(workspace=workspace, title=f"K{number}", category="bug", priority="high")
        task.atoms.add(*atoms[number : number + 3])


def dump() -> dict[str, list[Any]]:
    """What there is, but for when it was changed."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT (to_jsonb(t) - 'updated_at')::text FROM {table} t ORDER BY 1")
            found[table] = cursor.fetchall()
    return found


def step(chance: random.Random, workspace: Workspace, by: User, *, undo: bool = True) -> None:
    """Something that a person may do, sensible or not."""
    topics, atoms = list(Topic.objects.order_by("pk")), list(Atom.objects.order_by("pk"))
    one, two = chance.sample(topics, 2)
    first, second = chance.sample(atoms, 2)
    task = chance.choice(list(Task.objects.order_by("pk")))
    edits = list(Edit.objects.order_by("pk").values_list("pk", flat=True))
    deeds: list[Callable[[], object]] = [
        lambda: services.merge_topic(topic_id=one.pk, into_id=two.pk, by=by),
        lambda: services.merge_atom(atom_id=first.pk, into_id=second.pk, by=by),
        lambda: services.split_topic(
            topic_id=one.pk,
            by=by,
            name=f"S{chance.randrange(10**9)}",
            atoms=list(Atom.objects.filter(topics=one).order_by("pk").values_list("pk", flat=True)[:2]),
            keep=chance.random() < 0.5,
        ),
        lambda: services.change_topic(topic_id=one.pk, by=by, values={"keywords": [f"w{chance.randrange(5)}"]}),
        lambda: services.change_topic(topic_id=one.pk, by=by, values={"status": chance.choice(["active", "archived"])}),
        lambda: services.change_atom(atom_id=first.pk, by=by, values={"title": f"B{chance.randrange(5)}"}),
        lambda: services.change_atom(atom_id=first.pk, by=by, values={"topics": [one, two]}),
        lambda: services.change_task(task_id=task.pk, by=by, values={"atoms": [first, second]}),
        lambda: services.change_task(
            task_id=task.pk, by=by, values={"status": chance.choice(["open", "in_progress", "done"])}
        ),
        lambda: services.link_atoms(
            workspace=workspace, from_atom=first, to_atom=second, kind=chance.choice(["supports", "solves"]), by=by
        ),
        lambda: services.take_back(edit_id=chance.choice(edits), by=by, confirm=True),
    ]
    if not undo or not edits:
        deeds.pop()
    with suppress(DomainError):
        chance.choice(deeds)()


def sound() -> None:
    """What holds whatever was done."""
    for model in (Topic, Atom):
        merged = model._default_manager.filter(status="merged")
        assert not merged.filter(merged_into__status="merged").exists(), "who follows a link arrives"
        assert not merged.filter(merged_into=F("pk")).exists()
        assert not model._default_manager.exclude(status="merged").filter(merged_into__isnull=False).exists()
    assert not AtomLink.objects.filter(from_atom=F("to_atom")).exists()


def take_all_back(by: User) -> None:
    """The newest first; what was taken back already, or was made with what goes, has nothing to take back."""
    for edit in Edit.objects.filter(undone_at=None).exclude(verb="make").order_by("-pk"):
        try:
            services.take_back(edit_id=edit.pk, by=by, confirm=True)
        except Conflict as error:
            raise AssertionError(f"{edit} can't be taken back: {error.detail}") from error
        sound()


@pytest.mark.parametrize("seed", some([1, 0, 2, 3], 4))
def test_taken_back_from_the_last_to_the_first_all_is_as_before(seed: int) -> None:
    workspace = make_workspace()
    by, chance = make_user(workspace), random.Random(seed)
    world(workspace)
    before = dump()
    for _ in range(STEPS):
        step(chance, workspace, by, undo=False)
        sound()
    assert set(Edit.objects.values_list("verb", flat=True)) == {"edit", "merge", "split"}
    take_all_back(by)
    assert dump() == before


@pytest.mark.long
@pytest.mark.parametrize("seed", range(count(1, 4)))
def test_in_any_order_it_stays_sound(seed: int) -> None:
    workspace = make_workspace()
    by, chance = make_user(workspace), random.Random(1_000 + seed)
    world(workspace)
    for _ in range(2 * STEPS):
        step(chance, workspace, by)
        sound()


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(count(1, 2)))
def test_several_at_once(seed: int) -> None:
    workspace = make_workspace()
    people = [make_user(workspace) for _ in range(4)]
    world(workspace)

    def work(number: int) -> None:
        chance = random.Random(seed * 10 + number)
        try:
            for _ in range(STEPS // 2):
                step(chance, workspace, people[number])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    sound()
