"""The title of a task from the title of an atom: what is wrong becomes "Fix ...", what is wanted "Add ..."."""

import re
from collections.abc import Iterator
from functools import lru_cache

from .clauses import MAX_TITLE, SPACE
from .cues import LANGUAGES, detect
from .plan import terms_of
from .sentences import parse
from .similar import named_complaints
from .sound import is_cut, stands_alone, without_asides
from .speech import read
from .titles import capital, lower_first
from .verbs import bare, is_noun_phrase, is_plural, orders
from .wishes import wanted
from .words import tokens

_BROKEN = re.compile(
    r"^(?P<what>.+?) (?:is |are |was |were |has been |keeps? |still )*(?:broken|down|failing|crashing|"
    r"hanging|unusable|not working|dead|"
    r"fail|fails|failed|crash|crashes|crashed|breaks|broke|hangs|freezes|froze|stopped working|stops "
    r"working|do(?:es)?n't work|do(?:es)? not work|"
    r"no longer works?|times? out|timed out|flaky|stale|out of sync|wrong|incorrect)(?: again| now| "
    r"anymore| any more)*(?P<rest>(?: .*)?)$",
    re.IGNORECASE,
)
_SLOW = re.compile(
    r"^(?P<what>.+?) (?:is |are |was |were )?(?:too |very |so |really )?slow(?P<rest>(?:[ :,].*)?)$", re.IGNORECASE
)
_MISSING = re.compile(r"^(?P<what>.+?) (?:is |are )?missing (?P<rest>.+)$", re.IGNORECASE)
_TROUBLE_NOUN = re.compile(
    r"^(?:same )?(?:error|errors|exception|crash|crashes|segfault|timeout|timeouts|bug|bugs|wrong|missing|"
    r"broken|duplicate|double|doubled|memory|leak|problem|problems|issue|"
    r"regression|flaky|stale|slow|empty|data loss|race|deadlock|5\d\d|4\d\d|http|outage|typo|incorrect|"
    r"unexpected|corrupt\w*|panic|failure|failures|stack)\b",
    re.IGNORECASE,
)
_BLOCKED = re.compile(r"^(?P<what>.+?) (?:is |are |still )*blocked (?P<rest>(?:by|on|until) .+)$", re.IGNORECASE)
_GOES = re.compile(
    r"^(?P<what>.+?) (?:goes|go|is set|is raised|changes|moves|will go|will move) to (?P<rest>.+)$", re.IGNORECASE
)
_CLAUSE_AFTER = re.compile(
    r"^ (?:when|if|after|for|on|in|with|at|during|while|since|because|due|under|from|about|to|every|before|by)\b",
    re.IGNORECASE,
)

_TROUBLED = 0.3
ROOM = 100  # characters of a task's title
_COMMA = re.compile(r"(?:[,;]|\s[–—-])\s")
_PARTS = re.compile(r"(?:\w[\w'-]* ){0,2}\w[\w'-]*(?:,| and | or |$)")
_OUR_WISH = re.compile(
    r"^(?:we|i) (?:also |really |still )?(?:(?:must|should|have to|need to|want to|could) (?:also )?|(?=need\b))"
    r"(?!not\b)",
    re.IGNORECASE,
)
_LASTED = re.compile(r"^ (?:after|in|for) \d", re.IGNORECASE)
_DENIED = re.compile(
    r"\b(?:not|cannot|no|nobody|nowhere|never|without|off|instead of|only|still|again|differs?|drops?)\b|n't\b",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]{3}")
_QUESTION = re.compile(r", (?:who|what|when|where|which|how|whether)\b")
_ERROR = re.compile(r"^(?:(?P<head>.+?): )?(?:error|fatal error|exception): (?P<what>.+)$", re.IGNORECASE)
_TOLD = re.compile(r"\b(?:is|are|was|were|but|that|which|because|when|if|and then)\b")


@lru_cache(maxsize=1)
def _labels() -> re.Pattern[str]:
    """The kinds of atom as the engine writes them before a title, in all its languages."""
    names = {name for language in LANGUAGES.values() for name in language.wording.labels.values()} | {"Bug"}
    return re.compile(rf"^(?:{'|'.join(sorted(map(re.escape, names)))}) ?: ")


def imperative(title: str, kind: str, source: str = "") -> str:
    """A task's title of at most 100 characters for an atom of a kind, in the language of its title.

    "" where no title can be made that is understood without the chat. `source`: the words it comes from, which tell a
    name from a word that only began a sentence, and whether the title was cut in the middle of what they say.
    """
    lang = detect(title, tokens(title))
    text = SPACE.sub(" ", title).strip().rstrip("?.! ")
    text = _labels().sub("", text)
    text = without_asides(lower_first(text, source, lang))
    if lang == "en" and kind in ("requirement", "idea", "decision"):
        text = _OUR_WISH.sub("", text)
    for attempt in _attempts(text, source):
        made = _english(attempt, kind) if lang == "en" else _worded(attempt, kind, lang)
        made = _fitting(made, lang)
        if made and stands_alone(_said(attempt, kind), kind, lang) and _to_the_point(attempt, text, kind, source):
            return capital(made).rstrip(" ,;:")
    return ""


def _to_the_point(attempt: str, text: str, kind: str, source: str) -> bool:
    """Whether a title of a trouble says what is wrong, where what it is made from says it."""
    if kind != "problem" or detect(text, tokens(text)) != "en" or tells_trouble(attempt):
        return kind != "risk" or attempt == text or tells_trouble(attempt)
    return attempt == text and not tells_trouble(source.removeprefix(text))


def _fitting(made: str, lang: str) -> str:
    """A title that has room, if need be without its articles; "" where that is not enough."""
    if len(made) > ROOM and lang == "en":
        made = re.sub(r"(?<=\w) (?:the|an?) (?=\w)", " ", made)
    return made if len(made) <= ROOM else ""


def _attempts(text: str, source: str) -> Iterator[str]:
    """The text, unless it was cut, then ever less of it, without what stands after its commas."""
    if not is_cut(text, source):
        yield text
    for match in reversed(list(_COMMA.finditer(text))):
        head = text[: match.start()]
        if len(tokens(head)) >= 3 and not _PARTS.match(text[match.end() :]):
            yield head


def tells_trouble(text: str) -> bool:
    """Whether words say by themselves that something is wrong."""
    if named_complaints(text) or _DENIED.search(text):
        return True
    for sentence in parse(text).sentences:
        reading = read(sentence)
        if max(reading.scores.get(kind, 0.0) for kind in ("problem", "blocker", "risk")) >= _TROUBLED:
            return True
        if reading.flags.get("trouble", 0.0) >= _TROUBLED:
            return True
    return False


def _said(text: str, kind: str) -> str:
    """What is said in a title, without a verb or a question word in front that the engine will word itself."""
    text = re.sub(r"^(?:any|possible to) ", "", text) if kind == "question" else text
    return re.sub(r"^(?:make|let|keep) (?:sure )?(?:that )?", "", text) if orders(text) else text


def _worded(text: str, kind: str, lang: str) -> str:
    wording = LANGUAGES[lang].wording
    form = {
        "problem": wording.fix,
        "blocker": wording.unblock,
        "risk": wording.prevent,
        "question": wording.clarify,
        "idea": wording.consider,
    }.get(kind, wording.do)
    return form.format(text)


def _english(text: str, kind: str) -> str:
    """The title, or "" where the words cannot be turned into an order."""
    head, mark, rest = text.partition(": ")
    if kind == "problem":
        return "" if orders(text) and not tells_trouble(text) else _fix(text)
    if kind == "blocker":
        if match := _BLOCKED.match(text):
            return f"Unblock {match['what']}: {match['rest'].removeprefix('by ').removeprefix('on ')}"
        return f"Unblock: {text}"
    if kind == "question":
        return _asked(text)
    if kind == "risk":
        return f"Address the risk: {text}"
    if mark and orders(rest):
        told = set(terms_of(head)) <= set(terms_of(rest))
        return capital(rest) if told or len(text) > MAX_TITLE - 2 else f"{capital(rest)} ({head})"
    if orders(text):
        return text
    if kind == "decision":
        match = _GOES.match(text)
        if match and _LETTERS.search(match["what"]):
            return f"Change {match['what']} to {match['rest']}"
        return f"Carry out: {text}" if is_noun_phrase(text) else ""
    return wanted(text, kind)


def _asked(text: str) -> str:
    first = tokens(text)[0].low if tokens(text) else ""
    if first in ("owner", "date"):
        return f"Find out the {text}"
    if first == "possible":
        return f"Clarify whether it is {text}"
    if first == "any" and not re.match(r"any (?:some|any|other)", text):
        plural = is_plural(text[4:])
        return f"Clarify whether there {'are' if plural else 'is'} any {text[4:]}"
    if first == "whether" or re.match(r"(?:how|what|where|when|which .+?) to ", text):
        return f"Clarify {text}"
    if re.match(r"(?:may|might) be |have (?:a|an|the) ", text):
        return ""
    return f"Answer: {text}?" if first in LANGUAGES["en"].questions or _QUESTION.search(text) else ""


def _fix(text: str) -> str:
    if match := _ERROR.match(text):
        where = f" ({match['head']})" if match["head"] else ""
        return f'Fix error "{match["what"].rstrip(":")}"{where}' if len(terms_of(match["what"])) > 1 else ""
    if text.lower().startswith("cannot "):
        return f"Fix: {text}"
    if match := _SLOW.match(text):
        return f"Speed up {bare(match['what'])}{_rest(match['rest'])}"
    match = _BROKEN.match(text)
    if (
        match
        and len(tokens(match["what"])) <= 9
        and ":" not in match["what"][12:]
        and not orders(match["what"])
        and not _TOLD.search(match["what"])
        and (match["rest"].strip() == "" or match["rest"][0] in ":," or _CLAUSE_AFTER.match(match["rest"]))
        and not match["rest"].startswith((" to ", " with "))
        and not _LASTED.match(match["rest"])
    ):
        return f"Fix {bare(match['what'])}{_rest(match['rest'])}"
    if (match := _MISSING.match(text)) and len(tokens(match["what"])) <= 8:
        return f"Fix {bare(match['what'])}: missing {match['rest']}"
    if _TROUBLE_NOUN.match(text) and not _TOLD.search(text):
        return f"Fix {bare(text)}"
    return f"Fix: {text}"


def _rest(rest: str) -> str:
    """What stood after the verb: goes on where it is a circumstance, else after a colon."""
    rest = rest.rstrip()
    if not rest or _CLAUSE_AFTER.match(rest) or rest[0] in ":,":
        return rest
    return ":" + rest if rest.startswith(" ") else f": {rest}"
