"""What leaves the cleaning can be stored, reads as it looks, and is not cleaned a second time."""

import json
import math
import time
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.text import ID_LIMIT, clean_id, clean_json, clean_name, clean_text
from tasktracker.tests.support import count

ANYTHING = st.text(alphabet=st.characters(), max_size=200)  # surrogates included
NASTY = st.text(
    alphabet=st.sampled_from(
        "ab \n\r\t\x00\x0b\x7f\x85\u2028\ud83d\ude00\udc00\u202e\u2066\u200b\u200c\u200d\u00ad\ufeff\ufe0f"
        "\U000e0100\U000e0041\U000e007f\U0001f3f4👩é\u0301\u0323\u0928\u094dکИ\uffff"
    ),
    max_size=60,
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), NASTY),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NASTY, inner, max_size=4)),
    max_leaves=20,
)


@given(st.one_of(ANYTHING, NASTY))
def test_clean_text_can_be_stored_and_is_clean_for_good(raw: str) -> None:
    text, cut = clean_text(raw)
    text.encode()  # no lone surrogate
    assert "\x00" not in text
    assert unicodedata.is_normalized("NFC", text)
    assert not {"Cc"} & {unicodedata.category(char) for char in text if char not in "\n\t"}
    assert clean_text(text) == (text, False)
    assert not cut


@given(st.one_of(ANYTHING, NASTY), st.integers(1, 20))
def test_nothing_is_cut_silently(raw: str, limit: int) -> None:
    whole = clean_text(raw).text
    text, cut = clean_text(raw, limit)
    assert len(text) <= limit
    assert text == whole[:limit]
    assert cut == (len(whole) > limit)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a\x00b", "ab"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("tab\tstays\nso does this", "tab\tstays\nso does this"),
        ("\ud83d\ude00 and \ud83d alone", "😀 and \ufffd alone"),
        ("cafe\u0301", "caf\u00e9"),
        ("pay \u202eevil\u202c \u2066now\u2069", "pay evil now"),
        ("to\u200dken and pass\u200bword", "token and password"),
        ("👩\u200d👩\u200d👧 ❤\ufe0f", "👩\u200d👩\u200d👧 ❤\ufe0f"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क\u094d\u200dष", "क\u094d\u200dष"),
        (
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        ),
        ("hidden\U000e0069\U000e0067\U000e006e", "hidden"),
        ("x\ufe0f\ufe01\U000e0101y", "x\ufe0fy"),
        ("\ufeffstart", "start"),
        ("\x1b[31mred", "[31mred"),
        ("end\uffff", "end\ufffd"),
        (None, ""),
    ],
)
def test_clean_text_case(raw: str | None, text: str) -> None:
    assert clean_text(raw) == (text, False)


def test_a_tower_of_marks_is_cut_in_linear_time() -> None:
    begun = time.process_time()  # of this process alone: a busy machine must not fail the test
    text, cut = clean_text("a" + "\u0301\u0323" * 200_000)
    assert time.process_time() - begun < 2
    assert cut
    assert len(text) < 40


def test_a_megabyte_that_is_dropped_is_told_as_cut() -> None:
    assert clean_text("\u200b" * 1_000_000 + "end", 10) == ("", True)


def test_a_name_is_one_line() -> None:
    assert clean_name("  Ann\n\tB.\u00a0 Lee \x00") == "Ann B. Lee"
    assert clean_name("x" * 300, 10) == "x" * 10
    assert clean_name("word " * 3, 5) == "word"


def test_an_id_fits_its_index() -> None:
    assert clean_id(" a\x00b ") == "ab"
    assert len(clean_id("я" * 1_000)) == ID_LIMIT


@given(JSON)
def test_any_json_becomes_json_that_the_database_takes(raw: object) -> None:
    value = clean_json(raw).value
    stored = json.dumps(value, allow_nan=False, ensure_ascii=False)
    assert "\\u0000" not in stored
    stored.encode()
    assert clean_json(value) == (value, False)


@pytest.mark.parametrize(
    ("raw", "value", "cut"),
    [
        ({"a\x00": "b\x00"}, {"a": "b"}, False),
        ([math.nan, math.inf, Decimal("1e131072"), Decimal("1.5")], [None, None, None, 1.5], True),
        ([2**63 - 1, 2**63, 10**5000], [2**63 - 1, str(2**63), None], True),
        ({"a": 1, "a\x00": 2}, {"a": 1}, True),
        (
            {"when": datetime(2026, 1, 2, tzinfo=UTC), "what": b"x"},
            {"when": "2026-01-02T00:00:00+00:00", "what": None},
            True,
        ),
        (["x" * 5_000], ["x" * 4_000], True),
        ([True, None, "\ud800"], [True, None, "\ufffd"], False),
    ],
)
def test_clean_json_case(raw: object, value: object, cut: bool) -> None:
    assert clean_json(raw) == (value, cut)


def test_json_that_is_too_deep_or_too_wide_is_trimmed() -> None:
    deep: list[object] = []
    for _ in range(count(20_000, 100_000)):
        deep = [deep]
    trimmed = clean_json(deep)
    assert trimmed.cut
    assert json.dumps(trimmed.value).count("[") == 8
    wide = clean_json({str(n): n for n in range(5_000)}, max_nodes=100)
    assert wide.cut
    assert len(wide.value) == 99
