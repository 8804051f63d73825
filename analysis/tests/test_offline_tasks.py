"""Stage `tasks` of the offline engine: what approved atoms ask for, and what they do not."""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.offline import ClusterAtom, cluster_atoms, tasks
from analysis.offline.similar import Likeness
from analysis.offline.words import folded
from analysis.prompts.answers import TaskItem
from analysis.prompts.inputs import KnownItem, WindowInput
from analysis.tests.offline_chat import CHATS, DEMO, Proposed, both_stages, work


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
        ("Pages of the label must be numbered", "requirement", "Ensure pages of the label are numbered"),
        ("Cache the exchange rates for a day", "idea", "Cache the exchange rates for a day"),
        ("Week view is too slow for big shops", "problem", "Speed up week view for big shops"),
        ("Error 500 on the customs form", "problem", "Fix error 500 on the customs form"),
        ("Release blocked by the missing certificate", "blocker", "Unblock release: the missing certificate"),
        ("Migration could break the old invoices", "risk", "Address the risk: migration could break the old invoices"),
        ("Whether to keep the old importer", "question", "Clarify whether to keep the old importer"),
        ("Експорт рахунків не працює", "problem", "Виправити: експорт рахунків не працює"),
        ("Проблема: експорт рахунків не працює", "problem", "Виправити: експорт рахунків не працює"),
        ("Upload of photos fails with error 413", "problem", "Fix: upload of photos fails with error 413"),
        ("Two depots asked this week for a way to merge parcels", "requirement", "Provide a way to merge parcels"),
        ("We need an export of all open invoices", "requirement", "Provide an export of all open invoices"),
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


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "Pictures from the new scanner land in the album two times.",
            "Since Monday every scanned photo is doubled in the album of the depot.",
        ),
        (
            "The route planner hangs each morning for the depot in Graz.",
            "Route planner is painfully slow in the depot in Graz.",
        ),
    ],
)
def test_one_problem_in_other_words_is_one_task(first: str, second: str) -> None:
    found = proposed(
        {"type": "problem", "title": first.rstrip("."), "says": [("Ann Lee", first)]},
        {"type": "problem", "title": second.rstrip("."), "says": [("Bo Chen", second)]},
    )
    assert [task.atoms for task in found] == [["a1", "a2"]]


def test_different_complaints_about_one_thing_are_two_tasks() -> None:
    found = proposed(
        {"type": "problem", "title": "Label printer in Lyon prints every label twice"},
        {"type": "problem", "title": "Label printer in Lyon prints only empty labels"},
    )
    assert len(found) == 2


def test_error_messages_that_begin_alike_are_one_task() -> None:
    found = proposed(
        *(
            {"type": "problem", "title": f"Error: failed to load route plan {name}"}
            for name in ("north.plan", "south.plan")
        )
    )
    assert [task.title for task in found] == ['Fix error "failed to load route plan north.plan"']


def replied(problem: str, done: str) -> WindowInput:
    """A window of a problem and of a solution that replies to it a week later."""
    window = work(
        [
            {"type": "problem", "title": problem, "says": [("Ann Lee", problem)]},
            {"type": "solution", "title": done, "says": [("Bo Chen", done)], "day": 7},
        ]
    )
    first, second = window.messages
    return replace(window, messages=(first, replace(second, reply_to=first.ref)))


def test_a_solution_that_replies_to_a_problem_closes_it_whatever_its_words() -> None:
    problem, done = "Night sorter crashes with a timeout", "Deployed, the limit is higher now"
    assert tasks(replied(problem, done)).tasks == []
    apart = replied(problem, done)
    unrelated = replace(apart, messages=tuple(replace(message, reply_to=None) for message in apart.messages))
    assert len(tasks(unrelated).tasks) == 1


def test_a_solution_closes_the_twin_of_what_it_answers_too() -> None:
    atoms: list[dict[str, Any]] = [
        {"type": "problem", "title": "Label printer in Lyon prints empty pages"},
        {"type": "problem", "title": "Only empty pages come out of the label printer"},
        {"type": "solution", "title": "Deployed a new driver", "links": (("solves", "a1"),), "day": 3},
    ]
    assert proposed(*atoms) == []
    atoms[1]["title"] = "Label printer in Lyon prints every label twice"
    assert [task.atoms for task in proposed(*atoms)] == [["a2"]]


def test_a_request_that_is_done_is_no_task_and_its_neighbour_is() -> None:
    done = {"type": "solution", "title": "Customs report for Norway is sent", "day": 2}
    sent = {"type": "requirement", "title": "Send the customs report for Norway"}
    assert proposed(sent, done) == []
    more = {"type": "requirement", "title": "Customs report must list the weight of every parcel"}
    assert len(proposed(more, done)) == 1


def test_a_question_that_was_answered_in_the_talk_is_no_task() -> None:
    asked = "Who signs the customs forms for Norway?"
    open_one = {"type": "question", "title": asked, "says": [("Ann Lee", asked)]}
    assert len(proposed(open_one)) == 1
    assert proposed({**open_one, "content": "Asked by Ann Lee: who signs? Answer by Bo Chen: the depot in Oslo."}) == []


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("problem", "It is broken again"),
        ("problem", "That never worked for us"),
        ("problem", "Nothing to see at the gate today"),
        ("problem", "I can't open my parcel list on the new phone"),
        ("problem", "The gate reader might be wrong about the parcels"),
        ("problem", "Sorter crashes because of the"),
        ("problem", "And the gate reader crashes when the lorry"),
        ("requirement", "It's fine to leave it at the gate"),
        ("requirement", "Every crate you pack has a weight"),
        ("requirement", "Parcel desk is in a cellar without light"),
        ("idea", "I like games about parcels"),
        ("idea", "There were parcels of all sizes"),
        ("question", "What about that?"),
        ("question", "When the parcel is on the lorry?"),
        ("risk", "They may be late with it"),
        ("decision", "Fine with the plan of last week"),
        ("idea", "Raise the value via the parcel desk"),
        ("problem", "Я не можу відкрити список посилок"),
        ("problem", "Das ist seit der Umstellung wieder kaputt"),
    ],
)
def test_what_nobody_understands_without_the_chat_is_no_task(kind: str, title: str) -> None:
    assert proposed({"type": kind, "title": title, "says": [("Ann Lee", "Hm.")]}) == []


def test_a_title_that_lost_its_end_is_made_again_from_the_sentence() -> None:
    said = "Customers must be able to print a return label for parcels that were sent with the old parcel app."
    (task,) = proposed(
        {
            "type": "requirement",
            "title": "Customers must be able to print a return label for parcels that were",
            "says": [("Ann Lee", said)],
        }
    )
    assert task.title == "Let customers print a return label for parcels that were sent with the old parcel app"


def test_a_remark_at_the_end_is_left_out_of_a_title() -> None:
    (task,) = proposed(
        {
            "type": "idea",
            "title": "Cache the exchange rates for a day, that costs nothing",
            "says": [("Ann Lee", "We could cache the exchange rates for a day, that costs nothing")],
        }
    )
    assert task.title == "Cache the exchange rates for a day"


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


EXPECTED = json.loads((DEMO.parent / "expected.json").read_text(encoding="utf-8"))


POINTS = re.compile(
    r"(?:fix|provide|add|consider|answer|unblock|let|make|ensure|address the risk):? "
    r"(?:it|it's|that|that's|this|these|they|he|she|i|we|you|nothing)\b",
    re.IGNORECASE,
)
DANGLES = re.compile(r"\b(?:i|me|my|you|your|it|them|and|or|but|the|a|an|of|because|if|when)\W*$", re.IGNORECASE)


def about(found: Sequence[Proposed], messages: Collection[int]) -> list[str]:
    """The titles of tasks that are of a trouble reported in one of the messages."""
    return [
        item.task.title
        for item in found
        if any(kind in ("problem", "blocker") and number in messages for kind, number in item.quoted)
    ]


@pytest.mark.long
def test_the_demo_chat_leaves_a_good_morning_of_tasks() -> None:
    demo = both_stages(DEMO)
    assert 20 <= len(demo) <= 60
    assert len({item.task.category for item in demo}) >= 4
    assert len({item.task.priority for item in demo}) >= 3
    assert any(item.task.due for item in demo)


def test_a_problem_of_the_demo_has_one_task_and_none_once_it_is_solved() -> None:
    for problem in EXPECTED["problems"]:
        titles = about(both_stages(DEMO), {problem["message"], *problem["duplicates"]})
        assert len(titles) == (0 if problem["solution"] else 1), (problem["key"], titles)


@pytest.mark.parametrize("path", CHATS)
def test_a_task_of_a_chat_stands_by_itself_and_is_not_its_quote(path: Path) -> None:
    found = both_stages(path)
    assert len(found) >= 12
    titles = [folded(item.task.title) for item in found]
    assert len(titles) == len(set(titles))
    for item in found:
        title = item.task.title
        texts = {message.ref: message.text for message in item.window.messages}
        assert 3 <= len(title) <= 110
        assert not POINTS.match(title), title
        assert not DANGLES.search(title), title
        assert item.task.evidence
        for evidence in item.task.evidence:
            assert evidence.quote in texts[evidence.m]
            assert folded(title) != folded(evidence.quote)


def test_a_word_that_every_atom_has_makes_no_pairs_of_them_all() -> None:
    atoms = [ClusterAtom(str(n), "problem", f"Sorter {'abcdefghij'[n % 10] * 3}{n} stops") for n in range(400)]
    assert list(Likeness([atom.title for atom in atoms]).pairs()) == []
    assert len(cluster_atoms(atoms)) == 400
