"""The title of a task from what somebody wants: "Provide ...", "Let ...", "Make ...", or nothing."""

import re

from .clauses import MAX_TITLE
from .titles import capital
from .verbs import bare, is_noun_phrase, is_plural, names, names_a_thing, verbs
from .words import tokens

_MUST = re.compile(
    r"^(?P<who>.+?) (?P<modal>must|should|needs? to|has to|have to|ought to) (?P<verb>\w+)(?P<rest>.*)$", re.IGNORECASE
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


def wanted(text: str, kind: str) -> str:
    head, mark, rest = text.partition(": ")
    if mark and len(tokens(head)) <= 3 and (_ABLE.match(rest) or _MUST.match(rest)) and len(text) < MAX_TITLE:
        made = wanted(rest, kind)
        return f"{made} ({capital(head)})" if made else ""
    if (match := _ABLE.match(text)) and names(match["who"]) and tokens(match["rest"])[0].low != "not":
        return f"Let {bare(match['who'])} {match['rest']}"
    if (match := _MUST.match(text)) and names(match["who"]):
        return _must(bare(match["who"]), match["verb"].lower(), match["modal"].lower(), match["rest"])
    if (match := _WANTS.match(text)) and names(match["who"]):
        rest = match["rest"].removeprefix("they want to ").removeprefix("if they can ")
        wants_to = (match["to"] or "").strip() == "to" or "they want to" in text
        if wants_to:
            return f"Let {bare(match['who'])} {rest}" if tokens(rest) and tokens(rest)[0].low in verbs() else ""
        if (match["to"] or "").strip() == "about":
            return f"Answer {match['who']} about {rest}"
        return f"Provide {rest}" if is_noun_phrase(rest) else ""
    if match := re.match(r"need (?P<rest>(?:an?|the|some|more|another) .+)$", text, re.IGNORECASE):
        return f"Provide {match['rest']}"
    if (match := _NEEDS.match(text)) and names(match["who"]) and is_noun_phrase(match["rest"]):
        return f"Provide {match['rest']} for {match['who']}"
    if not is_noun_phrase(text):
        return ""
    if kind == "idea":
        return f"Consider: {text}" if names_a_thing(text) else ""
    return f"Add {text}" if len(tokens(text)) <= 5 and ":" not in text else f"Provide {text}"


def _must(who: str, verb: str, modal: str, rest: str) -> str:
    if who.endswith(":"):
        return f"{verb}{rest} ({capital(who[:-1])})" if verb in verbs() else ""
    if verb == "be":
        return f"Ensure {who} {'are' if is_plural(who) else 'is'}{rest}"
    if verb == "not" or verb not in verbs():
        return ""
    return f"{'Let' if modal.startswith('need') else 'Make'} {who} {verb}{rest}"
