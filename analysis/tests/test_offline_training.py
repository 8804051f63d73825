"""How the coefficients are made: the fit, what a row may teach, and the command from end to end on a small folder."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from analysis.offline.coefficients import FILE, coefficients
from analysis.offline.grams import grams
from analysis.offline.training import held_out, readers
from analysis.offline.training.fit import Sparse, Task, fit, minimise
from analysis.offline.training.make import FOREIGN, LABELLED, PLAIN, TALKS
from analysis.offline.training.readers import shares, small
from analysis.offline.training.rows import ALL, labelled
from analysis.offline.training.seeds import seeds
from analysis.offline.training.trust import KNOTS, curve


def test_the_least_of_a_bowl_is_found() -> None:
    found = minimise(lambda x: (float(((x - 3) ** 2).sum()), 2 * (x - 3)), np.zeros(4), steps=50)
    assert np.allclose(found, 3, atol=1e-4)


def test_rows_that_only_rule_a_class_out_move_the_others_up() -> None:
    dense = np.array([[1.0], [1.0], [-1.0], [-1.0]])
    allowed = np.array([[True, True, False], [True, True, False], [False, False, True], [False, False, True]])
    fitted = fit(Task(dense, None, allowed, np.ones(4), np.zeros((1, 3)), 1e-3))
    made = shares(fitted.logits(np.array([[1.0], [-1.0]]), None))
    assert made[0, 2] < 0.05
    assert made[0, 0] == pytest.approx(made[0, 1], abs=1e-3)
    assert made[1, 2] > 0.9


def test_sparse_rows_multiply_like_full_ones() -> None:
    rows = Sparse.of(
        [
            (np.array([0, 2], np.int32), np.array([1, 2], np.float32)),
            (np.array([1], np.int32), np.array([3], np.float32)),
        ],
        3,
    )
    full = np.array([[1.0, 0, 2], [0, 3, 0]])
    weights, errors = np.arange(6.0).reshape(3, 2), np.array([[1.0, -1], [0.5, 2]])
    assert np.allclose(rows.times(weights), full @ weights)
    assert np.allclose(rows.transposed_times(errors), full.T @ errors)
    assert np.allclose(rows.take(np.array([1, 0])).times(weights), full[[1, 0]] @ weights)


def test_small_numbers_keep_their_places_to_a_hundredth() -> None:
    weights = np.array([[0.5, -2.0], [-0.25, 1.0]])
    whole, unit = small(weights)
    assert whole.dtype == np.int8
    assert np.allclose(whole * unit, weights, atol=0.02)


def test_other_rules_out_what_its_set_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "action_email_intent.jsonl"
    path.write_text('{"id": "1", "text": "hello", "mapped": "other"}\n{"id": "2", "text": "call me", "mapped": "task"}')
    first, second = labelled(path)
    assert first.allowed == ALL - {"task"}
    assert (first.label, second.label) == (None, "task")


def test_the_curve_of_trust_never_falls() -> None:
    share = np.linspace(0.2, 1, 200)
    right = np.arange(200) % 3 > 0
    made = curve(share, right, np.ones(200))
    assert len(made) == len(KNOTS)
    assert (np.diff(made) >= -1e-12).all()


def test_grams_are_of_length_one_and_the_same_each_time() -> None:
    places, values = grams("Printer prints empty pages 打印机 42")
    again, _ = grams("Printer prints empty pages 打印机 42")
    assert float((values**2).sum()) == pytest.approx(1, abs=1e-4)
    assert places.tolist() == again.tolist()
    assert len(grams("")[0]) == 0


def test_own_examples_are_of_each_category_and_of_many_scripts() -> None:
    rows = list(seeds())
    assert {row.label for row in rows} == ALL
    text = " ".join(row.text for row in rows)
    assert all(letter in text for letter in ["ж", "ї", "ß", "ñ", "ã", "ç", "ł", "的", "の", "는"])


def test_what_ships_is_small() -> None:
    assert FILE.stat().st_size < 2_000_000
    assert coefficients().category.sparse.dtype == np.int8


def put(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")


@pytest.mark.long
def test_the_command_fits_a_folder_and_prints_what_was_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "STEPS", 2)  # far from fitted, and fast
    monkeypatch.setattr(held_out, "FOLDS", 2)
    texts = {"bug": "the page {} crashes", "task": "please send the report {}", "feature": "add an option for {}"}
    for name in LABELLED:
        put(tmp_path, name, [
            {"id": f"{n}{label}", "text": text.format(f"{name} {n}"), "mapped": label}
            for n in range(6) for label, text in texts.items()
        ])  # fmt: skip
    for name in (*PLAIN, FOREIGN):
        rows: list[dict[str, object]] = [
            {"id": str(n), "text": f"ann: yes {n}" if n % 2 else f"does {n} work?", "author": "bob" if n % 2 else "ann",
             "ts": f"2020-01-01T10:{n:02}:00Z", "channel": f"c{n % 3}", "conversation": str(n // 4)}
            for n in range(24)
        ]  # fmt: skip
        put(tmp_path, name, rows)
    before = FILE.stat().st_mtime_ns
    out = StringIO()
    call_command("train_offline", str(tmp_path), "--dry-run", stdout=out, stderr=StringIO())
    assert FILE.stat().st_mtime_ns == before
    for words in ("category:", "action:", "signal:", "threads:", "all", TALKS[0], LABELLED[0]):
        assert words in out.getvalue()


def test_a_folder_without_the_sets_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read"):
        call_command("train_offline", str(tmp_path), stderr=StringIO())
