"""Which kind of atom a sentence makes in its place in the talk, and how strongly."""

from collections.abc import Collection

from .cues import LANGUAGES
from .dates import due
from .dialogue import Line
from .drafts import TROUBLE, Draft
from .plan import terms_of
from .sentences import Sentence
from .speech import Reading

# The least strength of its cue with which a kind stands by itself.
_LEAST = {
    "problem": 0.62,
    "blocker": 0.6,
    "risk": 0.6,
    "decision": 0.6,
    "requirement": 0.62,
    "idea": 0.62,
    "insight": 0.62,
    "question": 0.6,
    "solution": 0.8,
}


_LEAST_CONTENT = {"question": 1, "solution": 2, "insight": 3}


def kind_of(
    sentence: Sentence, reading: Reading, line: Line, answered: Draft | None, signs: float, announced: Collection[str]
) -> tuple[str, float]:
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
        if reading.content < (2 if named else 3) and not named:
            pass
        elif named or due(sentence.text, line.message.sent_at.date(), sentence.lang) is not None:
            scores["requirement"] = max(scores.get("requirement", 0), 0.7)
            scores["question"] = min(scores.get("question", 0), 0.4)
        elif sentence.question and flags.get("request", 0) >= 0.5:
            return "", 0.0  # "can you show ..." between two people who are talking
    signed = flags.get("trouble", 0) > 0 or (flags.get("report", 0) > 0 and scores.get("problem", 0) > 0)
    if signed and not sentence.question and "resolved" not in flags and reading.tag in ("", "problem"):
        scores["problem"] = max(scores.get("problem", 0), _faint(reading, line, signs))
    if (
        answered is not None
        and not sentence.question
        and answered.kind in (*TROUBLE, "question")
        and line.message.author not in answered.reporters
    ):
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
    pointing = lead in language.pronouns or (
        sentence.question and after in language.pronouns and lead in language.questions
    )
    loss = 0.07 * pointing + 0.06 * (len(words) > 30) + 0.07 * (len(words) > 45)
    if lead == "i" and "report" not in reading.flags and reading.flags.get("trouble", 0) < 0.6 and not reading.tag:
        loss += 0.07
    if line.place > 0 and not line.sure and reading.content < 4 and not sentence.question:
        loss += 0.03
    if (
        "hedge" in reading.flags
        and not sentence.question
        and reading.best()[0] in ("problem", "insight", "solution", "requirement")
    ):
        loss += 0.12 if reading.best()[0] == "requirement" else 0.06
    return loss


def _weight_of_question(sentence: Sentence, reading: Reading, line: Line) -> float:
    """What speaks for a question beside its words: that it says what it is about, and opens a talk."""
    change = 0.05 * (reading.content >= 4) - 0.08 * (reading.content < 2) - 0.12 * (len(sentence.words) < 5)
    if line.sure and len(sentence.words) < 7:
        change -= 0.06
    if "chatter" in reading.flags:
        change -= 0.2
    return change


def signs_of(line: Line) -> float:
    """How far the first sentences of a message, together, sound like a report of trouble."""
    left = 1.0
    for _, reading in line.sentences[:5]:
        left *= (
            (1 - 0.5 * reading.flags.get("trouble", 0.0))
            * (1 - 0.5 * reading.scores.get("problem", 0.0))
            * (1 - 0.3 * reading.flags.get("report", 0.0))
        )
    return 1 - left


def _faint(reading: Reading, line: Line, signs: float) -> float:
    """How much of a problem the faint signs make: they count beside one another and in a report."""
    trouble, report = reading.flags.get("trouble", 0.0), reading.flags.get("report", 0.0)
    score = 1 - (1 - 0.9 * trouble) * (1 - 0.75 * reading.scores.get("problem", 0.0)) * (1 - 0.65 * report) * (
        1 - 0.3 * signs
    )
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
