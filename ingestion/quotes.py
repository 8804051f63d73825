"""The check of a quote against its message: where in the stored text do these words stand, if at all?

Pure. What is kept as evidence is the message's own passage, `text[start:end]` in code points, never the wording of
whoever quoted it.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from typing import NamedTuple

from ingestion.text import WORD_MARKS

RATIO = 0.9
_MIN_ALNUM = 3
_MAX_QUOTE_TOKENS = 500
_CANDIDATES = 3

_SAME = {ord(char): plain for plain, chars in {
    "'": "‘’‚‛`´′ʼ＇",
    '"': "“”„‟«»″＂",
    "-": "‐‑‒–—―−﹘﹣－",
}.items() for char in chars}  # fmt: skip
_WRAPPING = " \t\n'\"“”„«»‘’…."
_JAPANESE_MARKS = "\uff9e\uff9f"  # halfwidth voicing marks: no combining class of their own, but NFKC joins them
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # a token each
_TOKENS = re.compile(rf"[{_IDEOGRAPHS}]|(?:[^\W{_IDEOGRAPHS}]|[{WORD_MARKS}])+")


@dataclass(frozen=True, slots=True)
class Passage:
    """`text[start:end]`, without white space at its ends. `method` is exact, folded or fuzzy."""

    start: int
    end: int
    method: str
    ratio: float = 1.0


class _Folded(NamedTuple):
    """A text made comparable: for each character, the bounds of what it stands for in the original."""

    text: str
    starts: list[int]
    ends: list[int]


def locate(quote: str, text: str) -> Passage | None:
    """The passage of `text` that `quote` repeats, or None.

    The first exact occurrence; else the first under NFKC, white space and case folding, with one form of quotation
    marks and dashes; else the stretch of words whose ratio (2 × words in common and in order / words of both) is
    best, if that is at least 0.9. A quote of fewer than three letters or digits is no evidence.
    """
    quote = quote.strip()
    if sum(map(str.isalnum, quote)) < _MIN_ALNUM:
        return None
    start = text.find(quote)
    if start >= 0:
        return Passage(start, start + len(quote), "exact")
    folded_text = _fold(text)
    for candidate in dict.fromkeys((quote, quote.strip(_WRAPPING))):
        passage = _find_folded(candidate, folded_text)
        if passage is not None:
            return _trimmed(passage, text)
    passage = _find_fuzzy(_fold(quote).text, folded_text)
    return None if passage is None else _trimmed(passage, text)


def normalised(text: str) -> str:
    """The form in which quote and message are compared."""
    return _fold(text).text.strip()


def _fold(text: str) -> _Folded:
    """NFKC, case and white space folded. One letter may become several (ß, ﬁ), several one (e + accent)."""
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position, length = 0, len(text)
    while position < length:
        end = position + 1
        while end < length and _joins_before(text[end]):
            end += 1
        part = _fold_cluster(text[position:end])
        if part.isspace():
            part = " "
        if part == " " and folded and folded[-1] == " ":
            ends[-1] = end
        else:
            folded.append(part)
            starts.extend([position] * len(part))
            ends.extend([end] * len(part))
        position = end
    return _Folded("".join(folded), starts, ends)


def _joins_before(char: str) -> bool:
    return char > "\u02ff" and (unicodedata.combining(char) != 0 or char in _JAPANESE_MARKS)


def _fold_cluster(cluster: str) -> str:
    """A letter with its marks; characters that show nothing fold to nothing."""
    if cluster.isascii():
        return cluster.lower() if cluster.isprintable() else " " if cluster.isspace() else ""
    plain = unicodedata.normalize("NFKC", cluster.translate(_SAME))
    plain = unicodedata.normalize("NFKC", plain.casefold()).translate(_SAME)
    if plain.isspace():
        return " "
    return "".join(" " if char.isspace() else char for char in plain if not _is_invisible(char))


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) in ("Cf", "Cc") or "\ufe00" <= char <= "\ufe0f"


def _trimmed(passage: Passage, text: str) -> Passage:
    """Without the white space that a mark may stand on."""
    words = text[passage.start : passage.end]
    start = passage.start + len(words) - len(words.lstrip())
    return replace(passage, start=start, end=start + len(words.strip()))


def _find_folded(quote: str, text: _Folded) -> Passage | None:
    wanted = _fold(quote).text.strip()
    if sum(map(str.isalnum, wanted)) < _MIN_ALNUM:
        return None
    start = text.text.find(wanted)
    if start < 0:
        return None
    return Passage(text.starts[start], text.ends[start + len(wanted) - 1], "folded")


def _find_fuzzy(quote: str, text: _Folded) -> Passage | None:
    """One try: the windows of as many words as the quote has that share the most words with it, aligned in order."""
    wanted = [found[0] for found in _TOKENS.finditer(quote)][: _MAX_QUOTE_TOKENS + 1]
    spans = [(found[0], found.start(), found.end()) for found in _TOKENS.finditer(text.text)]
    size = len(wanted)
    if not 0 < size <= _MAX_QUOTE_TOKENS or not spans:
        return None
    words = [word for word, _, _ in spans]
    best: tuple[float, int, int] | None = None
    for start in _best_windows(wanted, words):
        # A little wider than the quote, for words that it left out.
        low, high = max(0, start - size // 8 - 1), start + size + size // 8 + 1
        matched = _aligned(wanted, words[low:high])
        if not matched:
            continue
        first, last = low + matched[0], low + matched[-1]
        ratio = 2 * len(matched) / (size + last - first + 1)
        if best is None or ratio > best[0]:
            best = ratio, first, last
    if best is None or best[0] < RATIO:
        return None
    ratio, first, last = best
    return Passage(text.starts[spans[first][1]], text.ends[spans[last][2] - 1], "fuzzy", round(ratio, 3))


def _best_windows(wanted: list[str], words: list[str]) -> list[int]:
    """The starts of the windows that share the most words with `wanted`, counted while one window slides along."""
    need = Counter(wanted)
    have: Counter[str] = Counter()
    common = 0
    size = len(wanted)
    scores: list[tuple[int, int]] = []
    for index, word in enumerate(words):
        have[word] += 1
        common += have[word] <= need[word]
        if index >= size:
            gone = words[index - size]
            common -= have[gone] <= need[gone]
            have[gone] -= 1
        if index >= size - 1 or index == len(words) - 1:
            scores.append((-common, max(0, index - size + 1)))
    enough = (RATIO * size) / 2  # fewer words in common can never reach the ratio
    return [start for score, start in sorted(scores)[:_CANDIDATES] if -score >= enough]


def _aligned(wanted: list[str], words: list[str]) -> list[int]:
    """Indexes in `words` of a longest common subsequence with `wanted`; both are bounded by the quote's length."""
    lengths = [[0] * (len(words) + 1)]
    for word in reversed(wanted):
        below = lengths[-1]
        row = [0] * (len(words) + 1)
        for index in range(len(words) - 1, -1, -1):
            row[index] = below[index + 1] + 1 if words[index] == word else max(below[index], row[index + 1])
        lengths.append(row)
    lengths.reverse()
    matched: list[int] = []
    at = index = 0
    while at < len(wanted) and index < len(words):
        if wanted[at] == words[index]:
            matched.append(index)
            at, index = at + 1, index + 1
        elif lengths[at + 1][index] >= lengths[at][index + 1]:
            at += 1
        else:
            index += 1
    return matched
