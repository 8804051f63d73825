"""What a sentence does: reports, asks, decides, proposes. Cues of its language, weighed; no statistics, no context."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from .blocks import word_set
from .cues import ALL_NEGATIONS, ALL_STOP, ALL_WEAK, LANGUAGES, cue_index, opener_index, tag_table
from .cues.base import ATOM_KINDS
from .phrases import Hit
from .sentences import Sentence

# The kind of trouble that a question may report; the others lose their force when they are asked.
_ASKED = {
    "problem": 0.5,
    "solution": 0.25,
    "decision": 0.3,
    "insight": 0.3,
    "requirement": 0.45,
    "risk": 0.6,
    "blocker": 0.7,
}
# When two kinds are as strong, the one that says more wins.
_RANK = ("decision", "blocker", "solution", "requirement", "risk", "problem", "insight", "idea", "question")


@dataclass(frozen=True, slots=True)
class Reading:
    """`scores` by atom type, 0 to 1; `said` the words that made them; `flags` how it is meant (see cues.base)."""

    scores: dict[str, float] = field(default_factory=dict)
    said: dict[str, tuple[str, ...]] = field(default_factory=dict)
    flags: dict[str, float] = field(default_factory=dict)
    lead: int = 0
    tag: str = ""  # the kind that the sentence announces itself: "Risk: ..."
    content: int = 0  # words that say something

    def best(self, among: Iterable[str] = _RANK) -> tuple[str, float]:
        """The strongest kind and its score; ("", 0) when nothing was found."""
        kinds = set(among)
        ranked = [(self.scores.get(kind, 0.0), -place, kind) for place, kind in enumerate(_RANK) if kind in kinds]
        score, _, kind = max(ranked)
        return (kind, score) if score > 0 else ("", 0.0)


@lru_cache(maxsize=16384)
def read(sentence: Sentence) -> Reading:
    """Reads one sentence by itself."""
    words = sentence.words
    language = LANGUAGES[sentence.lang]
    lead = opened(sentence)
    colon = after_colon(sentence)
    hits = [
        hit
        for hit in cue_index(sentence.lang).find(words, {0, lead, colon})
        if not _negated(sentence, hit) and not _own_wish(sentence, hit) and not _no_idea(sentence, hit)
    ]
    by_kind: dict[str, list[Hit]] = {}
    for hit in hits:
        by_kind.setdefault(hit.kind, []).append(hit)
    totals = {kind: _total(found) for kind, found in by_kind.items()}
    flags = {kind: value for kind, value in totals.items() if kind not in ATOM_KINDS}
    scores = {kind: value for kind, value in totals.items() if kind in ATOM_KINDS}
    asks = sentence.question or (scores.get("question", 0) >= 0.6 and "clarify" not in flags)
    if not sentence.question:
        # A cue of a question without its mark: "does anyone know why", "not sure how".
        scores["question"] = scores.get("question", 0) * (0.8 if asks else 0)
        if scores["question"] and not (lead < len(words) and (words[lead].low in language.questions or lead)):
            scores["question"] *= 0.7
    else:
        opens = any(place < len(words) and words[place].low in language.questions for place in (lead, colon))
        scores["question"] = max(scores.get("question", 0), 0.6 + 0.08 * opens)
        for kind, factor in _ASKED.items():
            if kind in scores:
                scores[kind] *= factor
        if scores.get("idea", 0) >= 0.8:
            scores["question"] *= 0.8
    if "mention" in flags and "problem" in scores:
        scores["problem"] *= 0.5
    if "hypothetic" in flags:
        for kind in ("problem", "blocker"):
            if kind in scores:
                scores[kind] *= 0.7
    describing = lead < len(words) and words[lead].low in _DESCRIBING
    if "requirement" in scores and (describing or any(word.low in _AS_IT_IS for word in words)):
        scores["requirement"] *= 0.7  # what must be in some case is how it is, and nobody's wish
    if "resolved" in flags and "problem" in scores:
        scores["problem"] *= 0.5
    if "unsolved" in flags and "solution" in scores:
        scores["solution"] *= 0.4
    tag = _tag(sentence, lead)
    if tag:
        scores = {kind: score * 0.6 for kind, score in scores.items()}
        scores[tag] = 0.93
    said = {kind: tuple(_quoted(sentence, hit) for hit in _strongest(found)) for kind, found in by_kind.items()}
    content = len(
        {
            w.low
            for w in words
            if len(w.low) > 2 and w.low not in ALL_STOP and w.low not in ALL_WEAK and not w.low.isdigit()
        }
    )
    return Reading({kind: score for kind, score in scores.items() if score > 0.05}, said, flags, lead, tag, content)


def after_colon(sentence: Sentence) -> int:
    """The word after a colon near the beginning ("Bici Norte: two invoices ..."), 0 when there is none."""
    for place in range(min(10, len(sentence.words) - 1)):
        between = sentence.text[sentence.words[place].end : sentence.words[place + 1].start]
        if ":" in between and "/" not in between:
            return place + 1
    return 0


def _tag(sentence: Sentence, lead: int) -> str:
    """The kind that a sentence announces by a word before a colon, or by one with a comma after it."""
    words, text = sentence.words, sentence.text
    end = after_colon(sentence)
    tags = tag_table(sentence.lang)
    for place in range(lead, min(len(words) - 1, max(lead + 3, end))):
        kind = tags.get(words[place].low, "")
        if not kind:
            continue
        mark = text[words[place].end : words[place].end + 1]
        opens = all(word.low in _BEFORE_TAG for word in words[lead:place])
        # As in "Risk: it breaks", "One requirement from Lyon: a second gate" and "Before we go on: risk, if it breaks".
        if mark == ":" or (opens and end > place) or (mark == "," and place == end > 0):
            return kind
    return ""


_CONCLUDED = word_set("due because been have")
_AS_IT_IS = word_set("currently otherwise typically usually")
_DESCRIBING = word_set("if for even unless although whenever there")


_BEFORE_TAG = word_set("""a an one the my our another also next first second third side small big new final ein eine
    un une una um uma
        mi mon""")


def _own_wish(sentence: Sentence, hit: Hit) -> bool:
    """Whether "want" or "need" is said of the author, of the reader or of what might be: they ask for nothing by it."""
    if hit.kind != "requirement" or hit.start == 0:
        return False
    before = sentence.words[hit.start - 1].low
    first = sentence.words[hit.start].low
    wishes = first.startswith(("want", "need", "ask", "have"))
    after = sentence.words[hit.start + 1 : hit.start + 3]
    if first == "must":  # what one has to do, and what is only concluded, is nobody's wish
        return before in ("you", "one") or any(word.low in _CONCLUDED for word in after)
    if first == "we":
        return before in ("if", "that", "which", "when", "unless")
    return (before in _NO_ASKING and wishes) or (before == "we" and first.startswith("want"))


def _no_idea(sentence: Sentence, hit: Hit) -> bool:
    """Whether "we could" tells of what was or of what was not, and "makes sense to me" only agrees."""
    if hit.kind != "idea":
        return False
    words = [word.low for word in sentence.words[hit.start : hit.end + 1]]
    return any(word in ALL_NEGATIONS or word == "have" for word in words[1:3]) or words[-1] in ("me", "us")


_NO_ASKING = word_set("i you just one it might may could would if that which who whatever")


def opened(sentence: Sentence) -> int:
    """How many words of greeting, hedge and address stand before the sentence proper."""
    index = opener_index(sentence.lang)
    place = 0
    while (after := index.leading(sentence.words, place)) > place:
        place = after
    return place if place < len(sentence.words) else 0


def _negated(sentence: Sentence, hit: Hit) -> bool:
    words = sentence.words
    if words[hit.start].low in ALL_NEGATIONS or hit.kind in ("question", "clarify", "mention", "resolved", "chatter"):
        return False
    before = words[max(0, hit.start - 2) : hit.start]
    return any(word.low in ALL_NEGATIONS for word in before)


def _strongest(found: list[Hit]) -> list[Hit]:
    """Hits that do not stand on one another, strongest first, three at most."""
    kept: list[Hit] = []
    for hit in sorted(found, key=lambda hit: (-hit.weight, hit.start)):
        if all(hit.end <= other.start or hit.start >= other.end for other in kept):
            kept.append(hit)
    return kept[:3]


def _total(found: list[Hit]) -> float:
    """The strongest cue, and a share of what the others leave open; faint ones count in full, beside one another."""
    total = 0.0
    for place, hit in enumerate(_strongest(found)):
        total += (1 - total) * hit.weight * (1.0 if place == 0 or hit.kind == "trouble" else 0.4)
    return min(total, 0.98)


def _quoted(sentence: Sentence, hit: Hit) -> str:
    first, last = sentence.words[hit.start], sentence.words[hit.end - 1]
    return sentence.text[first.start : last.end]
