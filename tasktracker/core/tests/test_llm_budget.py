"""Does it fit, and was it read."""

import pytest

from tasktracker.core.llm.budget import answer_room, estimate_tokens, was_cut


# Counted with the tokenisers of three model families; the estimate has to lie between the extremes, give or take.
@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("", 0, 0),
        ("ok", 1, 2),
        ("We deploy on Friday at noon, and Bob writes the notes.", 11, 16),
        ("Мы выкатываем релиз в пятницу в полдень, заметки пишет Боб.", 14, 30),
        ("我们星期五中午部署，鲍勃写说明。", 9, 20),
        ("=" * 4000, 1, 300),
    ],
)
def test_the_estimate_is_in_the_range_of_real_tokenisers(text: str, low: int, high: int) -> None:
    assert low <= estimate_tokens(text) <= high


def test_the_answer_gets_what_the_prompt_leaves() -> None:
    assert answer_room(1000, context_tokens=8192, max_tokens=4000) == 4000
    assert answer_room(5000, context_tokens=8192, max_tokens=4000) == 3192
    assert answer_room(7500, context_tokens=8192, max_tokens=4000) == 0
    assert answer_room(9000, context_tokens=8192, max_tokens=4000) == 0


def test_a_short_answer_needs_no_more_room_than_it_asks_for() -> None:
    assert answer_room(8000, context_tokens=8192, max_tokens=100) == 100


@pytest.mark.parametrize(
    ("counted", "answered", "enforced", "cut"),
    [
        (5000, 100, True, False),
        (3001, 100, True, False),
        (2999, 100, False, True),
        (None, None, True, False),
        (0, 0, True, False),
        (8000, 192, True, True),
        (8000, 192, False, False),
    ],
)
def test_a_prompt_was_cut_when_the_server_counts_too_little_or_its_context_is_full(
    counted: int | None, answered: int | None, enforced: bool, cut: bool
) -> None:
    assert was_cut(estimate=5000, counted=counted, answered=answered, context_tokens=8192, enforced=enforced) is cut


def test_a_short_prompt_says_nothing_about_cutting() -> None:
    assert not was_cut(estimate=100, counted=20, answered=1, context_tokens=8192, enforced=True)
