"""The atoms of one window: sentences that say something, put together where they say it of the same thing."""

from collections.abc import Collection
from dataclasses import dataclass, field

from .cues import LANGUAGES
from .dates import due
from .dialogue import Line
from .plan import Plan, terms_of
from .sentences import Sentence
from .speech import Reading

MAX_QUOTES = 5
_TROUBLE = ("problem", "blocker", "risk")
_OPEN = (*_TROUBLE, "question", "requirement", "idea")  # what an answer may answer
_ALONE = ("decision", "requirement", "idea", "problem", "blocker", "risk", "insight", "question")
# The least strength of its cue with which a kind stands by itself.
_LEAST = {"problem": 0.62, "blocker": 0.6, "risk": 0.6, "decision": 0.6, "requirement": 0.62, "idea": 0.62, "insight": 0.62, "question": 0.6, "solution": 0.8}
_LEAST_CONTENT = {"question": 1, "solution": 2, "insight": 3}
_BACK = 8  # messages that a solution without an address looks back


@dataclass(slots=True)
class Piece:
    """One passage: adjacent sentences of one message that were taken together."""

    line: Line
    sentence: Sentence
    reading: Reading
    end: int

    @property
    def quote(self) -> str:
        """The exact words."""
        return self.line.message.text[self.sentence.start : self.end]


@dataclass(slots=True)
class Draft:
    """An atom in the making. `strength` 0 to 1 of its best cue; `solves`: the draft it answers."""

    kind: str
    pieces: list[Piece]
    strength: float
    terms: dict[str, float]
    solves: "Draft | None" = None
    about: "Draft | None" = None
    reporters: set[str] = field(default_factory=set)
    confirmed: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def first(self) -> Piece:
        """The passage that the title is made from: the one with the strongest cue that names its subject."""
        return self.pieces[0]


def find(lines: list[Line], plan: Plan) -> list[Draft]:
    """The window's atoms in the order of their first words, strongest evidence first in each."""
    drafts: list[Draft] = []
    for line in lines:
        if not line.says or _social(line):
            _confirm(line, drafts)
            continue
        _confirm(line, drafts)
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
    return [draft for draft in drafts if not _withdrawn(draft)]


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
    signs = _signs(line)
    announced = {reading.tag for _, reading in line.sentences if reading.tag}
    for sentence, reading in line.sentences:
        kind, strength = _kind(sentence, reading, line, answered, signs, announced)
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
        best["problem"] = Draft("problem", [Piece(line, sentence, reading, sentence.end)], 0.8, _terms(sentence.text, plan), reporters={line.message.author}, notes=["holds a stack trace"])
    elif line.parsed.trace and "problem" in best:
        best["problem"].strength = min(0.97, best["problem"].strength + 0.1)
        best["problem"].notes.append("holds a stack trace")
    done = best.get("solution")
    if done is not None and done.strength >= 0.74 and "problem" in best and best["problem"].first.reading.tag != "problem":
        # What is told beside a fix is how it came about, not a new problem.
        trouble = best.pop("problem")
        done.pieces.extend(trouble.pieces[:1])
        done.terms |= trouble.terms
    if done is not None and done.strength >= 0.74 and "requirement" in best and best["requirement"].strength < 0.8:
        best.pop("requirement")  # "please reload", said beside a fix
    made = sorted(best.values(), key=lambda draft: -draft.strength)
    if len(made) > 1 and "question" in best and any(d.kind in _TROUBLE for d in made):
        # "X fails. Any idea why?" is a problem; the question adds nothing to it.
        question = best["question"]
        if question.strength < 0.85 or question.first.reading.content < 3:
            made = [draft for draft in made if draft is not question]
    limit = 2 if len(line.sentences) < 9 else 3
    return sorted(made[:limit], key=lambda draft: draft.first.sentence.start)


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


def _kind(sentence: Sentence, reading: Reading, line: Line, answered: Draft | None, signs: float, announced: Collection[str]) -> tuple[str, float]:
    """The kind of atom that a sentence makes in its place in the talk, and how strongly; ("", 0) for none."""
    least = 3 if reading.scores.get("solution", 0) >= 0.85 else 4
    if len(sentence.words) < least or reading.content < (1 if sentence.question or reading.tag else 2):
        return "", 0.0
    scores = dict(reading.scores)
    flags = reading.flags
    if sentence.question:
        if flags.get("clarify", 0) >= 0.7 and "request" not in flags:
            return "", 0.0
        scores["question"] = scores.get("question", 0) + _weight_of_question(sentence, reading, line)
    if flags.get("request", 0) >= 0.7 and flags.get("clarify", 0) < 0.7 and reading.content >= 2:
        scores["requirement"] = max(scores.get("requirement", 0), 0.74)
        scores["question"] = min(scores.get("question", 0), 0.5)
    elif (flags.get("request", 0) >= 0.5 or flags.get("commit", 0) >= 0.5) and flags.get("clarify", 0) < 0.7:
        # A promise or a plain "can you" is a task where a day or a person is named.
        named = sentence.text.lstrip().startswith("@")
        if named or due(sentence.text, line.message.sent_at.date(), sentence.lang) is not None:
            scores["requirement"] = max(scores.get("requirement", 0), 0.7)
            scores["question"] = min(scores.get("question", 0), 0.4)
        elif sentence.question and flags.get("request", 0) >= 0.5:
            return "", 0.0  # "can you show ..." between two people who are talking
    signed = flags.get("trouble", 0) > 0 or (flags.get("report", 0) > 0 and scores.get("problem", 0) > 0)
    if signed and not sentence.question and "resolved" not in flags and reading.tag in ("", "problem"):
        scores["problem"] = max(scores.get("problem", 0), _faint(reading, line, signs))
    if answered is not None and not sentence.question and answered.kind in (*_TROUBLE, "question") and line.message.author not in answered.reporters:
        scores["solution"] = _as_answer(scores.get("solution", 0.0), sentence, reading, line, answered)
    if "chatter" in flags:
        scores = {kind: score - 0.25 for kind, score in scores.items()}
    loss = _context_needed(sentence, reading, line)
    scores = {kind: score - loss for kind, score in scores.items()}
    fit = {
        k: s
        for k, s in scores.items()
        if s >= _LEAST[k] - (0.25 if k == "solution" and answered is not None else 0) - (0.2 if k in announced else 0)
        and reading.content >= (1 if reading.tag else _LEAST_CONTENT.get(k, 2))
    }
    kind, strength = Reading(scores=fit).best()
    return kind, strength


def _context_needed(sentence: Sentence, reading: Reading, line: Line) -> float:
    """What a sentence loses because it does not stand by itself: it points back, rambles, or speaks of its author."""
    language = LANGUAGES[sentence.lang]
    words = sentence.words
    lead = words[reading.lead].low if reading.lead < len(words) else ""
    after = words[reading.lead + 1].low if reading.lead + 1 < len(words) else ""
    pointing = lead in language.pronouns or (sentence.question and after in language.pronouns and lead in language.questions)
    loss = 0.07 * pointing + 0.06 * (len(words) > 30) + 0.07 * (len(words) > 45)
    if lead == "i" and "report" not in reading.flags and reading.flags.get("trouble", 0) < 0.6 and not reading.tag:
        loss += 0.07
    if line.place > 0 and not line.sure and reading.content < 4 and not sentence.question:
        loss += 0.03
    if "hedge" in reading.flags and not sentence.question and reading.best()[0] in ("problem", "insight", "solution", "requirement"):
        loss += 0.06
    return loss


def _weight_of_question(sentence: Sentence, reading: Reading, line: Line) -> float:
    """What speaks for a question beside its words: that it says what it is about, and opens a talk."""
    change = 0.05 * (reading.content >= 4) - 0.08 * (reading.content < 2) - 0.12 * (len(sentence.words) < 5)
    if line.sure and len(sentence.words) < 7:
        change -= 0.06
    if "chatter" in reading.flags:
        change -= 0.2
    return change


def _signs(line: Line) -> float:
    """How far the first sentences of a message, together, sound like a report of trouble."""
    left = 1.0
    for _, reading in line.sentences[:5]:
        left *= (1 - 0.5 * reading.flags.get("trouble", 0.0)) * (1 - 0.5 * reading.scores.get("problem", 0.0)) * (1 - 0.3 * reading.flags.get("report", 0.0))
    return 1 - left


def _faint(reading: Reading, line: Line, signs: float) -> float:
    """How much of a problem the faint signs make: they count beside one another, in a report, and outside of answers."""
    trouble, report = reading.flags.get("trouble", 0.0), reading.flags.get("report", 0.0)
    score = 1 - (1 - 0.85 * trouble) * (1 - 0.75 * reading.scores.get("problem", 0.0)) * (1 - 0.6 * report) * (1 - 0.3 * signs)
    if line.sure:
        score -= 0.15
    if "hedge" in reading.flags or "hypothetic" in reading.flags:
        score -= 0.15
    return min(score, 0.85)


def _as_answer(score: float, sentence: Sentence, reading: Reading, line: Line, answered: Draft) -> float:
    """How much a statement is a solution because of what it answers."""
    gain = 0.0
    if line.sure:
        gain += 0.22
    elif line.place - answered.first.line.place <= 2:
        gain += 0.12
    if "answer" in reading.flags:
        gain += 0.12
    if reading.scores.get("insight", 0) >= 0.4:
        gain += 0.1
    if score >= 0.5:
        gain += 0.1
    if any(term in answered.terms for term in terms_of(sentence.text)):
        gain += 0.1
    if "hedge" in reading.flags:
        gain -= 0.05
    if "commit" in reading.flags and score < 0.5:
        return score  # "I take it" promises, it does not answer
    if answered.kind != "question" and score < 0.5:
        return score  # what is said of a problem does not solve it
    return min(0.95, max(score, 0.3) + gain) if gain >= 0.34 or score >= 0.5 else score


def _answered_draft(line: Line, drafts: list[Draft]) -> Draft | None:
    """The open atom that a message answers: that of the message it replies to, or else the latest of another author."""
    near = [draft for draft in drafts if draft.kind in _OPEN]
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
        same_kind = other.kind == draft.kind or (other.kind in _TROUBLE and draft.kind in _TROUBLE)
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
        if alike >= 0.34 and shared and distance <= 4 and (own or draft.kind in _TROUBLE):
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
            if other.kind in _OPEN and draft.first.line.place - other.first.line.place <= 12 and (likeness(draft.terms, other.terms) >= 0.25 or (draft.kind == "solution" and author in other.reporters)):
                target = other
                break
    if target is None or target is draft:
        return
    if draft.kind == "solution" and target.kind in (*_TROUBLE, "question"):
        draft.solves = target
    elif draft.kind == "decision" and target.kind == "question":
        draft.solves = target
    elif likeness(draft.terms, target.terms) > 0 or draft.first.line.sure:
        draft.about = target


def _confirm(line: Line, drafts: list[Draft]) -> None:
    """Notes that a solution worked, or that a problem was none, where the one who had it says so."""
    if not any(reading.flags.get("resolved", 0) >= 0.7 for _, reading in line.sentences):
        return
    text = line.message.text.lower()
    for draft in reversed(drafts):
        if draft.kind == "solution" and draft.solves is not None and line.message.author in draft.solves.reporters:
            draft.confirmed = True
            return
        if draft.kind in (*_TROUBLE, "question") and line.message.author in draft.reporters:
            if any(word in text for word in ("never mind", "nevermind", "nvm", "false alarm", "my bad", "my mistake", "user error")):
                draft.notes.append("withdrawn")
            return


def _withdrawn(draft: Draft) -> bool:
    return "withdrawn" in draft.notes
