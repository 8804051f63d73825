"""What stands before a colon: the subject of a sentence, which stays in its headline, or only its announcement."""

import re

from .blocks import word_set
from .cues import ALL_STOP, LANGUAGES, tag_table
from .words import folded, tokens

_MARK = ": "
_LONGEST = 12  # words before a colon that may be an announcement
_REPORTING = word_set("""writes write says say reports reported wrote complains asks asked пише пишуть каже питає
    пишет говорит спрашивает
    schreibt sagt meldet fragt dice escribe pregunta diz escreve pergunta écrit dit demande pisze mówi pyta""")
_ANNOUNCING = word_set("""a an one the another my small side also back unrelated speaking about regarding before said
    then so next new
        funny
    for while now and first again as after on poll good""")
_OF = re.compile(
    r"\b(?:for|from|on|about|für|von|zu|від|для|про|от|по|para|de|sobre|pour|dla|od) (?P<what>[^,:]+)", re.IGNORECASE
)
_ARTICLE = re.compile(r"^(?:the|der|die|das|la|le|el|los|les) ", re.IGNORECASE)
_WHETHER = re.compile(r"^(\w+), (?=(?:if|that|dass|що|что|że|si|se)\b)", re.IGNORECASE)
_THEY = re.compile(r"they (?=(?:want|need|would like|ask|must|have to|can't|cannot)\b)", re.IGNORECASE)
_SPOKEN = ("decision", "requirement", "idea", "risk", "question")


def told(text: str, kind: str, cue: str, lang: str) -> str:
    """Without what only announces the rest: "Risk:", "Then we agreed, so that it's noted:", "Lind writes:".

    "Requirement from Bici Norte: ..." keeps whom it is from; "Offline mode: ..." names the subject and stays.
    """
    for _ in range(2):
        shorter = _once(text, kind, cue, lang)
        if shorter == text:
            break
        text = shorter
    return text


def _once(text: str, kind: str, cue: str, lang: str) -> str:
    table = tag_table(lang)
    early = _WHETHER.match(text)
    if early is not None and table.get(early.group(1).lower()) == kind:
        return text[early.end() :]
    head, mark, rest = text.partition(_MARK)
    said = [token.low for token in tokens(head)]
    if not mark or not said or len(tokens(rest)) < 2 or len(said) > _LONGEST or "?" in head:
        return text
    if said[-1] in _REPORTING and len(said) <= 5 and len(tokens(rest)) >= 4:
        # "Lind asks: they want a receipt" is told of Lind.
        of_them = _THEY.match(rest) if len(said) > 1 and said[0] not in ALL_STOP else None
        return f"{head[: tokens(head)[-1].start].strip()} {rest[of_them.end() :]}" if of_them else rest
    pronouns = LANGUAGES[lang].pronouns
    places = [place for place, word in enumerate(said) if table.get(word) == kind]
    named = not any(word in pronouns for word in said) and not all(word in _ANNOUNCING for word in said[:-1])
    if places and named and 0 < places[-1] == len(said) - 1:
        subject = head[: tokens(head)[-2].end]
        # "SMS reminders, solved: ..." is of the reminders; "Reminders fixed: ..." stays as it is.
        return f"{subject}{_MARK}{rest}" if "," in head[len(subject) :] else text
    if places:
        return _of_whom(head, rest)
    within = bool(cue) and kind in _SPOKEN
    if within and cue.lower() in head.lower() and len(tokens(cue)) < 6:
        return rest
    empty = len(said) <= 8 and any(word in pronouns or word in ("i", "we", "you") for word in said)
    if len(tokens(rest)) >= 4 and (empty or said[0] in _ANNOUNCING or (kind == "decision" and within)):
        return _of_whom(head, rest) if kind == "decision" and said[0] in ("on", "about", "for") else rest
    return text


def _of_whom(head: str, rest: str) -> str:
    """The rest, with what the announcement says it is for or from."""
    about = _OF.search(head)
    what = about.group("what").strip() if about else ""
    if what and len(tokens(what)) <= 3 and len(rest) > 24 and not set(folded(what).split()) & set(folded(rest).split()):
        return f"{_ARTICLE.sub('', what)}{_MARK}{rest}"
    return rest
