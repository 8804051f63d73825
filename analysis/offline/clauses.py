"""The part of a sentence that a headline is made from: without what announces it, cut where a clause ends."""

import re
from functools import lru_cache

from .blocks import word_set
from .cues import ALL_PRONOUNS, LANGUAGES
from .words import is_shouted, tokens

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
    r"[\U0001f000-\U0001faff\u2600-\u27bf\u2190-\u21ff\u2b00-\u2bff\ufe0f\u200d]|(?<!\w)[:;]-?[()DPp/|"
    r"](?!\w)|(?<!\w):\w+:(?!\w)"
)


_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")


SPACE = re.compile(r"\s+")


EDGE = " \t\n,;:.!-–—…*•>|/\\"


_STRONG_CUT = re.compile(
    r"\s[-–—]+\s|;\s|,\s(?=(?:so|but|which|and|because|since|where|while|though|although|or|as|then)\b)|\.\s"
)


_CLAUSE = re.compile(
    r"(?:[,;:]|\s[-–—])\s+(?:(?:but|so|and|then|which|while|although|though|because|aber|und|але|а|и|но|"
    r"pero|y|mais|et|mas|ale)\s+)?|\s(?:but|because|whereas)\s+"
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


def asked(text: str, lang: str) -> str:
    """The part of a sentence that asks, where something is told before it."""
    begins = LANGUAGES[lang].questions
    for match in _CLAUSE.finditer(text):
        rest = text[match.end() :]
        words = tokens(rest)
        if len(words) >= 4 and words[0].low in begins and tokens(text)[0].low not in begins:
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
    r"^(?P<head>[^:,]{3,40}: )?(?P<early>(?:when|after|if|while|since|as|because|whenever|once|wenn|als|"
    r"nachdem|weil|коли|якщо|після|когда|если|после|cuando|si|quand|quando|kiedy|gdy|"
    r"jeśli)\b[^,]*),\s+(?:then )?(?P<rest>.+)$",
    re.IGNORECASE | re.DOTALL,
)


def named_clause(text: str, lang: str) -> str:
    """A later clause that names its subject, where the first one only points at it ("that's a risk, numbers ...")."""
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


_DANGLING = word_set("""the a an of to in on at by for from with and or but if that which who is are was were be it
    its our your my
        their this
    не і й та в у на з до для що як але або и с к о об от что как но или der die das ein eine und oder mit für von zu im
    el la los las un una de del y o con para por que le les des du et ou avec pour sur i w z do na dla że e os um uma
    we i they not do does can will also just only very so than as into about when where because have has had
    would""")


def shortened(text: str, lang: str, room: int = MAX_TITLE) -> str:
    """`text` cut where a clause ends, to `room` characters at most, and without a word that dangles at the cut."""
    if len(text) <= room:
        return text
    cut = _cut(text, lang, room)
    if lang != "en":
        return cut
    bare = re.sub(r"(?<=\w) (?:the|an?) (?=\w)", " ", text)
    if len(bare) <= room:
        return bare
    # Headlines drop articles: done only where more of what is said stays by it.
    other = _cut(bare, lang, room)
    return other if len(other) > len(cut) + 15 else cut


def _cut(text: str, lang: str, most: int) -> str:
    asks = text.endswith("?")
    room = most - asks
    cuts: list[tuple[int, int]] = []  # (how good, where)
    cuts += [(match.start() + 20, match.start()) for match in _STRONG_CUT.finditer(text)]
    cuts += [(match.start() + 10, match.start()) for match in _COMMA.finditer(text) if not _listed(text, match.end())]
    if LANGUAGES[lang].clauses:
        cuts += [(match.start(), match.start()) for match in _clause_words(lang).finditer(text)]
    cuts = [cut for cut in cuts if _SHORT <= cut[1] <= room and _outside(text, cut[1])]
    # Between words only as a last resort: a headline that ends in the middle reads as cut off.
    cuts += [(match.start() - 36, match.start()) for match in SPACE.finditer(text) if match.start() <= room]
    return tidy(text[: max(cuts, default=(0, room))[1]].strip(EDGE) + ("?" if asks else ""), lang)


@lru_cache(maxsize=16)
def _clause_words(lang: str) -> re.Pattern[str]:
    return re.compile(r"\s(?=(?:" + "|".join(map(re.escape, LANGUAGES[lang].clauses)) + r")\s)", re.IGNORECASE)


def _listed(text: str, place: int) -> bool:
    """Whether a comma only parts a list: "customers, bikes and lines"."""
    following = re.match(
        r"(?:\w[\w'-]* ){0,1}\w[\w'-]*(?=,| and | or | und | oder | і | и | y | e | et | i )", text[place:]
    )
    return following is not None
