"""In which language the Mini App speaks: Telegram's `language_code` of the person, English or Ukrainian as the bot.

The English words stand where they are said, in templates and in the desk's own sentences; `say` gives the other
language's for them. What has no words there is said in English.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from django.http import HttpRequest
from django.utils import translation

from ingestion.bot_texts import LANGUAGES, language
from tasktracker.miniapp.initdata import FIELDS, LONGEST
from tasktracker.miniapp.words_uk import SENTENCES, WORDS

# What its script says by itself, by the name of the data attribute that it is read from.
SCRIPT = {
    "signing": "Signing in…",
    "dismiss": "Dismiss",
    "gone": "That is not here any more.",
    "forbidden": "Your session or your role does not allow this. Reload the page to sign in again.",
    "failed": "The server could not do that. Nothing was changed; please try again.",
    "silent": "No answer from the server. Nothing was changed; please try again.",
}


def say(english: str, **values: Any) -> str:
    """The words in the language that is spoken now (`translation.override`), `values` put into their braces."""
    return (_found(english) if translation.get_language() == "uk" else english).format(**values)


def said(english: object) -> str:
    """The same for a whole value or sentence of the desk, which may hold a person's own words and braces."""
    text = str(english)
    return _found(text) if translation.get_language() == "uk" else text


def _found(english: str) -> str:
    known = WORDS.get(english)
    if known is not None:
        return known
    for pattern, words in SENTENCES:
        if found := pattern.fullmatch(english):
            return words.format(*(_part(part) for part in found.groups()))
    return english


def _part(part: str) -> str:
    """A state or a reason, however it is spelled; anything else, such as a name, as it is."""
    word = part.replace("_", " ")
    return WORDS.get(word) or WORDS.get(word.capitalize()) or part


def script_words() -> str:
    """As JSON `{language: {name: words}}`: the shell is the same for all, and who opens it is known to the script."""
    told: dict[str, dict[str, str]] = {}
    for each in LANGUAGES:
        with translation.override(each):
            told[each] = {name: say(words) for name, words in SCRIPT.items()}
    return json.dumps(told, ensure_ascii=False)


def language_of(person: Mapping[str, Any] | None, *, otherwise: str = "") -> str:
    """Of a Telegram `user`; `otherwise` where it names none."""
    code = person.get("language_code") if person else None
    return language(code if isinstance(code, str) and code else otherwise)


def guessed(request: HttpRequest, raw: str = "") -> str:
    """The language for whom nothing is proven of: what initData says unchecked, else what their browser asks for."""
    browser = request.headers.get("Accept-Language", "").split(",")[0].partition(";")[0].strip()
    try:
        users = parse_qs(raw[:LONGEST], max_num_fields=FIELDS).get("user", [])
        person: Any = json.loads(users[0]) if users else None
    except (ValueError, RecursionError):
        person = None
    return language_of(person if isinstance(person, dict) else None, otherwise=browser)
