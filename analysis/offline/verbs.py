"""Words by which a title orders, names or tells: what may follow "Let", "Provide" and "Make", and what may not."""

import re
from functools import lru_cache

from .blocks import word_list, word_set
from .cues import ALL_STOP
from .cues.en_titles import VERBS
from .cues.vague import NO_BEGINNING, NO_STATEMENT, OURS, POINTING
from .keyphrases import EVERYDAY
from .morphology import PLAIN
from .titles import lower_first
from .words import tokens

_LONGEST_NAME, _LONGEST_WHO = 12, 7  # words
_NOUNS_TOO = word_set("work order design filter search schedule label release merge export import test upgrade")
_PERSONS = POINTING["en"] | OURS["en"]
_CONDITIONS = word_set("for in on at after before when if even")
_BEFORE_NAME = word_set("a an the more another both all each every some one no")
_NO_ORDERS = word_set("try want need have has wait stay know think feel see look seem happen mean matter guess")
_FINITE = word_set("""is are was were am be been has have had can could will would shall should must may might does do
    did isn't aren't wasn't doesn't don't didn't can't won't want wants need needs got gets get goes go went seems seem
    'm 's 're says said asks asked keeps keep""")
_STATING = (
    frozenset(VERBS)
    - EVERYDAY
    - word_set(
        "work order design filter search schedule label release merge export import test upgrade support show stream "
        "scale cost update change charge point split store index limit load lock log print cache render share sort "
        "start build"
    )
)


@lru_cache(maxsize=1)
def verbs() -> frozenset[str]:
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
        "clarify hire invite call meet override"
    )
    return frozenset((*VERBS, *PLAIN, *more))


def orders(text: str) -> bool:
    """Whether a title begins with a verb: "order the parts", but not "order templates"."""
    words = [token.low for token in tokens(text)[:2]]
    if len(words) < 2 or words[0] not in verbs() or words[0] in _NO_ORDERS or words[1] in _FINITE or words[1] == "of":
        return False
    both = words[0] in EVERYDAY or words[0] in _NOUNS_TOO
    return not both or words[1] in ALL_STOP


def is_noun_phrase(text: str) -> bool:
    """Whether a text names a thing and tells nothing of it: no verb stands in its first clause."""
    clause = re.split(r",|\b(?:that|which|who|so|when|if|where|because)\b", text)[0]
    words = [token.low for token in tokens(clause)]
    if not words or len(tokens(text)) > _LONGEST_NAME or (words[0] in ALL_STOP and words[0] not in _BEFORE_NAME):
        return False
    return not any(word in _FINITE or word.removesuffix("s") in _STATING for word in words)


def names(who: str) -> bool:
    """Whether the words before a verb only name who or what it is said of: "in case of rain the gate" does not."""
    words = [token.low for token in tokens(who)]
    return (
        0 < len(words) <= _LONGEST_WHO
        and who[:1].isalnum()
        and (who[-1:].isalnum() or who.endswith(":"))
        and ":" not in who[:-1]
        and not any(word in _PERSONS for word in words)
        and words[0] not in NO_BEGINNING
        and words[0] not in _CONDITIONS
        and not any(word in _FINITE or word in NO_STATEMENT for word in words)
    )


def is_plural(name: str) -> bool:
    """Whether the noun that a name begins with is in the plural, as far as its end tells."""
    head = re.split(r" (?:of|in|on|for|with|at|from|during|to|about|that|which|by|besides|between)\b", name)[0]
    return head.endswith("s") and not head.endswith(("ss", "us", "is"))


def names_a_thing(text: str) -> bool:
    """Whether a text begins like the name of a thing, with an article, a number or an everyday noun."""
    first = tokens(text)[0].low if tokens(text) else ""
    return first in _BEFORE_NAME or first in EVERYDAY or first.isdigit()


def bare(text: str) -> str:
    return lower_first(re.sub(r"^(?:the|our) ", "", text, flags=re.IGNORECASE))
