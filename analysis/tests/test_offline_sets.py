"""The figures of docs/QUALITY.md do not get worse: measured on the public sets, where somebody has them."""

import time
from pathlib import Path

import pytest

from analysis.evaluation.clustering import grouping
from analysis.evaluation.datasets import load
from analysis.evaluation.engines import likeness, offline_reader, threads
from analysis.evaluation.metrics import classification
from analysis.evaluation.ranking import roc_auc
from tasktracker.tests.support import count

SETS = Path(__file__).resolve().parents[2].parent / "shared" / "data"
UNSEEN = (
    "issues_nlbse24",
    "action_mrda",
    "sentences_intention",
    "sentences_fra",
    "utterances_ispy",
    "dialogs_buglistener",
    "threads_f2chat",
)

pytestmark = pytest.mark.skipif(not SETS.is_dir(), reason="the labelled sets are not here")


def test_kinds_of_chat_that_were_never_seen_are_read_at_the_aim() -> None:
    step = count(30, 5)
    rows = [row for name in UNSEEN for row in load(SETS / "dev_restricted" / f"{name}.jsonl", "category").rows[::step]]
    answers = list(offline_reader("category")([row.text for row in rows]))
    made = classification([row.label for row in rows], [label for label, _ in answers], [sure for _, sure in answers])
    assert made.accuracy >= 0.45
    assert made.macro_f1 >= 0.4


@pytest.mark.long
def test_a_chat_is_sorted_at_hundreds_of_messages_a_second() -> None:
    texts = [row.text for row in load(SETS / "dev" / "threads_zulip_bytecode.jsonl", "threads").rows[: count(80, 400)]]
    list(offline_reader("category")(texts[:5]))
    begin = time.process_time()  # of this process alone: a busy machine must not fail the test
    list(offline_reader("category")(texts))
    assert len(texts) / (time.process_time() - begin) > 200


@pytest.mark.long
def test_conversations_and_duplicates_stay_above_the_simple_ways() -> None:
    rows = load(SETS / "dev" / "threads_irc_newdomains.jsonl", "threads").rows
    made = grouping([(row.place, row.label) for row in rows], threads(rows))
    assert made.one_to_one > 0.7
    pairs = load(SETS / "dev_restricted" / "dups_bugzilla_pairs.jsonl", "duplicates").rows[:: count(4, 1)]
    scores = likeness(pairs, model="offline", workspace_id=None)
    found = roc_auc([row.label == "duplicate" for row in pairs], scores)
    assert found is not None
    assert found > 0.65
