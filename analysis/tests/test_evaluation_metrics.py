"""The figures of `manage.py evaluate`, against values worked out by hand."""

import math
from collections.abc import Hashable
from itertools import permutations

import pytest

from analysis.evaluation.clustering import adjusted_rand_index, grouping, one_to_one, variation_of_information
from analysis.evaluation.metrics import classification
from analysis.evaluation.pairing import best_pairing
from analysis.evaluation.ranking import average_precision, roc_auc


def test_accuracy_and_macro_f1_count_each_row_and_each_true_label() -> None:
    made = classification(["a", "a", "a", "b"], ["a", "a", "b", "b"], [0.95, 0.8, 0.95, 0.5])
    assert made.accuracy == 0.75
    assert made.labels["a"].precision == 1
    assert made.labels["a"].recall == pytest.approx(2 / 3)
    assert made.labels["b"].f1 == pytest.approx(2 / 3)
    assert made.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)


def test_a_label_that_no_row_truly_has_is_a_miss_but_no_part_of_the_mean() -> None:
    made = classification(["a", "a"], ["a", "c"], [0.5, 0.5])
    assert made.macro_f1 == pytest.approx(2 / 3)
    assert made.labels["c"].found == 1


def test_each_tier_has_its_share_and_its_accuracy() -> None:
    made = classification(["a", "a", "a", "b"], ["a", "a", "b", "b"], [0.95, 0.8, 0.95, 0.9])
    assert (made.tiers["high"].rows, made.tiers["high"].coverage, made.tiers["high"].accuracy) == (2, 0.5, 0.5)
    assert (made.tiers["medium"].rows, made.tiers["medium"].accuracy) == (2, 1.0)  # 0.9 itself is not high
    assert made.tiers["low"].accuracy is None


def test_a_row_without_an_answer_is_wrong() -> None:
    made = classification(["a", "a"], ["a", ""], [0.5, 0.0])
    assert made.accuracy == 0.5
    assert set(made.labels) == {"a"}


def test_ranking_figures_of_a_small_list() -> None:
    truth, scores = [True, False, True, False], [0.9, 0.8, 0.7, 0.1]
    assert roc_auc(truth, scores) == 0.75
    assert average_precision(truth, scores) == pytest.approx((1 + 2 / 3) / 2)


def test_ties_count_half_and_one_kind_alone_has_no_figure() -> None:
    assert roc_auc([True, False], [0.5, 0.5]) == 0.5
    assert average_precision([True, False], [0.5, 0.5]) == 0.5
    assert roc_auc([True], [0.5]) is None
    assert average_precision([False], [0.5]) is None


def test_the_same_grouping_under_other_names_is_perfect() -> None:
    made = grouping([1, 1, 2, 2, 3], ["x", "x", "y", "y", "z"])
    assert (made.variation_of_information, made.one_to_one, made.exact_f1, made.ari) == (1, 1, 1, 1)


def test_one_lump_loses_half_of_two_equal_conversations() -> None:
    truth, found = [1, 1, 2, 2], [7, 7, 7, 7]
    assert variation_of_information(truth, found) == pytest.approx(1 - 1 / math.log2(4))
    assert one_to_one(truth, found) == 0.5
    assert adjusted_rand_index(truth, found) == 0
    assert grouping(truth, found).exact_f1 == 0


def test_exact_match_leaves_conversations_of_one_message_out() -> None:
    made = grouping([1, 1, 2, 3], [1, 1, 2, 2])
    assert (made.exact_recall, made.exact_precision) == (1.0, 0.5)


def test_the_best_pairing_beats_the_greedy_one() -> None:
    # Greedy takes 5 and is left with 0; crosswise it is 4 + 4.
    assert best_pairing({("a", "x"): 5, ("a", "y"): 4, ("b", "x"): 4}) == 8


def test_the_pairing_is_as_good_as_trying_all() -> None:
    counts = [[3, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8], [9, 7, 9, 3], [2, 3, 8, 4]]
    shared: dict[tuple[Hashable, Hashable], int] = {
        (row, f"c{column}"): value for row, line in enumerate(counts) for column, value in enumerate(line)
    }
    tried = max(sum(counts[row][column] for column, row in enumerate(rows)) for rows in permutations(range(5), 4))
    assert best_pairing(shared) == tried
