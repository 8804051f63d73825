"""The part of a sentence that a headline is made from: without what announces it, cut where a clause ends."""

import re

from .cues import ALL_PRONOUNS, LANGUAGES, tag_table
from .words import folded, is_shouted, tokens

MAX_TITLE = 80


_SHORT = 24  # a clause shorter than this says too little by itself


_URL = re.compile(r"(?:https?://|www\.)\S+")


_CODE = re.compile(r"```.*?```|`{1,3}")


_TAG = re.compile(
    r"</?(?:script|style|img|a|b|i|u|p|br|div|span|iframe|svg|h\d|strong|em|ul|ol|li|table|tr|td)\b[^>]*>?",
    re.IGNORECASE,
)


_MARKUP = re.compile(r"\*\*|__|~~|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")


_EMOJI = re.compile(
    r"[\U0001f000-\U0001faff\u2600-\u27bf\u2190-\u21ff\u2b00-\u2bff\ufe0f\u200d]|(?<!\w)[:;]-?[()DPp/|](?!\w)|(?<!\w):\w+:(?!\w)"
)


_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")


SPACE = re.compile(r"\s+")


EDGE = " \t\n,;:.!-–—…*•>|/\\"


_STRONG_CUT = re.compile(
    r"\s[-–—]+\s|;\s|,\s(?=(?:so|but|which|and|because|since|where|while|though|although|or|as|then)\b)|\.\s"
)


_CLAUSE = re.compile(
    r"(?:[,;:]|\s[-–—])\s+(?:(?:but|so|and|then|which|while|although|though|because|aber|und|але|а|и|но|pero|y|mais|et|mas|ale)\s+)?|\s(?:but|because|whereas)\s+"
)


_COMMA = re.compile(r",\s")


def cleaned(text: str) -> str:
    """A sentence without links, marks of formatting, emoji and remarks in brackets, in one line."""
    text = _TAG.sub(" ", _URL.sub(" ", text))
    text = _CODE.sub("", text)
    text = _EMOJI.sub(" ", _MARKUP.sub("", text))
    bare = _BRACKETS.sub("", text)
    if len(tokens(bare)) >= 4:
        text = bare
    return SPACE.sub(" ", text).strip(EDGE)


def told(text: str, kind: str, cue: str, lang: str) -> str:
    """Without what only announces the rest: "Risk:", "Requirement from Bici Norte:", "Then we agreed, so that it's noted:"."""
    early = re.match(r"^(\w+), (?=(?:if|that|dass|що|что|że|si|se)\b)", text)
    if early is not None and tag_table(lang).get(early.group(1).lower()) == kind:
        return text[early.end() :]
    head, mark, rest = text.partition(": ")
    if not mark or len(tokens(rest)) < 2 or len(tokens(head)) > 12 or "?" in head:
        return text
    announced = [token.low for token in tokens(head)]
    table = tag_table(lang)
    places = [place for place, word in enumerate(announced) if table.get(word) == kind]
    if announced[-1] in _REPORTING and len(announced) <= 5 and len(tokens(rest)) >= 4:
        return rest
    pointing = any(word in LANGUAGES[lang].pronouns for word in announced)
    if (
        places
        and places[-1] > 0
        and places[-1] == len(announced) - 1
        and not pointing
        and not all(word in _ANNOUNCE for word in announced[:-1])
    ):
        return text  # "SMS reminders, solved: ..."
    if not places and not (
        cue
        and len(tokens(cue)) < 6
        and cue.lower() in head.lower()
        and kind in ("decision", "requirement", "idea", "risk", "question")
    ):
        # "Offline mode: ..." names the subject and stays; "Back to on-call: ...", "Thought about it: ..." do not.
        empty = (
            any(word in LANGUAGES[lang].pronouns or word in ("i", "we", "you") for word in announced)
            and len(announced) <= 8
        )
        return rest if (announced[0] in _ANNOUNCE or empty) and len(tokens(rest)) >= 4 else text
    about = (
        re.search(
            r"\b(?:for|from|on|about|für|von|zu|від|для|про|от|по|para|de|sobre|pour|dla|od) (?P<what>[^,:]+)", head
        )
        if places
        else None
    )
    what = about.group("what").strip() if about else ""
    if (
        what
        and len(tokens(what)) <= 3
        and len(rest) > _SHORT
        and not (set(folded(what).split()) & set(folded(rest).split()))
    ):
        return f"{re.sub(r'^(?:the|der|die|das|la|le|el|los|les) ', '', what)}: {rest}"
    return rest


_REPORTING = frozenset(
    "writes write says say reports reported wrote complains asks asked пише пишуть каже питає пишет говорит спрашивает schreibt sagt meldet fragt dice escribe pregunta diz escreve pergunta écrit dit demande pisze mówi pyta".split()
)


_ANNOUNCE = frozenset(
    "a an one the another my small side also back unrelated speaking about regarding before said then so also next side one another new funny for while now and first again".split()
)


def asked(text: str, lang: str) -> str:
    """The part of a sentence that asks, where something is told before it."""
    begins = LANGUAGES[lang].questions
    for match in _CLAUSE.finditer(text):
        rest = text[match.end() :]
        words = tokens(rest)
        if len(words) >= 4 and words[0].low in begins and not (tokens(text)[0].low in begins):
            return rest
    return text


def clause(text: str, cue: str) -> str:
    """A sentence that is too long for a title, from the clause with the cue on, and without "when ..." before it."""
    if len(text) <= MAX_TITLE:
        return text
    early = _EARLY.match(text)
    if early is not None and len(tokens(early.group("rest"))) >= 5 and cue.lower() not in early.group("early").lower():
        text = (early.group("head") or "") + early.group("rest")
    place = text.lower().find(cue.lower()) if cue else -1
    if place < 0 or len(text) <= MAX_TITLE:
        return text
    start = 0
    for match in _CLAUSE.finditer(text):
        rest = text[match.end() :]
        words = tokens(rest)
        if (
            match.end() <= place
            and len(words) >= 5
            and words[0].low not in ALL_PRONOUNS
            and text[: match.end()].count('"') % 2 == 0
        ):
            start = match.end()
    return text[start:] if place + len(cue) > MAX_TITLE or start == 0 or ":" not in text[:start] else text


_EARLY = re.compile(
    r"^(?P<head>[^:,]{3,40}: )?(?P<early>(?:when|after|if|while|since|as|because|whenever|once|wenn|als|nachdem|weil|коли|якщо|після|когда|если|после|cuando|si|quand|quando|kiedy|gdy|jeśli)\b[^,]*),\s+(?:then )?(?P<rest>.+)$",
    re.IGNORECASE | re.DOTALL,
)


def named_clause(text: str, lang: str) -> str:
    """A later clause that names its subject, where the first one only points at it ("that's a risk, the numbers ...")."""
    words = tokens(text)
    if not words or words[0].low not in LANGUAGES[lang].pronouns:
        return text
    for match in _COMMA.finditer(text):
        rest = tokens(text[match.end() :])
        if (
            len(rest) >= 6
            and rest[0].low not in LANGUAGES[lang].pronouns
            and rest[0].low not in LANGUAGES[lang].clauses
        ):
            return text[match.end() :]
    return text


def shortened(text: str, lang: str) -> str:
    """`text` cut where a clause ends, to 80 characters at most."""
    asks = text.endswith("?")
    room = MAX_TITLE - asks
    if len(text) <= MAX_TITLE:
        return text
    cuts = [
        match.start()
        for match in _STRONG_CUT.finditer(text)
        if _SHORT <= match.start() <= room and _outside(text, match.start())
    ]
    if not cuts:
        cuts = [
            match.start()
            for match in _COMMA.finditer(text)
            if _SHORT <= match.start() <= room and _outside(text, match.start())
        ]
    if not cuts:
        clauses = LANGUAGES[lang].clauses
        if clauses:
            pattern = re.compile(r"\s(?=(?:" + "|".join(map(re.escape, clauses)) + r")\s)", re.IGNORECASE)
            cuts = [match.start() for match in pattern.finditer(text) if _SHORT + 8 <= match.start() <= room]
    if not cuts:
        cuts = [match.start() for match in SPACE.finditer(text) if match.start() <= room]
    cut = text[: cuts[-1]] if cuts else text[:room]
    return cut.strip(EDGE) + ("?" if asks else "")


def _outside(text: str, place: int) -> bool:
    """Whether a place is not within quotation marks."""
    return text.count('"', 0, place) % 2 == 0 and text.count("“", 0, place) == text.count("”", 0, place)


def tidy(text: str, lang: str) -> str:
    """Without a dangling function word or an open bracket at the end."""
    asks = text.endswith("?")
    language = LANGUAGES[lang]
    text = text.rstrip("?" + EDGE)
    for _ in range(4):
        words = tokens(text)
        last = words[-1].low if words else ""
        if (
            len(words) > 3
            and last in language.stop
            and (last in language.clauses or last in _DANGLING)
            and not is_shouted(text[words[-1].start :])
        ):
            text = text[: words[-1].start].rstrip("?" + EDGE)
        else:
            break
    if text.count('"') % 2:
        text = text.replace('"', "")
    for opening, closing in ("()", "[]", "«»", "“”"):
        if text.count(opening) > text.count(closing):
            text = (
                text[: text.rindex(opening)].rstrip(EDGE)
                if text.rindex(opening) > _SHORT
                else text.replace(opening, "")
            )
    return text + ("?" if asks else "")


_DANGLING = frozenset(
    """the a an of to in on at by for from with and or but if that which who is are was were be it its our your my their this
    не і й та в у на з до для що як але або и с к о об от что как но или der die das ein eine und oder mit für von zu im
    el la los las un una de del y o con para por que le les des du et ou avec pour sur i w z do na dla że e os um uma
    we i they not do does can will also just only very so than as into about when where because have has had would""".split()
)
