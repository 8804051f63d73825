"""The category of one message, by rules; and how fast the engine reads."""

import time

import pytest

from analysis.offline import classify, knowledge, plan
from analysis.tests.offline_chat import window
from tasktracker.tests.support import count


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("The label printer crashes with a timeout since the update.", "bug"),
        ("It would be nice to have a dark theme in the parcel desk.", "feature"),
        ("How do we reset the scanner pin?", "question"),
        ("@bo please update the customs form by Friday", "task"),
        ("We decided to close the depot in Metz.", "decision"),
        ("Turns out the sorter was never restarted after the update.", "discussion"),
        ("The depot in Metz has four gates and a yellow sorter.", "discussion"),
        ("thanks, great!", "noise"),
        ("👍👍", "noise"),
        ("", "noise"),
        ("Після оновлення друк етикеток не працює", "bug"),
        ("Як скинути пін сканера?", "question"),
        ("дякую!", "noise"),
        ("Seit dem Update stürzt der Drucker ab", "bug"),
        ("Wie setzen wir die PIN des Scanners zurück?", "question"),
        ("Решили закрыть склад в Меце", "decision"),
        ("L'imprimante ne marche plus depuis la mise à jour", "bug"),
        ("¿Cómo reiniciamos el escáner?", "question"),
        ("Drukarka nie działa od wczoraj", "bug"),
        ("A impressora parou de funcionar", "bug"),
    ],
)
def test_a_message_has_the_category_a_person_would_give_it(text: str, category: str) -> None:
    found, confidence = classify(text)
    assert found == category
    assert 0.3 <= confidence <= 0.97


def test_a_plain_cue_is_surer_than_a_faint_one() -> None:
    assert classify("The sorter crashes with a segfault.")[1] > classify("The sorter is a bit odd today, maybe.")[1]


def test_a_chat_is_read_at_hundreds_of_messages_a_second() -> None:
    size = count(200, 600)
    said = [
        ("Ann Lee", f"The label printer number {place} in hall {place % 7} prints empty pages since the last update.")
        if place % 3
        else ("Bo Chen", f"How do we reset printer {place}? We decided to order {place} new ones by Friday, I think.")
        for place in range(size)
    ]
    windows = [window(said[start : start + 20], ref=f"w{start}") for start in range(0, size, 20)]
    knowledge(windows[0], plan(windows[:1]))  # the tables are made once
    begin = time.process_time()  # of this process alone: a busy machine must not fail the test
    made = plan(windows)
    for one in windows:
        knowledge(one, made)
    assert size / (time.process_time() - begin) > 300
