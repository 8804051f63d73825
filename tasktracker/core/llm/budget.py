"""Does it fit? Tokens are estimated before a call, and the server's own count is held against that afterwards.

The estimate is by script, not by a tokeniser: the right one is known for few models, and the others would be fetched
from the network. It is meant to be central: real counts lie between 0.6 and 1.6 times of it.
"""

import re

CUT_RATIO = 0.6  # a server that counts less than this share of the estimate did not read all of it
MESSAGE_OVERHEAD = 8  # tokens that a chat template adds around one message
_SMALLEST_ANSWER = 256
_SURE_FROM = 200  # below this estimate a count says nothing

# Rulers, blank lines and "aaaaaa" are few tokens, however long they are.
_RUNS = re.compile(r"(.)\1{7,}", re.DOTALL)
_ASCII = re.compile(r"[\x00-\x7f]+")
# Han, kana, hangul: about one token each. What is left (Cyrillic, Greek, Arabic, Indic, accents) takes about 0.4.
_DENSE = re.compile("[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001f000-\U0003ffff]")


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` takes; 0 for the empty text."""
    if not text:
        return 0
    text = _RUNS.sub(r"\1\1\1\1", text)
    plain = sum(len(found) for found in _ASCII.findall(text))
    dense = len(_DENSE.findall(text)) if plain < len(text) else 0
    other = len(text) - plain - dense
    return max(1, round(plain / 4 + dense * 0.8 + other * 0.4))


def answer_room(prompt_tokens: int, *, context_tokens: int, max_tokens: int) -> int:
    """How many tokens the answer may take, at most `max_tokens`; 0 when the prompt leaves too little for any answer."""
    room = context_tokens - prompt_tokens
    needed = min(max_tokens, max(_SMALLEST_ANSWER, context_tokens // 8))
    return min(max_tokens, room) if room >= needed else 0


def was_cut(*, estimate: int, counted: int | None, answered: int | None, context_tokens: int, enforced: bool) -> bool:
    """Whether the server read less than was sent. `counted` and `answered` are its own counts, None when it gave none.

    With `enforced` the server keeps to `context_tokens` by throwing away the oldest text (Ollama), so a context that is
    full to the brim was cut as well.
    """
    if not counted or estimate < _SURE_FROM:
        return False
    if counted < estimate * CUT_RATIO:
        return True
    return enforced and counted + (answered or 0) >= context_tokens
