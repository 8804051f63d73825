"""Vectors without a model: hashed words, pairs of words and character n-grams, the same on every machine."""

import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from .concepts import named_concept
from .cues import ALL_STOP, ALL_WEAK
from .words import stem, tokens

DIM = 512
MAX_CHARS = 20_000

_WORD, _PAIR, _GRAM, _CONCEPT = 1.0, 0.6, 0.28, 1.2
_STOP_FACTOR, _WEAK_FACTOR = 0.08, 0.4

Features = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]


def _slot(feature: str) -> tuple[int, float]:
    """Place and sign of a feature. CRC-32 is the same in every process, which `hash()` is not."""
    code = zlib.crc32(feature.encode("utf-8"))
    # The low bits of a CRC of like strings are alike: mixed before use.
    code = (code * 0x9E3779B1) & 0xFFFFFFFF
    return (code >> 8) % DIM, 1.0 if code & 0x80000000 else -1.0


@lru_cache(maxsize=32768)
def _word_features(word: str) -> Features:
    weight = _STOP_FACTOR if word in ALL_STOP else _WEAK_FACTOR if word in ALL_WEAK else 1.0
    places: list[int] = []
    values: list[float] = []

    def put(feature: str, value: float) -> None:
        place, sign = _slot(feature)
        places.append(place)
        values.append(sign * value)

    root = stem(word)
    put("w:" + root, _WORD * weight)
    if meaning := named_concept(root):
        put("c:" + meaning, _CONCEPT * weight)
    if weight > _STOP_FACTOR:
        framed = f"<{word}>"
        grams = [framed[i : i + size] for size in (3, 4, 5) for i in range(len(framed) - size + 1)][:60]
        for gram in grams:
            # A long word is not worth more than a short one.
            put("g:" + gram, _GRAM * weight * (6.0 / max(6, len(grams))) ** 0.5)
    return np.array(places, dtype=np.int64), np.array(values, dtype=np.float32)


@lru_cache(maxsize=32768)
def _pair_features(first: str, second: str) -> tuple[int, float]:
    place, sign = _slot(f"p:{stem(first)} {stem(second)}")
    return place, sign * _PAIR


def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """One row of `DIM` numbers for each text, of length 1; a text without a single letter or digit gives zeros."""
    rows = np.zeros((len(texts), DIM), dtype=np.float32)
    for row, text in enumerate(texts):
        vector = _vector(text[:MAX_CHARS])
        length = float(np.linalg.norm(vector))
        if length > 0:
            rows[row] = vector / length
    return rows


def _vector(text: str) -> npt.NDArray[np.float32]:
    counts: dict[str, int] = {}
    pairs: dict[tuple[str, str], int] = {}
    before = ""
    for token in tokens(text):
        word = token.low
        counts[word] = counts.get(word, 0) + 1
        if word in ALL_STOP:
            continue
        if before:
            pairs[before, word] = pairs.get((before, word), 0) + 1
        before = word
    if not counts:
        return np.zeros(DIM, dtype=np.float32)
    places: list[npt.NDArray[np.int64]] = []
    values: list[npt.NDArray[np.float32]] = []
    for word, count in counts.items():
        place, value = _word_features(word)
        places.append(place)
        values.append(value * np.float32(1.0 + np.log(count)))
    slots = [_pair_features(first, second) for first, second in pairs]
    if slots:
        places.append(np.array([slot[0] for slot in slots], dtype=np.int64))
        values.append(np.array([slot[1] for slot in slots], dtype=np.float32))
    summed = np.bincount(np.concatenate(places), weights=np.concatenate(values), minlength=DIM)
    return summed.astype(np.float32)
