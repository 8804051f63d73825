"""Two findings that say the same have one fingerprint; two that say different things never do."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.fingerprints import evidence_jaccard, fingerprint, trigram_jaccard, trigrams


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("task", "Fix the login crash on Safari", "fix login crashes on Safari!"),
        ("task", "FIX  login—crash", "Fix login crash"),
        ("topic", "Safari logins", "Login, Safari"),
        ("topic", "Ошибки входа", "ошибка входа"),
        ("topic", "Помилки входу", "помилка входу"),
        ("topic", "ｌｏｇｉｎ", "Login"),
        ("topic", "Die Bestellungen", "Bestellung"),
        ("topic", "Slow queries", "slow query"),
        ("topic", "Інтеграції", "інтеграція"),
        ("task", "Failing tests", "failed test"),
        ("atom", "The cache is a problem", "Cache: problem"),
    ],
)
def test_the_same_thing_in_other_words_of_no_weight(kind: str, one: str, other: str) -> None:
    assert fingerprint(kind, one) == fingerprint(kind, other)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("task", "Do not ship", "Ship"),
        ("task", "Не выпускать", "Выпускать"),
        ("task", "Move orders to billing", "Move billing to orders"),
        ("atom", "Redis replaces Kafka", "Kafka replaces Redis"),
        ("task", "Upgrade to v2", "Upgrade to v3"),
        ("task", "Can't log in", "Can log in"),
        ("topic", "Tests", "Test bed"),
    ],
)
def test_another_meaning_has_another_fingerprint(kind: str, one: str, other: str) -> None:
    assert fingerprint(kind, one) != fingerprint(kind, other)


def test_kind_and_extra_are_part_of_it() -> None:
    prints = {fingerprint(kind, "Login", extra) for kind in ("topic", "atom", "task") for extra in ("", "bug", "risk")}
    assert len(prints) == 9
    assert fingerprint("atom", "Login", "Bug ") == fingerprint("atom", "login", "bug")


@given(st.sampled_from(["topic", "atom", "task"]), st.text(max_size=200), st.text(max_size=20))
def test_any_text_has_one(kind: str, title: str, extra: str) -> None:
    print_ = fingerprint(kind, title, extra)
    assert re.fullmatch("[0-9a-f]{32}", print_)
    assert print_ == fingerprint(kind, f"  {title} ", extra)


@given(st.lists(st.sampled_from(["login", "safari", "кэш", "Größe", "v2"]), min_size=1, max_size=5))
def test_the_order_of_words_in_a_topic_says_nothing(words: list[str]) -> None:
    assert fingerprint("topic", " ".join(words)) == fingerprint("topic", " ".join(reversed(words)))


def test_a_title_of_stop_words_only_keeps_them() -> None:
    assert fingerprint("topic", "to do") != fingerprint("topic", "has been")


def test_trigrams_are_padded_as_in_the_database() -> None:
    assert trigrams("Cat, cat") == {"  c", " ca", "cat", "at "}


def test_trigram_likeness_is_1_for_equal_and_0_for_nothing_in_common() -> None:
    assert trigram_jaccard("Login broken", "broken LOGIN!") == 1.0
    assert trigram_jaccard("login", "кэш") == 0.0
    assert trigram_jaccard("", "") == 0.0
    assert 0.5 < trigram_jaccard("login is broken", "login broken") < 1


@given(st.sets(st.integers(0, 20)), st.sets(st.integers(0, 20)))
def test_shared_evidence_is_a_share(a: set[int], b: set[int]) -> None:
    share = evidence_jaccard(a, b)
    assert share == evidence_jaccard(b, a)
    assert 0 <= share <= 1
    assert (share == 1) == (a == b and bool(a))
    assert (share == 0) == (not a & b)


def test_four_of_five_messages_are_the_threshold_of_a_duplicate() -> None:
    assert evidence_jaccard({1, 2, 3, 4}, {1, 2, 3, 4, 5}) == 0.8
