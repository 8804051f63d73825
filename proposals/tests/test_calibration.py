"""The arithmetic of learning: intervals, bins, and what a threshold would have taken, against counting by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proposals.calibration import THRESHOLDS, Cell, curve, what_if, wilson
from tasktracker.tests.support import count

kinds = st.sampled_from(["topic", "atom", "task"])
number = st.integers(0, 5)
decided = st.lists(st.tuples(kinds, st.integers(0, 100), st.booleans(), number, number, number, number), max_size=40)


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (95, 100, 0.8882, 0.9785), (0, 0, 0, 1)],
)
def test_the_interval_is_wilsons(part: int, whole: int, low: float, high: float) -> None:
    assert wilson(part, whole) == pytest.approx((low, high), abs=1e-4)


def test_a_perfect_history_has_no_error_and_a_boaster_has_one() -> None:
    honest = [Cell("task", 70, True, confidence=7.0, unedited=7, rejected=3)]
    assert curve("all", honest).error == pytest.approx(0)
    boaster = [Cell("task", 95, True, confidence=9.5, unedited=4, edited=1, rejected=4, merged=1)]
    assert curve("all", boaster).error == pytest.approx(0.45)
    assert curve("all", []).error is None


@settings(max_examples=count(20, 200))
@given(decided)
def test_every_decision_is_in_one_bin(rows: list[tuple[str, int, bool, int, int, int, int]]) -> None:
    cells = [Cell(kind, at, new, at / 100 * sum(counts), *counts) for kind, at, new, *counts in rows]
    found = curve("all", cells)
    assert [one.decided for one in found.bins] == [
        sum(cell.decided for cell in cells if min(cell.hundredths // 10, 9) == place) for place in range(10)
    ]
    for one in found.bins:
        if one.decided:
            assert one.mean is not None
            assert one.share_low is not None
            assert one.share_high is not None
            assert one.low - 1e-9 <= one.mean <= one.high + 1e-9
            assert one.share_low <= one.approved / one.decided <= one.share_high
        else:
            assert (one.mean, one.share) == (None, None)


@settings(max_examples=count(20, 200))
@given(decided, st.sampled_from(THRESHOLDS), kinds)
def test_what_if_counts_what_is_new_of_its_kind_from_there_up(
    rows: list[tuple[str, int, bool, int, int, int, int]], threshold: float, wanted: str
) -> None:
    cells = [Cell(*row[:3], 0.0, *row[3:]) for row in rows]
    found = what_if(wanted, threshold, cells)
    taken = [row for row in rows if row[0] == wanted and row[2] and row[1] >= round(threshold * 100)]
    assert found.approved == sum(sum(row[3:]) for row in taken)
    assert (found.unedited, found.edited) == (sum(row[3] for row in taken), sum(row[4] for row in taken))
    assert found.wrong == sum(row[5] + row[6] for row in taken)
