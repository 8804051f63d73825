"""The atoms of one window: sentences that say something, put together where they say it of the same thing."""

from .cues import LANGUAGES
from .dialogue import Line
from .drafts import MAX_QUOTES, OPEN, TROUBLE, Draft, Piece
from .kinds import kind_of, signs_of
from .plan import Plan, terms_of
from .replies import confirm, done_of, told, withdrawn

_ALONE = ("decision", "requirement", "idea", "problem", "blocker", "risk", "insight", "question")
_QUOTE = 420  # code points of a passage that grew by its neighbours
_LEANING = 4  # words that say something, up to which a report needs the sentence before it
_BACK = 8  # messages that a solution without an address looks back


def find(lines: list[Line], plan: Plan) -> list[Draft]:
    """The window's atoms in the order of their first words, strongest evidence first in each."""
    drafts: list[Draft] = []
    for line in lines:
        if not line.says or _social(line):
            confirm(line, drafts)
            continue
        confirm(line, drafts)
        answered = _answered_draft(line, drafts)
        made = _of_line(line, plan, answered)
        for draft in made:
            twin = _twin(draft, drafts, plan)
            if twin is not None:
                _join(twin, draft)
                continue
            if draft.kind in ("solution", "decision", "insight", "idea", "risk", "requirement"):
                _attach(draft, answered, drafts, plan)
            if draft.kind == "solution" and draft.solves is None and draft.strength < 0.78:
                continue
            drafts.append(draft)
    for draft in drafts:
        if draft.kind == "question":
            draft.answer = told(draft, lines)
    return [draft for draft in drafts if not withdrawn(draft)]


def _social(line: Line) -> bool:
    """Whether a message is talk between people and nothing else."""
    chatter = max((reading.flags.get("chatter", 0.0) for _, reading in line.sentences), default=0.0)
    strongest = max((reading.best()[1] for _, reading in line.sentences), default=0.0)
    return chatter >= 0.8 and strongest < 0.75


def _terms(piece_text: str, plan: Plan) -> dict[str, float]:
    return {term: plan.idf(term) for term in terms_of(piece_text)}


def _of_line(line: Line, plan: Plan, answered: Draft | None) -> list[Draft]:
    """What one message says: at most one atom of a kind, two altogether, three in a long one."""
    best: dict[str, Draft] = {}
    signs = signs_of(line)
    announced = {reading.tag for _, reading in line.sentences if reading.tag}
    for sentence, reading in line.sentences:
        kind, strength = kind_of(sentence, reading, line, answered, signs, announced)
        if not kind:
            continue
        piece = Piece(line, sentence, reading, sentence.end)
        known = best.get(kind)
        if known is None:
            best[kind] = Draft(kind, [piece], strength, _terms(sentence.text, plan), reporters={line.message.author})
        else:
            _extend(known, piece, strength, plan)
    if line.parsed.trace and "problem" not in best and line.sentences:
        sentence, reading = line.sentences[0]
        best["problem"] = Draft(
            "problem",
            [Piece(line, sentence, reading, sentence.end)],
            0.8,
            _terms(sentence.text, plan),
            reporters={line.message.author},
            notes=["holds a stack trace"],
        )
    elif line.parsed.trace and "problem" in best:
        best["problem"].strength = min(0.97, best["problem"].strength + 0.1)
        best["problem"].notes.append("holds a stack trace")
    done = best.get("solution")
    if (
        done is not None
        and done.strength >= 0.74
        and "problem" in best
        and best["problem"].first.reading.tag != "problem"
    ):
        # What is told beside a fix is how it came about, not a new problem.
        trouble = best.pop("problem")
        done.pieces.extend(trouble.pieces[:1])
        done.terms |= trouble.terms
    if done is not None and done.strength >= 0.74 and "requirement" in best and best["requirement"].strength < 0.8:
        best.pop("requirement")  # "please reload", said beside a fix
    if done is None and set(best) <= {"insight"}:
        best = done_of(line, plan) or best
    for draft in best.values():
        _surround(draft, line, plan)
    made = sorted(best.values(), key=lambda draft: -draft.strength)
    if len(made) > 1 and "question" in best and any(d.kind in TROUBLE for d in made):
        # "X fails. Any idea why?" is a problem; the question adds nothing to it.
        question = best["question"]
        if question.strength < 0.85 or question.first.reading.content < 3:
            made = [draft for draft in made if draft is not question]
    limit = 2 if len(line.sentences) < 9 else 3
    return sorted(made[:limit], key=lambda draft: draft.first.sentence.start)


def _surround(draft: Draft, line: Line, plan: Plan) -> None:
    """Takes the sentences beside a report or a fix into its quote where they go on about it."""
    if draft.kind not in ("problem", "blocker", "solution"):
        return
    piece = draft.pieces[0]
    for sentence, reading in line.sentences:
        if sentence.question or reading.tag or reading.content < 2 or piece.end - sentence.start > _QUOTE:
            continue
        told = any(kind in reading.flags for kind in ("trouble", "report")) or reading.scores.get("problem", 0) >= 0.3
        before = 0 <= piece.sentence.start - sentence.end <= 2 and (told or _leans(piece)) and draft.kind != "solution"
        after = 0 <= sentence.start - piece.end <= 2 and (told or draft.kind == "solution")
        if before:
            piece.start = sentence.start
        elif after and sentence.end - piece.sentence.start <= _QUOTE:
            piece.end = sentence.end
        if before or after:
            draft.terms |= _terms(sentence.text, plan)


def _leans(piece: Piece) -> bool:
    """Whether a sentence says what it is about only with the one before it."""
    words = piece.sentence.words
    lead = words[piece.reading.lead].low if piece.reading.lead < len(words) else ""
    return lead in LANGUAGES[piece.sentence.lang].pronouns or piece.reading.content <= _LEANING


def _extend(draft: Draft, piece: Piece, strength: float, plan: Plan) -> None:
    """A second passage of the same kind in the same message; the one that says more leads."""
    last = draft.pieces[-1]
    draft.terms |= _terms(piece.sentence.text, plan)
    if strength > draft.strength + 0.05 and piece.reading.content >= 3:
        draft.pieces.insert(0, piece)
    elif len(draft.pieces) < 3:
        if piece.sentence.start - last.end <= 2 and piece.sentence.end - last.sentence.start < 500:
            last.end = piece.sentence.end
        else:
            draft.pieces.append(piece)
    draft.strength = max(draft.strength, strength) + 0.03 * (draft.strength < 0.9)


def _answered_draft(line: Line, drafts: list[Draft]) -> Draft | None:
    """The open atom that a message answers: that of the message it replies to, or else the latest of another author."""
    near = [draft for draft in drafts if draft.kind in OPEN]
    if line.to >= 0 and line.sure:
        for draft in reversed(near):
            if any(piece.line.place == line.to for piece in draft.pieces):
                return draft
    for draft in reversed(near):
        last = max(piece.line.place for piece in draft.pieces)
        if line.place - last <= _BACK and line.message.author not in draft.reporters:
            return draft
    return None


def likeness(first: dict[str, float], second: dict[str, float]) -> float:
    """Weighted overlap of two bags of stems, 0 to 1, by the smaller one."""
    if not first or not second:
        return 0.0
    shared = sum(weight for term, weight in first.items() if term in second)
    return shared / max(1e-6, min(sum(first.values()), sum(second.values())))


def _twin(draft: Draft, drafts: list[Draft], plan: Plan) -> Draft | None:
    """An atom of the window that says the same: the same kind of trouble, the same words or the same breath."""
    for other in reversed(drafts):
        same_kind = other.kind == draft.kind or (other.kind in TROUBLE and draft.kind in TROUBLE)
        if not same_kind:
            continue
        shared = [term for term in draft.terms if term in other.terms]
        alike = likeness(draft.terms, other.terms)
        distance = draft.first.line.place - max(piece.line.place for piece in other.pieces)
        own = draft.first.line.message.author in other.reporters
        if draft.kind == "solution":
            if other.solves is not None and distance <= _BACK and (own or alike >= 0.3):
                return other
            continue
        if alike >= 0.5 and len(shared) >= 2:
            return other
        if alike >= 0.34 and shared and distance <= 4 and (own or draft.kind in TROUBLE):
            return other
        if own and distance <= 1 and draft.first.reading.content < 4:
            return other
    return None


def _join(draft: Draft, other: Draft) -> None:
    """Takes the passages of `other` into `draft`."""
    draft.pieces.extend(other.pieces[: max(0, MAX_QUOTES - len(draft.pieces))])
    draft.terms |= other.terms
    draft.reporters |= other.reporters
    if other.kind == "blocker":
        draft.kind = "blocker"
    draft.strength = min(0.97, max(draft.strength, other.strength) + 0.03)


def _attach(draft: Draft, answered: Draft | None, drafts: list[Draft], plan: Plan) -> None:
    """Finds what a draft is about: the atom it answers, or the one of the same words."""
    target = answered
    author = draft.first.line.message.author
    if target is None or (not draft.first.line.sure and likeness(draft.terms, target.terms) < 0.1):
        for other in reversed(drafts):
            if (
                other.kind in OPEN
                and draft.first.line.place - other.first.line.place <= 12
                and (
                    likeness(draft.terms, other.terms) >= 0.25
                    or (draft.kind == "solution" and author in other.reporters)
                )
            ):
                target = other
                break
    if target is None or target is draft:
        return
    if (draft.kind == "solution" and target.kind in (*TROUBLE, "question")) or (
        draft.kind == "decision" and target.kind == "question"
    ):
        draft.solves = target
    elif likeness(draft.terms, target.terms) > 0 or draft.first.line.sure:
        draft.about = target
