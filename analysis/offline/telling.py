"""An atom in words: its confidence, what it says in one to three sentences, and why it was found."""

from .clauses import cleaned
from .cues import LANGUAGES
from .drafts import Draft, Piece
from .titles import capital


def confidence(draft: Draft) -> float:
    """How sure the engine is, 0.5 to 0.97: from the strength of the cue, and what stands for or against it."""
    reading, sentence = draft.first.reading, draft.first.sentence
    value = 0.26 + 0.66 * draft.strength
    value += 0.04 * min(2, len(draft.reporters) - 1) + 0.02 * min(2, len(draft.pieces) - 1)
    value += 0.06 * draft.confirmed + 0.03 * (reading.content >= 5) - 0.05 * (reading.content < 3)
    value -= (
        0.06 * ("hedge" in reading.flags) + 0.04 * ("hypothetic" in reading.flags) + 0.1 * ("chatter" in reading.flags)
    )
    value -= 0.05 * (len(sentence.words) > 40)
    lead = sentence.words[reading.lead].low if reading.lead < len(sentence.words) else ""
    value -= 0.07 * (lead in LANGUAGES[sentence.lang].pronouns and not sentence.question)
    if draft.kind == "solution":
        value += 0.04 * draft.first.line.sure
    if draft.kind == "question":
        value += 0.04 * (draft.first.line.to < 0 or draft.first.line.place == 0)
    return round(min(0.97, max(0.5, value)), 2)


def content(draft: Draft, drafts: list[Draft]) -> str:
    """One to three sentences: who, when, the gist, who else, and what was answered."""
    lead = draft.first
    wording = LANGUAGES[lead.sentence.lang].wording
    english = LANGUAGES["en"].wording
    by = wording.bylines.get(draft.kind) or english.bylines[draft.kind]
    parts = [f"{by} {lead.line.message.author} ({lead.line.message.sent_at:%Y-%m-%d}): {_gist(lead)}"]
    others = sorted(draft.reporters - {lead.line.message.author})
    if others:
        parts.append(f"{wording.also}: {', '.join(others[:4])}.")
    elif len(draft.pieces) > 1 and draft.pieces[1].quote != lead.quote:
        parts.append(_gist(draft.pieces[1]))
    for other in drafts:
        if other.solves is draft:
            parts.append(f"{wording.answer} {other.first.line.message.author}: {_gist(other.first)}")
            break
    else:
        if draft.answer is not None:
            parts.append(f"{wording.answer} {draft.answer.line.message.author}: {_gist(draft.answer)}")
    return " ".join(parts)[:1200]


def _gist(piece: Piece) -> str:
    text = cleaned(piece.quote)
    if len(text) > 320:
        text = text[:320].rsplit(" ", 1)[0].rstrip(",;:") + " …"
    return capital(text) + ("" if text.endswith(("?", "…")) else "?" if piece.sentence.question else ".")


def reasoning(draft: Draft, topic: str) -> str:
    """The cues that were found, in words."""
    found = draft.first.reading.said.get(draft.kind, ())
    parts = []
    if found:
        parts.append("says " + " and ".join(f"“{cue}”" for cue in found[:2]))
    elif draft.kind == "question":
        parts.append("asks")
    if draft.solves is not None:
        parts.append(f"answers {draft.solves.first.line.message.author}")
    if draft.confirmed:
        parts.append("and it worked for them")
    if len(draft.reporters) > 1:
        parts.append(f"said by {len(draft.reporters)} people")
    parts.extend(draft.notes)
    if topic:
        parts.append(f"about {topic}")
    if "hedge" in draft.first.reading.flags:
        parts.append("but the author is not sure")
    text = ", ".join(parts) or "stands in answer to what was asked"
    return (text[:1].upper() + text[1:])[:590] + "."
