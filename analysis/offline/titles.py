"""Headlines: what a person would write above a sentence, made by rules from the sentence and the language's tables."""

import re
from collections.abc import Collection
from functools import lru_cache

from .cues import ALL_PRONOUNS, LANGUAGES, opener_index, tag_table
from .cues.en_titles import COPULA, VERBS
from .morphology import base, third
from .phrases import PhraseIndex
from .sentences import Sentence
from .words import folded, is_shouted, tokens

MAX_TITLE = 80
_SHORT = 24  # a clause shorter than this says too little by itself

_URL = re.compile(r"(?:https?://|www\.)\S+")
_CODE = re.compile(r"```.*?```|`{1,3}")
_TAG = re.compile(r"</?(?:script|style|img|a|b|i|u|p|br|div|span|iframe|svg|h\d|strong|em|ul|ol|li|table|tr|td)\b[^>]*>?", re.IGNORECASE)
_MARKUP = re.compile(r"\*\*|__|~~|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")
_EMOJI = re.compile(r"[\U0001f000-\U0001faff\u2600-\u27bf\u2190-\u21ff\u2b00-\u2bff\ufe0f\u200d]|(?<!\w)[:;]-?[()DPp/|](?!\w)|(?<!\w):\w+:(?!\w)")
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_SPACE = re.compile(r"\s+")
_EDGE = " \t\n,;:.!-–—…*•>|/\\"
_STRONG_CUT = re.compile(r"\s[-–—]+\s|;\s|,\s(?=(?:so|but|which|and|because|since|where|while|though|although|or|as|then)\b)|\.\s")
_CLAUSE = re.compile(r"(?:[,;:]|\s[-–—])\s+(?:(?:but|so|and|then|which|while|although|though|because|aber|und|але|а|и|но|pero|y|mais|et|mas|ale)\s+)?|\s(?:but|because|whereas)\s+")
_COMMA = re.compile(r",\s")


@lru_cache(maxsize=None)
def _rules(code: str) -> tuple[tuple[str, re.Pattern[str], str], ...]:
    verbs = "|".join(sorted(set(VERBS)))
    return tuple((kind, re.compile("^" + source.replace("{VERBS}", verbs) + "$", re.IGNORECASE | re.DOTALL), template) for kind, source, template in LANGUAGES[code].rewrites)


@lru_cache(maxsize=None)
def _closers(code: str) -> PhraseIndex:
    return PhraseIndex([("closer", 1.0, LANGUAGES[code].closers)])


def headline(sentence: Sentence, kind: str, *, cue: str = "", subject: str = "", people: Collection[str] = (), quote: str = "") -> str:
    """A title of at most 80 characters for a sentence that is a `kind` (an atom type), made from the part with the `cue`.

    `subject` is named where the sentence says only "it"; `people` are lower-case words of names, which are not
    addressed in a title. Never the words of `quote` (the sentence itself when empty), whatever their marks and case.
    """
    language = LANGUAGES[sentence.lang]
    text = cleaned(sentence.text)
    text = _without_opening(text, sentence.lang, people)
    asks = sentence.question and kind == "question"
    text = _told(text, kind, cue, sentence.lang)
    text = _asked(text, sentence.lang) if asks else _clause(text, cue)
    text = _without_opening(text, sentence.lang, people)
    text = _rewritten(text, kind, sentence.lang)
    text = _without_opening(text, sentence.lang, people, again=True)
    text = _without_closing(text, sentence.lang)
    if sentence.lang == "en":
        text = _telegraphic(text, kind)
    text = shortened(text, sentence.lang)
    text = _tidy(text, sentence.lang)
    lead = tokens(text)
    if subject and (not lead or lead[0].low in language.pronouns or len(lead) < 3):
        rest = text[lead[0].end :].strip(_EDGE) if lead and lead[0].low in ("it", "this", "that", "they") and len(lead) > 2 else text
        text = shortened(f"{subject}: {_lower_first(rest)}" if rest else subject, sentence.lang)
    if asks:
        text = text.rstrip("?") + ("" if text.lower().startswith(_STATED) else "?")
    return differing(capital(text), quote or sentence.text, subject, kind, sentence.lang)


def cleaned(text: str) -> str:
    """A sentence without links, marks of formatting, emoji and remarks in brackets, in one line."""
    text = _TAG.sub(" ", _URL.sub(" ", text))
    text = _CODE.sub("", text)
    text = _EMOJI.sub(" ", _MARKUP.sub("", text))
    bare = _BRACKETS.sub("", text)
    if len(tokens(bare)) >= 4:
        text = bare
    return _SPACE.sub(" ", text).strip(_EDGE)


def _without_opening(text: str, lang: str, people: Collection[str], again: bool = False) -> str:
    """Without greeting, address ("Dana,", "@dana"), hedge and filler at the beginning."""
    index = opener_index(lang)
    for _ in range(6):
        words = tokens(text)
        if len(words) < 4:
            return text
        first = words[0]
        after = first.end
        place = 0
        if text.startswith("@") or (first.low in people and not again and _addressed(text, words[0].end, people)):
            place = 1
            while place < len(words) - 3 and words[place].low in people:
                place += 1
            after = words[place - 1].end
        else:
            place = index.leading(words)
            if not place or len(words) - place < 3:
                return text
            after = words[place - 1].end
            # "so far", "still open": a filler counts only where the sentence goes on as one.
            if place == 1 and again and text[after : after + 1] not in ",:" and first.low not in ("that", "and", "but", "so"):
                return text
        text = text[after:].strip(_EDGE + "?)")if text[after:].lstrip().startswith(("?", ")")) else text[after:].strip(_EDGE)
    return text


def _addressed(text: str, end: int, people: Collection[str]) -> bool:
    """Whether the name at the beginning is spoken to: a mark or a verb in the second person or a question follows."""
    after = text[end : end + 1]
    if after in (",", ":", "-", "–", "—"):
        return True
    following = tokens(text[end : end + 40])
    return bool(following) and following[0].low in ("can", "could", "would", "will", "please", "do", "did", "have", "are", "you", "i", "what", "how", "is", "the", "if", "so")


def _told(text: str, kind: str, cue: str, lang: str) -> str:
    """Without what only announces the rest: "Risk:", "Requirement from Bici Norte:", "Then we agreed, so that it's noted:"."""
    head, mark, rest = text.partition(": ")
    if not mark or len(tokens(rest)) < 2 or len(tokens(head)) > 12 or "?" in head:
        return text
    announced = [token.low for token in tokens(head)]
    table = tag_table(lang)
    places = [place for place, word in enumerate(announced) if table.get(word) == kind]
    if places and places[-1] > 0 and places[-1] == len(announced) - 1 and not all(word in _ANNOUNCE for word in announced[:-1]):
        return text  # "SMS reminders, solved: ..."
    if not places and not (cue and len(tokens(cue)) < 6 and cue.lower() in head.lower() and kind in ("decision", "requirement", "idea", "risk", "question")):
        # "Offline mode: ..." names the subject and stays; "Back to on-call: ...", "Thought about it: ..." do not.
        empty = any(word in LANGUAGES[lang].pronouns or word in ("i", "we", "you") for word in announced) and len(announced) <= 8
        return rest if (announced[0] in _ANNOUNCE or empty) and len(tokens(rest)) >= 4 else text
    about = re.search(r"\b(?:for|from|on|about|für|von|zu|від|для|про|от|по|para|de|sobre|pour|dla|od) (?P<what>[^,:]+)", head) if places else None
    what = about.group("what").strip() if about else ""
    if what and len(tokens(what)) <= 3 and len(rest) > _SHORT and not (set(folded(what).split()) & set(folded(rest).split())):
        return f"{re.sub(r'^(?:the|der|die|das|la|le|el|los|les) ', '', what)}: {rest}"
    return rest


_ANNOUNCE = frozenset("a an one the another my small side also back unrelated speaking about regarding before said then so also next side one another new funny for while now and first again".split())


def _asked(text: str, lang: str) -> str:
    """The part of a sentence that asks, where something is told before it."""
    begins = LANGUAGES[lang].questions
    for match in _CLAUSE.finditer(text):
        rest = text[match.end() :]
        words = tokens(rest)
        if len(words) >= 4 and words[0].low in begins and not (tokens(text)[0].low in begins):
            return rest
    return text


def _clause(text: str, cue: str) -> str:
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
        if match.end() <= place and len(words) >= 5 and words[0].low not in ALL_PRONOUNS and text[: match.end()].count('"') % 2 == 0:
            start = match.end()
    return text[start:] if place + len(cue) > MAX_TITLE or start == 0 or ":" not in text[:start] else text


_EARLY = re.compile(r"^(?P<head>[^:,]{3,40}: )?(?P<early>(?:when|after|if|while|since|as|because|whenever|once|wenn|als|nachdem|weil|коли|якщо|після|когда|если|после|cuando|si|quand|quando|kiedy|gdy|jeśli)\b[^,]*),\s+(?:then )?(?P<rest>.+)$", re.IGNORECASE | re.DOTALL)


def _rewritten(text: str, kind: str, lang: str) -> str:
    for wanted in ("*", kind):
        for rule_kind, pattern, template in _rules(lang):
            if rule_kind != wanted:
                continue
            match = pattern.match(text.rstrip("?!. "))
            if match is None:
                continue
            parts = {name: value or "" for name, value in match.groupdict().items()}
            for name in ("past", "ing"):
                if name in parts:
                    parts[name] = base(parts[name])
            if "s" in parts:
                parts["s"] = third(parts["s"])
            made = _SPACE.sub(" ", template.format(**parts)).strip(_EDGE)
            if len(tokens(made)) >= 2:
                text = made
                break
    return text


def _without_closing(text: str, lang: str) -> str:
    """Without what is tacked on: thanks, "right?", "any ideas?"."""
    asks = text.endswith("?")
    index = _closers(lang)
    for _ in range(3):
        words = tokens(text)
        for size in range(min(4, len(words) - 3), 0, -1):
            start = len(words) - size
            if index.leading(words, start) == len(words):
                text = text[: words[start - 1].end]
                break
        else:
            break
    return text.strip(_EDGE) + ("?" if asks and not text.endswith("?") else "")


def _telegraphic(text: str, kind: str) -> str:
    """As English headlines are written: no article in front, no copula before what is said of the subject."""
    text = re.sub(r"^(?:the|a|an|our|my|your|this|these|those) (?=\w+ \w)", "", text, flags=re.IGNORECASE)
    if kind in ("problem", "blocker", "risk", "insight"):
        head = re.match(r"^(?:[^,;]*?)" + COPULA, text, re.IGNORECASE)
        if head and not re.search(r"\b(?:that|when|if|because|who|which|what|how|it|there)\b", head.group(), re.IGNORECASE):
            text = re.sub(COPULA, "", text, count=1, flags=re.IGNORECASE)
    return text


def shortened(text: str, lang: str) -> str:
    """`text` cut where a clause ends, to 80 characters at most."""
    asks = text.endswith("?")
    room = MAX_TITLE - asks
    if len(text) <= MAX_TITLE:
        return text
    cuts = [match.start() for match in _STRONG_CUT.finditer(text) if _SHORT <= match.start() <= room]
    if not cuts:
        cuts = [match.start() for match in _COMMA.finditer(text) if _SHORT <= match.start() <= room]
    if not cuts:
        clauses = LANGUAGES[lang].clauses
        if clauses:
            pattern = re.compile(r"\s(?=(?:" + "|".join(map(re.escape, clauses)) + r")\s)", re.IGNORECASE)
            cuts = [match.start() for match in pattern.finditer(text) if _SHORT + 8 <= match.start() <= room]
    if not cuts:
        cuts = [match.start() for match in _SPACE.finditer(text) if match.start() <= room]
    cut = text[: cuts[-1]] if cuts else text[:room]
    return cut.strip(_EDGE) + ("?" if asks else "")


def _tidy(text: str, lang: str) -> str:
    """Without a dangling function word or an open bracket at the end."""
    asks = text.endswith("?")
    language = LANGUAGES[lang]
    text = text.rstrip("?" + _EDGE)
    for _ in range(4):
        words = tokens(text)
        last = words[-1].low if words else ""
        if len(words) > 3 and last in language.stop and (last in language.clauses or last in _DANGLING) and not is_shouted(text[words[-1].start :]):
            text = text[: words[-1].start].rstrip("?" + _EDGE)
        else:
            break
    if text.count('"') % 2:
        text = text.replace('"', "")
    for opening, closing in ("()", "[]", "«»", "“”"):
        if text.count(opening) > text.count(closing):
            text = text[: text.rindex(opening)].rstrip(_EDGE) if text.rindex(opening) > _SHORT else text.replace(opening, "")
    return text + ("?" if asks else "")


_STATED = ("whether ", "owner of ", "date of ", "how to ", "where to ", "when to ", "what to ", "питання, чи ", "вопрос, ", "ob wir ", "pytanie, czy ")
_DANGLING = frozenset(
    """the a an of to in on at by for from with and or but if that which who is are was were be it its our your my their this
    не і й та в у на з до для що як але або и с к о об от что как но или der die das ein eine und oder mit für von zu im
    el la los las un una de del y o con para por que le les des du et ou avec pour sur i w z do na dla że e os um uma
    we i they not do does can will also just only very so than as into about when where because have has had would""".split()
)


def _lower_first(text: str) -> str:
    first = text.split(" ", 1)[0]
    return text if is_shouted(first) or first in ("I", "I'm") else text[:1].lower() + text[1:]


def capital(text: str) -> str:
    """A capital at the beginning, unless the first word is an identifier."""
    first = text.split(" ", 1)[0]
    if is_shouted(first) and not first[:1].isalpha() or re.search(r"[._/]|[a-z][A-Z]", first):
        return text
    return text[:1].upper() + text[1:]


def differing(title: str, quote: str, subject: str, kind: str, lang: str) -> str:
    """`title`, or one that is not the words of the quote: with the subject in front, or else with the kind."""
    said = folded(quote)
    if title.strip() and folded(title) != said:
        return title
    text = title or quote
    if subject and not set(folded(subject).split()) <= set(said.split()):
        return capital(shortened(f"{subject}: {_lower_first(text)}", lang))
    label = LANGUAGES[lang].wording.labels.get(kind) or LANGUAGES["en"].wording.labels[kind]
    return capital(shortened(f"{label}: {_lower_first(text)}", lang))
