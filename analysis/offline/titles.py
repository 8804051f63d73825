"""Headlines: what a person would write above a sentence, made by rules from the sentence and the language's tables."""

import re
from collections.abc import Collection
from functools import cache, lru_cache

from .announce import told
from .clauses import EDGE, MAX_TITLE, SPACE, asked, clause, cleaned, named_clause, shortened
from .concepts import named_concept
from .cues import ALL_STOP, ALL_WEAK, LANGUAGES, opener_index
from .cues.en_titles import COPULA, VERBS
from .keyphrases import EVERYDAY
from .morphology import base, third
from .nicks import without_nick
from .phrases import PhraseIndex
from .sentences import Sentence
from .words import folded, is_shouted, stem, tokens


@cache
def _rules(code: str) -> tuple[tuple[str, re.Pattern[str], str], ...]:
    verbs = "|".join(sorted(set(VERBS)))
    return tuple(
        (kind, re.compile("^" + source.replace("{VERBS}", verbs) + "$", re.IGNORECASE | re.DOTALL), template)
        for kind, source, template in LANGUAGES[code].rewrites
    )


@cache
def _closers(code: str) -> PhraseIndex:
    return PhraseIndex([("closer", 1.0, LANGUAGES[code].closers)])


def headline(
    sentence: Sentence,
    kind: str,
    *,
    cue: str = "",
    subject: str = "",
    people: Collection[str] = (),
    quote: str = "",
    room: int = MAX_TITLE,
) -> str:
    """A title of at most `room` characters for a sentence that is a `kind` (an atom type), made from the part with the
        `cue`.

    `subject` is named where the sentence says only "it"; `people` are lower-case words of names, which are not
    addressed in a title. Never the words of `quote` (the sentence itself when empty), whatever their marks and case.
    """
    language = LANGUAGES[sentence.lang]
    text = without_nick(cleaned(sentence.text), people)
    text = _without_opening(text, sentence.lang, people)
    asks = sentence.question and kind == "question"
    text = told(text, kind, cue, sentence.lang)
    text = asked(text, sentence.lang) if asks else clause(text, cue)
    text = _without_opening(text, sentence.lang, people)
    text = _rewritten(text, kind, sentence.lang)
    text = _without_opening(text, sentence.lang, people, again=True)
    text = _without_closing(text, sentence.lang)
    text = _telegraphic(text, kind) if sentence.lang == "en" else _without_article(text, sentence.lang)
    text = named_clause(text, sentence.lang)
    text = shortened(text, sentence.lang, room)
    lead = tokens(text)
    if subject and (not lead or lead[0].low in language.pronouns or len(lead) < 3):
        rest = (
            text[lead[0].end :].strip(EDGE)
            if lead and lead[0].low in ("it", "this", "that", "they") and len(lead) > 2
            else text
        )
        text = shortened(
            f"{subject}: {lower_first(rest, sentence.text, sentence.lang)}" if rest else subject, sentence.lang
        )
    if asks:
        text = text.rstrip("?") + ("" if text.lower().startswith(_STATED) else "?")
    return differing(capital(text), quote or sentence.text, subject, kind, sentence.lang)


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
            if (
                place == 1
                and again
                and text[after : after + 1] not in ",:"
                and first.low not in ("that", "and", "but", "so")
            ):
                return text
        text = (
            text[after:].strip(EDGE + "?)")
            if text[after:].lstrip().startswith(("?", ")"))
            else text[after:].strip(EDGE)
        )
    return text


def _addressed(text: str, end: int, people: Collection[str]) -> bool:
    """Whether the name at the beginning is spoken to: a mark or a verb in the second person or a question follows."""
    after = text[end : end + 1]
    if after in (",", ":", "-", "–", "—"):
        return True
    following = tokens(text[end : end + 40])
    return bool(following) and following[0].low in (
        "can",
        "could",
        "would",
        "will",
        "please",
        "do",
        "did",
        "have",
        "are",
        "you",
        "i",
        "what",
        "how",
        "is",
        "the",
        "if",
        "so",
    )


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
            if "modal" in parts:
                parts["modal"] = parts["modal"].lower()
            if "s" in parts:
                parts["s"] = third(parts["s"])
            made = SPACE.sub(" ", template.format(**parts)).strip(EDGE)
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
    return text.strip(EDGE) + ("?" if asks and not text.endswith("?") else "")


def _telegraphic(text: str, kind: str) -> str:
    """As English headlines are written: no article in front, no copula before what is said of the subject."""
    text = re.sub(r"^(?:the|a|an|our|my|your|this|these|those) (?=\w+ \w)", "", text, flags=re.IGNORECASE)
    if kind in ("problem", "blocker", "risk", "insight"):
        head = re.match(r"^(?:[^,;]*?)" + COPULA, text, re.IGNORECASE)
        if head and not re.search(
            r"\b(?:that|when|if|because|who|which|what|how|it|there)\b", head.group(), re.IGNORECASE
        ):
            text = re.sub(COPULA, "", text, count=1, flags=re.IGNORECASE)
    return text


_STATED = (
    "whether ",
    "owner of ",
    "date of ",
    "how to ",
    "where to ",
    "when to ",
    "what to ",
    "питання, чи ",
    "вопрос, ",
    "ob wir ",
    "pytanie, czy ",
)


def _without_article(text: str, lang: str) -> str:
    words = tokens(text)
    if len(words) > 4 and words[0].low in LANGUAGES[lang].articles:
        return text[words[0].end :].lstrip("'’ ")
    return text


def lower_first(text: str, source: str = "", lang: str = "") -> str:
    """A small letter at the beginning, unless that may be a name: only words that are known, or small in `source`.

    German writes its nouns large: there only function words become small.
    """
    first = tokens(text)[0] if tokens(text) else None
    if first is None or first.start > 0 or is_shouted(text[: first.end]):
        return text
    known = (
        first.low in ALL_STOP
        or first.low in ALL_WEAK
        or named_concept(stem(first.low)) != ""
        or first.low in EVERYDAY
        or base(first.low) != first.low
    )
    if first.low in ("i", "i'm") or first.low in _days():
        return text
    if lang == "de":
        return text[:1].lower() + text[1:] if first.low in LANGUAGES["de"].stop else text
    if known or re.search(rf"(?<!\w){re.escape(first.low)}(?!\w)", source):
        return text[:1].lower() + text[1:]
    return text


@lru_cache(maxsize=1)
def _days() -> frozenset[str]:
    """Days and months, which English and German write large."""
    return frozenset(
        form
        for code in ("en", "de")
        for forms in (*LANGUAGES[code].dates.weekdays, *LANGUAGES[code].dates.months)
        for form in forms.split("|")
        if len(form) > 3
    )


def capital(text: str) -> str:
    """A capital at the beginning, unless the first word is an identifier."""
    first = text.split(" ", 1)[0]
    if (is_shouted(first) and not first[:1].isalpha()) or re.search(r"[._/]|[a-z][A-Z]", first):
        return text
    return text[:1].upper() + text[1:]


def differing(title: str, quote: str, subject: str, kind: str, lang: str) -> str:
    """`title`, or one that is not the words of the quote: with the subject in front, or else with the kind."""
    said = folded(quote)
    if title.strip() and folded(title) != said:
        return title
    text = title or quote
    if subject and not set(folded(subject).split()) <= set(said.split()):
        return capital(shortened(f"{subject}: {lower_first(text, quote, lang)}", lang))
    label = LANGUAGES[lang].wording.labels.get(kind) or LANGUAGES["en"].wording.labels[kind]
    return capital(shortened(f"{label}: {lower_first(text, quote, lang)}", lang))
