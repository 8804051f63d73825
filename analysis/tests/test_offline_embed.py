"""Vectors of the offline engine: the same everywhere, near for like texts, in any language."""

import subprocess
import sys

import numpy as np
import pytest

from analysis.offline import DIM, embed, same
from analysis.tests.offline_chat import ROOT

DIGEST = (
    "import zlib; from analysis.offline.embed import embed;"
    "print(zlib.crc32((embed(['Export of VAT fails', 'Експорт не працює']) * 1e4).round().astype('int32').tobytes()))"
)


def test_rows_are_as_long_as_promised_and_of_length_one() -> None:
    rows = embed(["EU invoice export fails", "Резервна копія не відновлюється", "出力が空です", "x"])
    assert rows.shape == (4, DIM)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_no_text_gives_no_rows_and_an_empty_text_gives_zeros() -> None:
    assert embed([]).shape == (0, DIM)
    assert not embed(["", "  !!! "]).any()


@pytest.mark.long
def test_two_processes_with_other_hash_seeds_give_the_same_numbers() -> None:
    def run(seed: str) -> str:
        environment = {"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": ""}
        command = [sys.executable, "-c", DIGEST]
        return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout

    assert run("1") == run("2") != ""


def cosine(first: str, second: str) -> float:
    rows = embed([first, second])
    return float(rows[0] @ rows[1])


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("EU invoice export fails", "Export of EU invoices is failing", "The kitchen needs new cups"),
        ("Експорт рахунків не працює", "не працює експорт рахунку", "Завтра будуть вихідні"),
        ("Rechnungsexport stürzt ab", "Absturz beim Export der Rechnungen", "Heute gibt es Kuchen"),
        ("The photos are grey", "Die Bilder sind grau", "The contract is signed"),
    ],
)
def test_like_texts_are_nearer_than_others_in_every_language(text: str, near: str, far: str) -> None:
    assert cosine(text, near) > cosine(text, far) + 0.15


def test_function_words_alone_make_nothing_alike() -> None:
    assert cosine("and then it was in the", "the export was in the and then") < 0.35


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("Fix EU invoice export for shops with a VAT id", "EU invoice export fails for shops with a VAT id", True),
        ("Rotate the webhook secret", "Webhook secret should be rotated", True),
        ("Login page is slow", "Invoice totals are wrong after a refund", False),
        ("Upgrade to version 15", "Upgrade to version 17", False),
        ("Push arrives on Android", "Push does not arrive on Android", False),
        ("", "Anything at all", False),
    ],
)
def test_same_says_no_when_unsure(first: str, second: str, expected: bool) -> None:
    verdict, confidence = same(first, second)
    assert verdict is expected
    assert 0.5 <= confidence <= 0.99
