"""What changed between two texts, word by word. No ORM."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

MOST = 600  # words compared of each text
AROUND = 8  # words left standing on either side of a change
GAP = "…"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of words: in both texts, in the old one only, or in the new one only."""

    kind: Literal["same", "old", "new"]
    text: str


def changed_words(old: str, new: str) -> list[Piece]:
    """The pieces in reading order; long stretches that are the same are cut to the words next to a change."""
    before, after = _words(old), _words(new)
    pieces: list[Piece] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", " ".join(before[a1:a2])))
            continue
        if a2 > a1:
            pieces.append(Piece("old", " ".join(before[a1:a2])))
        if b2 > b1:
            pieces.append(Piece("new", " ".join(after[b1:b2])))
    last = len(pieces) - 1
    return [_cut(piece, first=at == 0, last=at == last) for at, piece in enumerate(pieces)]


def _words(text: str) -> list[str]:
    found = re.findall(r"\S+", text)
    return [*found[:MOST], GAP] if len(found) > MOST else found


def _cut(piece: Piece, *, first: bool, last: bool) -> Piece:
    words = piece.text.split(" ")
    if piece.kind != "same" or len(words) <= 2 * AROUND:
        return piece
    head = [] if first else words[:AROUND]
    tail = [] if last else words[-AROUND:]
    return Piece("same", " ".join([*head, GAP, *tail]))
