"""Stage `tasks` of the offline engine: what approved atoms ask for, and what they do not."""

from typing import Any

import pytest

from analysis.offline import ClusterAtom, cluster_atoms, knowledge, plan, tasks
from analysis.offline.words import folded
from analysis.prompts.answers import TaskItem
from analysis.prompts.inputs import AtomInput, KnownItem, PromptMessage, WindowInput
from analysis.tests.offline_chat import DEMO, exported, work


def proposed(*atoms: dict[str, Any], **more: Any) -> list[TaskItem]:
    return tasks(work(atoms, **more)).tasks


def test_no_approved_knowledge_gives_no_task() -> None:
    assert tasks(WindowInput("w1", "c", "", ())).tasks == []
    talk = work([{"type": "problem", "title": "Sorter crashes"}]).messages
    assert tasks(WindowInput("w1", "c", "", talk)).tasks == []


def test_a_problem_becomes_a_bug_with_an_imperative_title() -> None:
    (task,) = proposed({"type": "problem", "title": "EU invoice export fails for shops with a VAT id"})
    assert task.title == "Fix EU invoice export for shops with a VAT id"
    assert (task.category, task.atoms) == ("bug", ["a1"])
    assert task.evidence[0].m == "m1"


def test_two_atoms_of_one_problem_give_one_task() -> None:
    (task,) = proposed(
        {
            "type": "problem",
            "title": "Label printer in Lyon prints empty pages",
            "says": [("Ann Lee", "The label printer in Lyon prints empty pages since the update.")],
        },
        {
            "type": "problem",
            "title": "Empty pages from our label printer",
            "says": [("Bo Chen", "Same with us, only empty pages come out of the label printer.")],
        },
    )
    assert task.atoms == ["a1", "a2"]
    assert {evidence.m for evidence in task.evidence} == {"m1", "m2"}


def test_two_problems_give_two_tasks() -> None:
    found = proposed(
        {"type": "problem", "title": "Label printer in Lyon prints empty pages"},
        {"type": "problem", "title": "Night sorter crashes with a timeout"},
    )
    assert len(found) == 2


@pytest.mark.parametrize("link", [(("solves", "a1"),), ()], ids=["linked", "of the same matter"])
def test_a_problem_with_an_approved_solution_gives_none(link: Any) -> None:
    found = proposed(
        {
            "type": "problem",
            "title": "Label printer in Lyon prints empty pages",
            "says": [("Ann Lee", "The label printer in Lyon prints empty pages since the update.")],
        },
        {
            "type": "solution",
            "title": "Install the new driver of the label printer",
            "says": [("Bo Chen", "Fixed: the label printer had an old driver, no more empty pages with the new one.")],
            "links": link,
            "day": 1,
        },
    )
    assert found == []


def test_what_comes_back_after_its_fix_is_a_task_again() -> None:
    fix = {
        "type": "solution",
        "title": "Install the new driver of the label printer",
        "says": [("Bo Chen", "Fixed: the label printer had an old driver, no more empty pages with the new one.")],
    }
    again = {
        "type": "problem",
        "title": "Label printer in Lyon prints empty pages again",
        "says": [("Ann Lee", "The label printer in Lyon prints empty pages again, with the new driver.")],
        "day": 3,
    }
    assert [task.category for task in proposed(fix, again)] == ["bug"]


def test_a_solution_of_something_else_closes_nothing() -> None:
    found = proposed(
        {"type": "problem", "title": "Night sorter crashes with a timeout"},
        {"type": "solution", "title": "Install the new driver of the label printer", "day": 1},
    )
    assert [task.atoms for task in found] == [["a1"]]


@pytest.mark.parametrize("kind", ["insight", "solution"])
def test_what_is_only_known_is_no_task(kind: str) -> None:
    assert proposed({"type": kind, "title": "Cache was never warmed after a deploy"}) == []


def test_a_decision_is_a_task_only_when_it_means_work() -> None:
    assert proposed({"type": "decision", "title": "Stay with the weekly meeting"}) == []
    (task,) = proposed(
        {
            "type": "decision",
            "title": "Move the billing to the new provider",
            "says": [("Ann Lee", "We decided to move the billing to the new provider by 2026-06-01.")],
        }
    )
    assert (task.title, task.due) == ("Move the billing to the new provider", "2026-06-01")


def test_what_was_decided_against_is_no_task() -> None:
    found = proposed(
        {"type": "idea", "title": "Add a dark theme to the parcel desk"},
        {"type": "decision", "title": "Do not add a dark theme to the parcel desk", "day": 1},
    )
    assert found == []


def test_a_request_names_its_person_and_its_day() -> None:
    (task,) = proposed(
        {
            "type": "requirement",
            "title": "Prepare the customs form by Thursday",
            "says": [("Ann Lee", "@boc can you prepare the customs form by Thursday?"), ("Bo Chen", "ok")],
        }
    )
    assert (task.title, task.assignee, task.due) == ("Prepare the customs form", "Bo Chen", "2026-05-07")
    assert task.category == "chore"
    assert "Bo Chen" in task.reasoning


@pytest.mark.parametrize(
    ("title", "kind", "expected"),
    [
        ("API must support idempotency keys", "requirement", "Make API support idempotency keys"),
        ("Customers must be able to cancel a pickup", "requirement", "Let customers cancel a pickup"),
        ("Exports must be signed", "requirement", "Ensure exports are signed"),
        ("Work order templates", "requirement", "Add work order templates"),
        ("Cache the exchange rates for a day", "idea", "Cache the exchange rates for a day"),
        ("Week view is too slow for big shops", "problem", "Speed up week view for big shops"),
        ("Error 500 on the customs form", "problem", "Fix error 500 on the customs form"),
        ("Release blocked by the missing certificate", "blocker", "Unblock release: the missing certificate"),
        ("Migration could break the old invoices", "risk", "Address the risk: migration could break the old invoices"),
        ("Whether to keep the old importer", "question", "Clarify whether to keep the old importer"),
        ("Експорт рахунків не працює", "problem", "Виправити: експорт рахунків не працює"),
        ("Upload-Formular funktioniert nicht", "problem", "Beheben: Upload-Formular funktioniert nicht"),
    ],
)
def test_titles_are_what_a_person_would_write(title: str, kind: str, expected: str) -> None:
    (task,) = proposed({"type": kind, "title": title, "says": [("Ann Lee", f"Should we do it? The {title.lower()}.")]})
    assert task.title == expected


def test_only_the_passage_of_the_atom_is_read_of_a_long_message() -> None:
    text = (
        "I do the draft by Tuesday. The gate reader is fine again. "
        "@cyn can you prepare the customs form for Norway by Thursday? Lunch is at one, in production of pizza."
    )
    (task,) = proposed(
        {
            "type": "requirement",
            "title": "Prepare the customs form for Norway by Thursday",
            "says": [("Ann Lee", text), ("Cy Novak", "yes")],
        }
    )
    assert (task.assignee, task.due) == ("Cy Novak", "2026-05-07")
    assert task.evidence[0].quote == "@cyn can you prepare the customs form for Norway by Thursday?"


def test_priority_follows_what_is_at_stake() -> None:
    def priority(text: str, kind: str = "problem") -> str:
        return proposed({"type": kind, "title": "Sorter crashes", "says": [("Ann Lee", text)]})[0].priority

    assert priority("The sorter crashes in production, urgent, we lost orders!") == "critical"
    assert priority("The sorter crashes in production.") == "high"
    assert priority("The sorter crashes sometimes.") == "medium"
    assert priority("The sorter label has a typo, cosmetic, no rush.") == "low"
    assert priority("We are blocked by the sorter.", "blocker") == "high"


def test_a_known_task_is_updated_and_not_proposed_again() -> None:
    known = [KnownItem("x1", "task", "Fix EU invoice export for shops with a VAT id")]
    atom = {"type": "problem", "title": "EU invoice export fails for shops with a VAT id"}
    (task,) = proposed(atom, known=known)
    assert (task.recommendation, task.known, task.fields) == ("merge", "x1", {})
    urgent = {**atom, "says": [("Ann Lee", "EU invoice export fails in production, urgent!")]}
    (task,) = proposed(urgent, known=known)
    assert (task.recommendation, task.known, task.fields) == ("update_existing", "x1", {"priority": "critical"})


def test_a_known_task_whose_problem_is_solved_is_done() -> None:
    known = [KnownItem("x1", "task", "Fix label printer in Lyon: prints empty pages")]
    (task,) = proposed(
        {"type": "problem", "title": "Label printer in Lyon prints empty pages"},
        {"type": "solution", "title": "New driver for the label printer", "links": (("solves", "a1"),), "day": 1},
        known=known,
    )
    assert (task.recommendation, task.known, task.fields) == ("update_existing", "x1", {"status": "done"})


def test_a_small_question_is_no_task_and_an_open_one_of_weight_is() -> None:
    assert proposed({"type": "question", "title": "Screenshot of the gate", "says": [("Ann", "nice gate?")]}) == []
    (task,) = proposed(
        {
            "type": "question",
            "title": "Who signs the customs forms for Norway?",
            "says": [("Ann Lee", "Who signs the customs forms for Norway?")],
        }
    )
    assert task.category == "question"
    assert folded(task.title) != folded(task.evidence[0].quote)


def test_atoms_of_one_matter_stand_together_and_all_are_kept() -> None:
    atoms = [
        ClusterAtom("1", "problem", "Label printer in Lyon prints empty pages"),
        ClusterAtom("2", "requirement", "Customs form must have two signatures"),
        ClusterAtom("3", "problem", "Empty pages from the label printer"),
        ClusterAtom("4", "solution", "Press the yellow button for ten seconds", links=(("solves", "2"),)),
        ClusterAtom("5", "idea", "Paint the gate green"),
    ]
    assert cluster_atoms(atoms) == [[0, 2], [1, 3], [4]]
    assert cluster_atoms([]) == []


def from_chat() -> list[tuple[TaskItem, WindowInput]]:
    """Both stages on the demo chat, everything approved: (task, the window it came from)."""
    windows = exported(DEMO)
    made = plan(windows)
    found = [(atom, one) for one in windows for atom in knowledge(one, made).atoms]
    ids = {(one.ref, atom.title): str(place) for place, (atom, one) in enumerate(found)}
    plain = []
    for place, (atom, one) in enumerate(found):
        links = tuple((link.type.value, ids.get((one.ref, link.to), "")) for link in atom.links)
        quotes = " ".join(evidence.quote for evidence in atom.evidence)
        topics = (atom.topic,) if atom.topic else ()
        plain.append(ClusterAtom(str(place), atom.type.value, atom.title, atom.content, topics, quotes, links))
    answers = []
    for group in cluster_atoms(plain):
        refs = {plain[place].id: f"a{number}" for number, place in enumerate(group, start=1)}
        messages: list[PromptMessage] = []
        inputs = []
        for place in group:
            atom, one = found[place]
            said = {message.ref: message for message in one.messages}
            mine = []
            for evidence in atom.evidence:
                source = said[evidence.m]
                mine.append(f"m{len(messages) + 1}")
                messages.append(PromptMessage(mine[-1], source.author, source.sent_at, evidence.quote))
            links = tuple((kind, refs[other]) for kind, other in plain[place].links if other in refs)
            inputs.append(AtomInput(refs[str(place)], atom.type.value, atom.title, atom.content, tuple(mine), links))
        one = WindowInput("w1", "chat", "", tuple(messages), (), tuple(inputs))
        answers += [(task, one) for task in tasks(one).tasks]
    return answers


def test_the_demo_chat_leaves_a_good_morning_of_tasks() -> None:
    answers = from_chat()
    assert 30 <= len(answers) <= 90
    assert len({task.category for task, _ in answers}) >= 4
    assert len({task.priority for task, _ in answers}) >= 3
    assert sum(1 for task, _ in answers if task.due) >= 5
    for task, one in answers:
        texts = {message.ref: message.text for message in one.messages}
        assert 3 <= len(task.title) <= 100
        assert task.evidence
        for evidence in task.evidence:
            assert evidence.quote in texts[evidence.m]
            assert folded(task.title) != folded(evidence.quote)
