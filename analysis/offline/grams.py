"""Hashed words, pairs of words and parts of words of a text, the same in every process and language."""

import re
import unicodedata
import zlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt

SIZE = 1 << 16
MAX_CHARS = 2000
_MOST = 600  # features of one text

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+|[?!]+|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LINK = re.compile(r"(?:https?://|www\.)\S+")


def _slot(feature: str) -> int:
    # The low bits of a CRC of like strings are alike: mixed before use.
    return ((zlib.crc32(feature.encode("utf-8", "replace")) * 0x9E3779B1 & 0xFFFFFFFF) >> 8) % SIZE


@lru_cache(maxsize=32768)
def _of_word(word: str) -> tuple[int, ...]:
    if _WIDE.match(word):  # no spaces between words: runs of one to three characters stand for them
        runs = {word[i : i + size] for size in (1, 2, 3) for i in range(len(word) - size + 1)}
        return tuple(sorted({_slot("z:" + run) for run in runs}))
    if not word.isalpha():
        return (_slot("w:" + word),)
    framed = f"<{word}>"
    # In their order, not a set's: which ones a very long word keeps must not differ from process to process.
    parts = [framed[i : i + size] for size in (3, 4, 5) for i in range(len(framed) - size + 1)]
    return (_slot("w:" + word), *sorted({_slot("g:" + part) for part in list(dict.fromkeys(parts))[:60]}))


@lru_cache(maxsize=65536)
def _of_pair(first: str, second: str) -> int:
    return _slot(f"p:{first} {second}")


def words_of(text: str) -> list[str]:
    """Folded words, runs of marks and `#` for a number; `LINK` for a link."""
    folded = unicodedata.normalize("NFKC", _LINK.sub(" LINK ", text[:MAX_CHARS])).casefold()
    return ["#" if word[0].isdigit() else word for word in _WORD.findall(folded)]


def grams(text: str) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Places (0 to SIZE) and values of a text's features; the squares of the values add up to 1."""
    counts: dict[int, int] = {}
    before = "^"
    for word in words_of(text):
        for place in (*_of_word(word), _of_pair(before, word)):
            counts[place] = counts.get(place, 0) + 1
        before = word
        if len(counts) > _MOST:
            break
    if not counts:
        return np.zeros(0, np.int32), np.zeros(0, np.float32)
    values = 1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))
    return np.fromiter(counts, np.int32, len(counts)), (values / np.linalg.norm(values)).astype(np.float32)
