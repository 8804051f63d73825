"""The title of a task from the title of an atom: what is wrong becomes "Fix ...", what is wanted "Add ..."."""

import re
from functools import lru_cache

from .blocks import word_list, word_set
from .clauses import MAX_TITLE, shortened
from .cues import ALL_STOP, LANGUAGES, detect
from .cues.en_titles import VERBS
from .keyphrases import EVERYDAY
from .morphology import PLAIN
from .titles import capital, lower_first
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
_MUST = re.compile(
    r"^(?P<who>.+?) (?:must|should|needs? to|has to|have to|ought to) (?P<verb>\w+)(?P<rest>.*)$", re.IGNORECASE
)
_ABLE = re.compile(
    r"^(?P<who>.+?) (?:must|should|needs? to|has to|have to|wants? to) be able to (?P<rest>.+)$", re.IGNORECASE
)
_WANTS = re.compile(
    r"^(?P<who>.+?) (?:also )?(?:wants?|would like|asks?|asked|asking)(?: us| again| today| yesterday| "
    r"this week| last week)*(?P<to> to| for| about|:)?(?: they want to)? (?P<rest>.+)$",
    re.IGNORECASE,
)
_NEEDS = re.compile(r"^(?P<who>.+?) needs? (?P<rest>.+)$", re.IGNORECASE)
_NOUNS_TOO = word_set("work order design filter search schedule label release merge export import test upgrade")
_BLOCKED = re.compile(r"^(?P<what>.+?) (?:is |are |still )*blocked (?P<rest>(?:by|on|until) .+)$", re.IGNORECASE)
_GOES = re.compile(
    r"^(?P<what>.+?) (?:goes|go|is set|is raised|changes|moves|will go|will move) to (?P<rest>.+)$", re.IGNORECASE
)
_CLAUSE_AFTER = re.compile(
    r"^ (?:when|if|after|for|on|in|with|at|during|while|since|because|due|under|from|about|to|every|before|by)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=1)
def _verbs() -> frozenset[str]:
    more = word_list(
        "use add make do go run write rewrite let keep take set put move merge switch migrate remove "
        "drop delete rename replace upgrade update "
        "fix improve support provide allow send release ship cache log build create define document "
        "describe prepare check verify review ask tell "
        "rotate raise lower reduce increase limit round prefill import export sync store encrypt retry "
        "regenerate renew bring find speed clean "
        "automate give offer handle save serve schedule separate share simplify skip suggest prevent "
        "measure choose order decide restore "
        "disable enable escape validate translate pin bump backport revert redesign refactor reindex "
        "replay wait pay write post copy merge hide unify "
        "start stop freeze postpone stay prefer avoid look open close file give cancel consider carry "
        "clarify hire invite call meet"
    )
    return frozenset((*VERBS, *PLAIN, *more))


def imperative(title: str, kind: str, source: str = "") -> str:
    """A task's title of at most 80 characters for an atom of a kind, in the language of its title.

    `source`: the words it comes from, which tell a name from a word that only began a sentence.
    """
    lang = detect(title, tokens(title))
    text = title.strip().rstrip("?.! ")
    text = re.sub(r"^(?:Problem|Bug|Requirement|Idea|Risk|Open question|Decision|Blocker|Solution|Finding): ", "", text)
    text = lower_first(text, source, lang)
    made = _english(text, kind) if lang == "en" else _worded(text, kind, lang)
    asks = made.endswith("?")
    return capital(shortened(made, lang)).rstrip(" ,;:") + ("?" if asks and not made.endswith("?") else "")


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
    head, mark, rest = text.partition(": ")
    first = tokens(text)[0].low if tokens(text) else ""
    if kind == "problem":
        return _fix(text)
    if kind == "blocker":
        if match := _BLOCKED.match(text):
            return f"Unblock {match['what']}: {match['rest'].removeprefix('by ').removeprefix('on ')}"
        return f"Unblock: {text}"
    if kind == "question":
        if first in ("owner", "date"):
            return f"Find out the {text}"
        if first == "possible":
            return f"Clarify whether it is {text}"
        if first == "whether" or re.match(r"(?:how|what|where|when|which .+?) to ", text):
            return f"Clarify {text}"
        return f"Answer: {text}?"
    if kind == "risk":
        return f"Address the risk: {text}"
    if mark and _orders(rest):
        return f"{capital(rest)} ({head})" if len(text) <= MAX_TITLE - 2 else capital(rest)
    if _orders(text):
        return text
    if kind == "decision":
        match = _GOES.match(text)
        return f"Change {match['what']} to {match['rest']}" if match else f"Carry out: {text}"
    return _wanted(text, kind)


def _orders(text: str) -> bool:
    """Whether a title begins with a verb: "order the parts", but not "order templates"."""
    words = [token.low for token in tokens(text)[:2]]
    if len(words) < 2 or words[0] not in _verbs():
        return False
    both = words[0] in EVERYDAY or words[0] in _NOUNS_TOO
    return not both or words[1] in ALL_STOP


def _fix(text: str) -> str:
    if text.lower().startswith("cannot "):
        return f"Fix: {text}"
    if match := _SLOW.match(text):
        return f"Speed up {_thing(match['what'])}{_rest(match['rest'])}"
    match = _BROKEN.match(text)
    if (
        match
        and len(tokens(match["what"])) <= 9
        and not re.search(r"\b(?:is|are|was|were|but|that|which|because|when|if|and then)\b", match["what"])
    ):
        return f"Fix {_thing(match['what'])}{_rest(match['rest'])}"
    if (match := _MISSING.match(text)) and len(tokens(match["what"])) <= 8:
        return f"Fix {_thing(match['what'])}: missing {match['rest']}"
    if _TROUBLE_NOUN.match(text):
        return f"Fix {_thing(text)}"
    return f"Fix: {text}"


def _thing(text: str) -> str:
    return lower_first(re.sub(r"^(?:the|our) ", "", text, flags=re.IGNORECASE))


def _rest(rest: str) -> str:
    """What stood after the verb: goes on where it is a circumstance, else after a colon."""
    rest = rest.rstrip()
    if not rest or _CLAUSE_AFTER.match(rest) or rest[0] in ":,":
        return rest
    return ":" + rest if rest.startswith(" ") else f": {rest}"


def _wanted(text: str, kind: str) -> str:
    head, mark, rest = text.partition(": ")
    if mark and len(tokens(head)) <= 3 and (_ABLE.match(rest) or _MUST.match(rest)) and len(text) < MAX_TITLE:
        return f"{_wanted(rest, kind)} ({capital(head)})"
    if match := _ABLE.match(text):
        return f"Let {_thing(match['who'])} {match['rest']}"
    if match := _MUST.match(text):
        who, verb = _thing(match["who"]), match["verb"].lower()
        if who.endswith(":"):
            return f"{verb}{match['rest']} ({capital(who[:-1])})"
        if verb == "be":
            plural = who.endswith("s") and not who.endswith("ss")
            return f"Ensure {who} {'are' if plural else 'is'}{match['rest']}"
        if verb != "not":
            return f"Make {who} {verb}{match['rest']}"
    if match := _WANTS.match(text):
        rest = match["rest"].removeprefix("they want to ").removeprefix("if they can ")
        wants_to = (match["to"] or "").strip() == "to" or "they want to" in text
        if wants_to and tokens(rest) and tokens(rest)[0].low in _verbs():
            return f"Let {_thing(match['who'])} {rest}"
        if (match["to"] or "").strip() == "about":
            return f"Answer {match['who']} about {rest}"
        return f"Provide {rest}"
    if text.lower().startswith("need "):
        return f"Provide {text[5:]}"
    if match := _NEEDS.match(text):
        return f"Provide {match['rest']} for {match['who']}"
    if kind == "idea":
        return f"Consider: {text}"
    return f"Add {text}" if len(tokens(text)) <= 5 and ":" not in text else f"Provide: {text}"
