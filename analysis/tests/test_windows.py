"""Windows hold every message that counts exactly once, in the order of time and within the budget."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.windows import (
    CONTEXT,
    WindowDraft,
    WindowMessage,
    estimate_tokens,
    halve,
    pack,
    split,
)
from tasktracker.tests.support import count

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def message(id_: int, minute: float, **facts: object) -> WindowMessage:
    plain = WindowMessage(id_, 1, "", author_id=id_, sent_at=NOON + timedelta(minutes=minute), tokens=10)
    return replace(plain, **facts)  # type: ignore[arg-type]


def ids(windows: Sequence[WindowDraft]) -> list[tuple[int, ...]]:
    return [window.message_ids for window in windows]


FACTS = st.fixed_dictionaries(
    {
        "channel_id": st.integers(1, 2),
        "thread": st.sampled_from(["", "", "7"]),
        "author_id": st.sampled_from([None, 1, 2, 3]),
        "tokens": st.sampled_from([0, 5, 40, 300]),
        "reply_to": st.one_of(st.none(), st.integers(1, 30)),
        "is_noise": st.sampled_from([False, False, True]),
        "is_done": st.sampled_from([False, False, False, True]),
    }
)


def in_time(pauses: list[tuple[float, dict[str, object]]]) -> list[WindowMessage]:
    minutes = accumulate(pause for pause, _ in pauses)
    return [message(n, minute, **facts) for n, (minute, (_, facts)) in enumerate(zip(minutes, pauses, strict=True), 1)]


def chats() -> st.SearchStrategy[list[WindowMessage]]:
    pause = st.sampled_from([0, 0.5, 3, 9, 11, 60, 1500])
    return st.lists(st.tuples(pause, FACTS), max_size=30).map(in_time)


@given(chats(), st.sampled_from([120, 250, 400, 4_000]), st.integers(0, 6))
def test_every_message_that_counts_is_in_exactly_one_window(
    chat: list[WindowMessage], budget: int, context: int
) -> None:
    windows = list(split(chat, token_budget=budget, context=context))
    extracted = [id_ for window in windows for id_ in window.message_ids]
    assert sorted(extracted) == [each.id for each in chat if each.is_signal]


@given(chats(), st.sampled_from([120, 250, 4_000]))
def test_a_window_is_of_one_place_in_order_and_within_the_budget(chat: list[WindowMessage], budget: int) -> None:
    for window in split(chat, token_budget=budget):
        assert {(item.message.channel_id, item.message.thread) for item in window.items} == {
            (window.channel_id, window.thread)
        }
        times = [item.message.sent_at for item in window.items]
        assert times == sorted(times)
        assert len({item.id for item in window.items}) == len(window.items)
        assert window.tokens <= budget or len(window.items) == 1


@given(chats())
def test_the_same_messages_give_the_same_windows(chat: list[WindowMessage]) -> None:
    assert list(split(chat, token_budget=300)) == list(split(iter(chat), token_budget=300))


def test_a_silence_longer_than_the_gap_begins_a_new_window() -> None:
    assert ids(list(split([message(1, 0), message(2, 10), message(3, 20.5)]))) == [(1, 2), (3,)]


def test_channels_and_threads_are_kept_apart() -> None:
    chat = [message(1, 0), message(2, 1, thread="7"), message(3, 2, channel_id=2), message(4, 3)]
    assert sorted(ids(list(split(chat)))) == [(1, 4), (2,), (3,)]


def test_a_reply_after_hours_joins_what_it_answers() -> None:
    chat = [message(1, 0), message(2, 60), message(3, 120, reply_to=1)]
    assert sorted(ids(list(split(chat)))) == [(1, 3), (2,)]


def test_a_reply_after_more_than_a_day_begins_a_window_of_its_own() -> None:
    assert ids(list(split([message(1, 0), message(2, 60 * 25, reply_to=1)]))) == [(1,), (2,)]


def test_an_author_goes_on_where_they_spoke_last() -> None:
    chat = [
        message(1, 0, author_id=1),
        message(2, 60, author_id=2),
        message(3, 61, author_id=3, reply_to=1),
        message(4, 62, author_id=3),
        message(5, 63, author_id=2),
    ]
    assert sorted(ids(list(split(chat)))) == [(1, 3, 4), (2, 5)]


def test_noise_keeps_no_conversation_alive() -> None:
    chat = [message(1, 0), *(message(n, n * 8 - 8, is_noise=True) for n in range(2, 6)), message(9, 40)]
    assert ids(list(split(chat))) == [(1,), (9,)]


def test_noise_alone_makes_no_window() -> None:
    assert list(split([message(1, 0, is_noise=True), message(2, 1, is_noise=True)])) == []


def test_noise_next_to_a_signal_is_shown_when_it_answers_or_is_answered() -> None:
    chat = [
        message(1, 0, is_noise=True),
        message(2, 1, is_noise=True),
        message(3, 2, reply_to=1),
        message(4, 3, is_noise=True, reply_to=3),
        message(5, 4, is_noise=True),
    ]
    (window,) = split(chat)
    assert window.message_ids == (3,)
    assert window.context_ids == (1, 4)


def test_only_the_first_three_thanks_are_shown() -> None:
    chat = [message(1, 0), *(message(n, n / 10, is_noise=True, reply_to=1) for n in range(2, 30))]
    (window,) = split(chat)
    assert window.context_ids == (2, 3, 4)


def test_a_long_conversation_goes_on_with_five_messages_as_context() -> None:
    chat = [message(n, n / 10) for n in range(1, 61)]
    windows = list(split(chat, token_budget=600))
    assert [window.part for window in windows] == list(range(len(windows)))
    assert len(windows) > 2
    for before, after in pairwise(windows):
        assert after.context_ids == before.message_ids[-CONTEXT:]


def test_a_window_that_goes_on_shows_what_its_messages_answer() -> None:
    chat = [message(n, n / 10) for n in range(1, 41)] + [message(41, 5, reply_to=2)]
    last = list(split(chat, token_budget=600))[-1]
    assert 41 in last.message_ids
    assert 2 in last.context_ids


def test_a_message_longer_than_the_budget_stands_alone() -> None:
    chat = [message(1, 0), message(2, 1, tokens=5_000), message(3, 2)]
    assert ids(list(split(chat, token_budget=500))) == [(1,), (2,), (3,)]


def test_what_was_analysed_before_is_context_and_nothing_else() -> None:
    chat = [message(n, n, is_done=True) for n in range(1, 9)] + [message(9, 9)]
    (window,) = split(chat)
    assert window.message_ids == (9,)
    assert window.context_ids == (4, 5, 6, 7, 8)


def test_a_conversation_without_end_is_handed_out_as_it_grows() -> None:
    size = count(4_000, 20_000)
    given_out = 0
    taken = 0

    def endless() -> object:
        nonlocal taken
        for n in range(1, size + 1):
            taken = n
            yield message(n, n / 100)

    longest_wait = 0
    for window in split(endless(), token_budget=400):  # type: ignore[arg-type]
        given_out += len(window.message_ids)
        longest_wait = max(longest_wait, taken - given_out)
    assert given_out == size
    assert longest_wait < 400


@given(chats(), st.integers(0, 6))
def test_halves_hold_each_message_once_and_what_the_second_needs(chat: list[WindowMessage], context: int) -> None:
    for window in split(chat, token_budget=400):
        halves = halve(window, context=context)
        assert tuple(id_ for half in halves for id_ in half.message_ids) == window.message_ids
        assert len(halves) == min(2, len(window.message_ids))
        if len(halves) == 2:
            first, second = halves
            assert set(first.message_ids[len(first.message_ids) - context :] if context else ()) <= set(
                second.context_ids
            )
            assert max(len(first.message_ids), len(second.message_ids)) < len(window.message_ids)


def test_halves_are_of_about_the_same_length() -> None:
    (window,) = split([message(n, n / 10) for n in range(1, 21)])
    first, second = halve(window)
    assert (len(first.message_ids), len(second.message_ids)) == (10, 10)


@given(st.lists(st.integers(1, 500), max_size=40), st.integers(1, 5))
def test_packs_keep_the_order_and_the_limits(costs: list[int], limit: int) -> None:
    windows = [WindowDraft(1, str(n), (), 0) for n in range(len(costs))]
    sized = [_Sized(window.thread, cost) for window, cost in zip(windows, costs, strict=True)]
    groups = list(pack(sized, token_budget=600, limit=limit))
    assert [each for group in groups for each in group] == sized
    assert all(0 < len(group) <= limit for group in groups)
    assert all(sum(each.tokens for each in group) <= 600 for group in groups)


class _Sized:
    def __init__(self, name: str, tokens: int) -> None:
        self.name = name
        self.tokens = tokens


def test_short_windows_share_a_call() -> None:
    chat = [message(n, n * 15) for n in range(1, 101)]
    windows = list(split(chat))
    assert len(windows) == 100
    assert len(list(pack(windows))) <= 10


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("", 0, 0), ("word " * 100, 100, 140), ("слово " * 100, 240, 320), ("漢字" * 50, 95, 105), ("안녕하세요", 5, 5)],
)
def test_tokens_are_estimated_by_script(text: str, low: int, high: int) -> None:
    assert low <= estimate_tokens(text) <= high
