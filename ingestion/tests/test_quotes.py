"""A quote is evidence only when the message says it; what is kept is the message's own passage."""

import time
import unicodedata
from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingestion.quotes import Passage, locate, normalised
from ingestion.text import clean_text

type Form = Literal["NFC", "NFKC", "NFD"]

CHAT = st.text(
    alphabet=st.one_of(
        st.sampled_from("abc xyz.\n\t'\"-ABCßİıﬁ½№ﾊﾞé́̈їЇёáЖ“”—…‍👍🏽한글漢字"),
        st.characters(codec="utf-8"),
    ),
    min_size=3,
    max_size=80,
)


def passage_of(quote: str, text: str) -> str | None:
    found = locate(quote, text)
    return None if found is None else text[found.start : found.end]


@pytest.mark.parametrize(
    ("quote", "text", "passage"),
    [
        ("ship on Friday", "We ship on Friday, then rest.", "ship on Friday"),
        ("SHIP ON friday", "We ship on Friday, then rest.", "ship on Friday"),
        ("ship on Friday", "We ship\n\n  on\tFriday", "ship\n\n  on\tFriday"),
        ('it\'s "done" - really', "So it’s “done” — really!", "it’s “done” — really"),
        ("STRASSE 5", "wohnt Straße 5 hier", "Straße 5"),
        ("office find", "the oﬃce ﬁnd it", "oﬃce ﬁnd"),
        ("istanbul is", "x İSTANBUL is", None),  # a dotted i is another letter, and three words are too few to guess
        ("i̇stanbul", "x İSTANBUL y", "İSTANBUL"),
        ("cafe\u0301 bar", "the café bar", "café bar"),
        ("caf\u00e9 bar", "the cafe\u0301 bar", "cafe\u0301 bar"),
        ("їжак біжить", "Їжак біжить!", "Їжак біжить"),
        ("バグです", "これはﾊﾞｸﾞです", "ﾊﾞｸﾞです"),
        ("wait... what", "so wait… what", "wait… what"),
        ("“ship on Friday.”", "We ship on Friday", "ship on Friday"),
        ("½ of it all", "take 1⁄2 of it all", "1⁄2 of it all"),
        ("fixed in v2", "fixed\u00a0in\u202fv2", "fixed\u00a0in\u202fv2"),
        ("done 👍 now ok", "done 👍🏽 now ok", "done 👍🏽 now ok"),
        ("deploy the thing", "deploy \u200bthe\ufe0f thing", "deploy \u200bthe\ufe0f thing"),
    ],
)
def test_the_passage_is_the_messages_own(quote: str, text: str, passage: str | None) -> None:
    assert passage_of(quote, text) == passage


@pytest.mark.parametrize("quote", ["", "  ", "ok", "👍👍👍👍", "...", "a b", "!?"])
def test_a_quote_of_fewer_than_three_letters_is_no_evidence(quote: str) -> None:
    assert locate(quote, f"well {quote} then") is None


def test_words_that_are_not_in_the_message_are_not_found() -> None:
    assert locate("the server will be replaced on Monday", "lunch was nice, thank you all for coming") is None


def test_one_wrong_word_in_twenty_is_found_by_the_fuzzy_try() -> None:
    text = "Intro. We agreed to move the payment worker to the new cluster before the end of March, because it is slow."
    quote = "We agreed to move the payment worker to the new cluster before the end of April, because it is slow"
    found = locate(quote, text)
    assert found is not None
    assert found.method == "fuzzy"
    assert text[found.start : found.end] == text[7:-1]


def test_words_left_out_by_the_quote_stay_in_the_passage() -> None:
    text = "so we agreed to move the whole payment worker over to the new cluster before summer, ok?"
    found = locate("we agreed to move the payment worker to the new cluster before summer", text)
    assert found is not None
    assert text[found.start : found.end] == text[3:-5]
    assert 0.9 <= found.ratio < 1


def test_the_same_words_in_another_order_are_not_a_quote() -> None:
    assert locate("cluster new the to worker payment the move", "move the payment worker to the new cluster") is None


def test_a_short_quote_may_not_differ_in_a_word() -> None:
    assert locate("we will not ship today", "we will ship today") is None


def test_the_first_of_two_occurrences_is_taken() -> None:
    assert locate("again and again", "again and again, again and again") == Passage(0, 15, "exact")


def test_a_passage_has_no_white_space_at_its_ends() -> None:
    text = "  first line \n second line  "
    assert passage_of(" FIRST line\n", text) == "first line"


@given(CHAT, st.data())
def test_any_substring_of_a_stored_text_is_found(raw: str, data: st.DataObject) -> None:
    text = clean_text(raw).text
    start = data.draw(st.integers(0, len(text)))
    quote = text[start : data.draw(st.integers(start, len(text)))].strip()
    found = locate(quote, text)
    if sum(map(str.isalnum, quote)) < 3:
        assert found is None
    else:
        assert found is not None
        assert text[found.start : found.end] == quote


@given(
    CHAT, st.sampled_from([str.upper, str.lower, str.swapcase, str.casefold]), st.sampled_from(["NFC", "NFKC", "NFD"])
)
def test_a_whole_message_is_found_in_any_case_and_normal_form(raw: str, case: Callable[[str], str], form: Form) -> None:
    text = clean_text(raw).text
    quote = unicodedata.normalize(form, case(text))
    assume(normalised(quote) == normalised(text))  # some letters have no way back from their upper case
    assume(sum(map(str.isalnum, quote)) >= 3)
    assume(sum(map(str.isalnum, normalised(quote))) >= 3)
    found = locate(quote, text)
    assert found is not None
    passage = text[found.start : found.end]
    assert normalised(passage) == normalised(quote)
    assert passage == passage.strip()


@given(
    st.lists(st.sampled_from(["Größe", "ﬁle", "кіт", "Ünï", "40 %", "漢字", "don’t", "x"]), min_size=2, max_size=12),
    st.data(),
)
def test_a_folded_passage_normalises_to_the_quote(words: list[str], data: st.DataObject) -> None:
    text = " \n".join(words)
    start = data.draw(st.integers(0, len(words) - 1))
    quote = " ".join(words[start : data.draw(st.integers(start + 1, len(words)))]).upper()
    found = locate(quote, text)
    if found is None:
        assert sum(map(str.isalnum, quote)) < 3
    else:
        assert normalised(text[found.start : found.end]) == normalised(quote)


@given(CHAT, CHAT)
def test_any_two_texts_give_a_passage_within_the_message_or_none(quote: str, text: str) -> None:
    found = locate(quote, text)
    assert found is None or (0 <= found.start < found.end <= len(text))


@pytest.mark.long
@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("a " * 400 + "b", "a " * 20_000),
        (" ".join(f"w{n}" for n in range(400)) + " no", " ".join(f"w{n % 400}" for n in range(8_000))),
        ("x" * 20_000, "x" * 19_999 + "y"),
        ("e" + "\u0301\u0323" * 15, ("e" + "\u0301\u0323" * 15 + " ") * 600),
    ],
)
def test_a_long_message_is_searched_in_bounded_time(quote: str, text: str) -> None:
    begun = time.process_time()  # of this process alone: a busy machine must not fail the test
    locate(quote, text)
    assert time.process_time() - begun < 2
