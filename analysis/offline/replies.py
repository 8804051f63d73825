"""What the rest of a talk says of an atom: an answer, a bare "done", that it works now, that it was nothing."""

from .cues.vague import UNKNOWING
from .dialogue import Line
from .drafts import TROUBLE, Draft, Piece
from .plan import Plan, terms_of

_AT_ONCE = 3  # messages after a question in which an unaddressed statement answers it
_PROMISED = 0.5
_PLAINLY_DONE = 0.85


def told(draft: Draft, lines: list[Line]) -> Piece | None:
    """What another person answers a question: a statement that replies to it, or that comes right after it."""
    asked = draft.pieces[-1].line.place
    for line in lines[asked + 1 :]:
        near = line.sure or line.place - asked <= _AT_ONCE
        if line.to != asked or not near or not line.says or line.message.author in draft.reporters:
            continue
        if UNKNOWING.search(line.message.text):
            continue
        for sentence, reading in line.sentences:
            if not sentence.question and reading.flags.get("commit", 0.0) < _PROMISED:
                return Piece(line, sentence, reading, sentence.end)
    return None


def done_of(line: Line, plan: Plan) -> dict[str, Draft]:
    """What a message tells that ends in a bare "done": the sentence before says what was done."""
    before: Piece | None = None
    for sentence, reading in line.sentences:
        if reading.scores.get("solution", 0.0) >= _PLAINLY_DONE and reading.content < 2 and before is not None:
            before.end = sentence.end
            strength = reading.scores["solution"]
            terms = {term: plan.idf(term) for term in terms_of(before.sentence.text)}
            return {"solution": Draft("solution", [before], strength, terms, reporters={line.message.author})}
        if not sentence.question and reading.content >= 3:
            before = Piece(line, sentence, reading, sentence.end)
    return {}


def confirm(line: Line, drafts: list[Draft]) -> None:
    """Notes that a solution worked, or that a problem was none, where the one who had it says so."""
    if not any(reading.flags.get("resolved", 0) >= 0.7 for _, reading in line.sentences):
        return
    text = line.message.text.lower()
    for draft in reversed(drafts):
        if draft.kind == "solution" and draft.solves is not None and line.message.author in draft.solves.reporters:
            draft.confirmed = True
            return
        if draft.kind in (*TROUBLE, "question") and line.message.author in draft.reporters:
            if any(
                word in text
                for word in ("never mind", "nevermind", "nvm", "false alarm", "my bad", "my mistake", "user error")
            ):
                draft.notes.append("withdrawn")
            return


def withdrawn(draft: Draft) -> bool:
    return "withdrawn" in draft.notes
