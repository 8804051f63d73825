"""What an engine answered, checked against what it was shown."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.evidence import check, check_window
from analysis.prompts.answers import (
    AtomItem,
    EvidenceRef,
    LinkItem,
    TaskItem,
    TopicItem,
    WindowKnowledge,
    WindowTasks,
)
from analysis.tests.prompt_windows import TASK_WINDOWS, WINDOWS

FIRST, SECOND = WINDOWS
TEXTS = {message.ref: message.text for message in FIRST.messages}


def atom(*evidence: tuple[str, str], **more: Any) -> AtomItem:
    refs = [EvidenceRef(m=ref, quote=quote) for ref, quote in evidence]
    return AtomItem(**{"type": "problem", "title": "Login hangs", "confidence": 0.9, "evidence": refs, **more})


def link(to: str, kind: str) -> LinkItem:
    return LinkItem.model_validate({"to": to, "type": kind})


def task(**values: Any) -> TaskItem:
    return TaskItem.model_validate(
        {"title": "Fix it", "category": "bug", "priority": "high", "confidence": 0.9} | values
    )


def test_a_quote_becomes_the_passage_of_the_message_itself() -> None:
    checked = check_window([atom(("m2", "it hangs on  android 9"))], FIRST)
    (proof,) = checked.items[0].proofs
    assert TEXTS[proof.ref][proof.passage.start : proof.passage.end] == "It hangs on Android 9"
    assert (checked.dropped, checked.items[0].unproven) == (0, False)


@pytest.mark.parametrize(
    ("ref", "quote", "why"),
    [
        ("m5", "approve everything", "of another window"),
        ("m1", "why the login hangs", "a context message"),
        ("m999", "It hangs", "never shown"),
        ("m2", "It works perfectly well for everybody", "never said"),
    ],
)
def test_evidence_that_is_not_there_is_dropped_and_counted(ref: str, quote: str, why: str) -> None:
    checked = check_window([atom((ref, quote))], FIRST, WINDOWS)
    assert (checked.dropped, checked.items[0].unproven, checked.items[0].proofs) == (1, True, ()), why


def test_the_evidence_that_is_real_stays() -> None:
    checked = check_window([atom(("m99", "x y z"), ("m3", "since the update"), ("m3", "Since the update"))], FIRST)
    assert [proof.ref for proof in checked.items[0].proofs] == ["m3"]
    assert checked.dropped == 1


refs = st.one_of(
    st.sampled_from([message.ref for window in WINDOWS for message in window.messages]),
    st.integers(0, 99_999).map(lambda number: f"m{number}"),
    st.integers(0, 99_999).map(lambda number: f"[m{number}]"),
)
quotes = st.one_of(
    st.text(min_size=1, max_size=60),
    st.sampled_from([line for text in TEXTS.values() for line in text.split("\n")]),
)
evidence = st.lists(st.tuples(refs, quotes), max_size=8)


@given(answers=st.lists(st.tuples(st.sampled_from(["w1", "w2", "w3", "[w2]"]), st.lists(evidence, max_size=3))))
def test_nothing_survives_that_was_not_shown_and_said(answers: list[tuple[str, list[Any]]]) -> None:
    given_answers = [
        WindowKnowledge(window=ref, atoms=[atom(*one) for one in items if items]) for ref, items in answers
    ]
    checked = check(given_answers, WINDOWS)
    given_evidence = kept = lost = 0
    for window, found in zip(WINDOWS, checked.windows, strict=True):
        shown = {message.ref: message.text for message in window.messages if not message.context}
        lost += found.dropped
        for item in found.items:
            given_evidence += len(item.item.evidence)
            kept += len(item.proofs)
            assert item.unproven is (not item.proofs)
            for proof in item.proofs:
                assert proof.ref in shown
                assert 0 <= proof.passage.start < proof.passage.end <= len(shown[proof.ref])
    assert kept + lost <= given_evidence  # less where the same passage was given twice
    assert checked.strays == sum(1 for answer in given_answers if answer.window == "w3")


def test_windows_come_back_in_the_order_asked_and_the_missing_one_is_told() -> None:
    checked = check([WindowKnowledge(window="w2", atoms=[]), WindowKnowledge(window="w7")], WINDOWS)
    assert [(window.window, window.answered) for window in checked.windows] == [("w1", False), ("w2", True)]
    assert checked.strays == 1


def test_one_window_has_one_answer_however_it_is_numbered() -> None:
    checked = check([WindowKnowledge(window="1", atoms=[atom(("m3", "Same here"))])], [FIRST])
    assert checked.windows[0].answered
    assert not checked.windows[0].items[0].unproven


def test_two_entries_for_one_window_count_as_one() -> None:
    entry = WindowKnowledge(window="w1", atoms=[atom(("m3", "Same here"))])
    assert len(check([entry, entry], WINDOWS).windows[0].items) == 2


def test_known_references_are_those_that_were_shown() -> None:
    item = atom(known="k9", topic="[k1]", links=[link("k2", "refines"), link("k77", "solves")])
    checked = check_window([item], FIRST)
    clean = checked.items[0].item
    assert isinstance(clean, AtomItem)
    assert (clean.known, clean.topic, [link.to for link in clean.links]) == (None, "k1", ["k2"])
    assert checked.dropped == 2


def test_a_known_item_shown_under_another_windows_reference_is_understood() -> None:
    """The prompt shows it once, as k2 of the first window; in the second it is k3."""
    checked = check_window([TopicItem(name="Releases", confidence=0.9, known="k2")], SECOND, WINDOWS)
    clean = checked.items[0].item
    assert isinstance(clean, TopicItem)
    assert clean.known == "k3"


def test_a_title_that_looks_a_little_like_a_reference_is_a_title() -> None:
    item = atom(links=[link("k8s cluster is down", "relates_to")], topic="k9s")
    clean = check_window([item], FIRST).items[0].item
    assert isinstance(clean, AtomItem)
    assert (clean.links[0].to, clean.topic) == ("k8s cluster is down", "k9s")


def test_a_task_rests_on_atoms_that_were_shown() -> None:
    item = task(atoms=["[a1]", "a1", "a2", "a7"], known="x1", evidence=[{"m": "m2", "quote": "fix it by Friday"}])
    checked = check([WindowTasks(window="w1", tasks=[item])], TASK_WINDOWS).windows[0]
    clean = checked.items[0].item
    assert isinstance(clean, TaskItem)
    assert (clean.atoms, clean.known, checked.dropped) == (["a1", "a2"], "x1", 1)
    assert not checked.items[0].unproven


def test_what_was_answered_is_not_changed() -> None:
    item = atom(("m3", "Same here"), known="k9")
    check_window([item], FIRST)
    assert item.known == "k9"


@pytest.mark.parametrize("written", ["New task", "new-task", "NEW_TASK", " new_task "])
def test_words_of_an_enumeration_are_read_however_they_are_written(written: str) -> None:
    item = task(category="Bug", priority="HIGH", confidence="90%", recommendation=written)
    assert (item.recommendation, item.category, item.priority, item.confidence) == ("new_task", "bug", "high", 0.9)


def test_references_lose_their_brackets() -> None:
    assert EvidenceRef(m="[m12]", quote="x").m == "m12"
    assert not re.search(r"\[", WindowTasks(window="[w3]").window)
