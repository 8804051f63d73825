"""Who speaks to whom in a window, and what each message says: the messages read once, with their sentences."""

import re
from dataclasses import dataclass

from analysis.prompts.inputs import PromptMessage, WindowInput

from .cues import LANGUAGES
from .plan import people_of
from .sentences import Parsed, Sentence, parse
from .speech import Reading, read
from .words import folded, tokens

_MACHINE = re.compile(r"(?:^|[\s_.\-\[(])(?i:bot|notifications?)[\])]?$|[a-z\d]Bot$")  # not Ms Talbot
_NEAR = 8  # messages back in which an unaddressed answer may find its question
_QUOTED = 24  # a line this long that somebody wrote before is a quotation


@dataclass(frozen=True, slots=True)
class Line:
    """A message of the window. `to`: place of the message it answers, or -1;
    `sure`: by a reply, a quotation or a name."""

    place: int
    message: PromptMessage
    parsed: Parsed
    sentences: tuple[tuple[Sentence, Reading], ...]
    to: int
    sure: bool

    @property
    def says(self) -> bool:
        """Whether anything may be taken from it. What a machine posts is only talked about."""
        return not self.message.context and bool(self.sentences) and not _MACHINE.search(self.message.author)


def lines(window: WindowInput) -> list[Line]:
    """The window's messages in order; empty ones too, so that places match."""
    said: dict[str, int] = {}
    found: list[Line] = []
    places = {message.ref: place for place, message in enumerate(window.messages)}
    first_names = _first_names(window)
    for place, message in enumerate(window.messages):
        parsed = parse(message.text)
        quoted = -1
        kept: list[tuple[Sentence, Reading]] = []
        for sentence in parsed.sentences:
            key = folded(sentence.text)
            before = said.get(key, -1) if len(key) > _QUOTED else -1
            if 0 <= before < place and found[before].message.author != message.author:
                quoted = before
                continue
            said.setdefault(key, place)
            kept.append((sentence, read(sentence)))
        if is_acknowledgement(parsed):
            kept = []
        to, sure = _answered(place, message, window, places, first_names, quoted, found)
        found.append(Line(place, message, parsed, tuple(kept), to, sure))
    return found


def is_acknowledgement(parsed: Parsed) -> bool:
    """Whether a whole message says nothing: every word of it is one of thanks, assent or greeting."""
    known = LANGUAGES[parsed.lang].acknowledgements | LANGUAGES["en"].acknowledgements
    words = [word.low for sentence in parsed.sentences for word in sentence.words]
    return bool(words) and len(words) <= 12 and all(word in known for word in words)


def _first_names(window: WindowInput) -> dict[str, str]:
    """Word of a name -> the author's full name, where only one of the window's people has it."""
    owners: dict[str, set[str]] = {}
    for message in window.messages:
        for word in people_of([message.author]):
            owners.setdefault(word, set()).add(message.author)
    return {word: min(names) for word, names in owners.items() if len(names) == 1}


def _answered(
    place: int,
    message: PromptMessage,
    window: WindowInput,
    places: dict[str, int],
    names: dict[str, str],
    quoted: int,
    found: list[Line],
) -> tuple[int, bool]:
    target = places.get(message.reply_to or "", -1)
    if 0 <= target < place:
        return target, True
    if quoted >= 0:
        return quoted, True
    for name in _addressees(message.text, names):
        if name != message.author:
            for before in range(place - 1, -1, -1):
                if window.messages[before].author == name:
                    return before, True
    for before in range(place - 1, max(-1, place - 1 - _NEAR), -1):
        if window.messages[before].author != message.author and found[before].sentences:
            return before, False
    return -1, False


def _addressees(text: str, names: dict[str, str]) -> list[str]:
    """People that a message is addressed to, by @name or by a name in front."""
    found = []
    words = tokens(text[:400])
    for index, word in enumerate(words):
        at = word.start > 0 and text[word.start - 1] == "@"
        if word.low in names and (at or (index == 0 and text[word.start].isupper())):
            found.append(names[word.low])
    return found
