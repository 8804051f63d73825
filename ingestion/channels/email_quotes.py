"""What the writer of a mail has said, without what stands there of the mail before, and without the signature. Pure.

quotequail (MIT, kept by Close) finds where a quotation begins. It was taken over mail-parser-reply, which takes
"- a list" and all that follows it for a signature, drops what comes after "Thanks, …", and undoes every indentation.
What it does not know, a language that it has no words for, is told by form: a line that ends in a colon right before
quoted lines, and a block of headers that repeats the subject. When in doubt, words stay.
"""

import re
from dataclasses import dataclass
from itertools import groupby, takewhile

import quotequail

from ingestion.text import clean_name

LINES = 500  # a quotation that begins further down stays: the search for it is quadratic in lines like "INFO: …"
LINE = 300  # no line that introduces a quotation is longer
_MASK = "\x00"
_ROUNDS = 20

_PREFIX = re.compile(
    r"\s*(?:(?:re|aw|sv|antw|odp|rv|ref|res|vs|fw|fwd|wg|tr|rif|вiдп|відп|отв|на|пд)(?:\[\d+\])?\s*[:：]\s*)+", re.I
)
_ANSWER = re.compile(r"\s*(?:re|aw|sv|antw|odp|rv|ref|res|rif|відп|отв)(?:\[\d+\])?\s*[:：]", re.I)
_LIST_TAG = re.compile(r"\s*\[[^\[\]]{1,40}\]\s*")
_HEADER = re.compile(r"\*?[^\W\d_][\w .-]{0,24}:\*?[ \xa0]+(\S.*)")
_PROMPT = re.compile(r">>>(?: |\Z)")
_DELIMITER = re.compile(r"--[ \xa0]?")
_LIST_RULE = re.compile(r"_{40,}")
_TAGLINE = re.compile(
    r"(?:sent (?:from|via) |get outlook for |gesendet (?:von|mit) |von meinem .{2,40} gesendet|envoy[ée] (?:de|depuis) "
    r"|enviado (?:desde|do|a partir do) |wysłan[oe] (?:z|za pomocą) |отправлено (?:с|из) |надіслано (?:з|із|зі) "
    r"|inviato da|verzonden vanaf )",
    re.I,
)
_TAGLINE_LIMIT = 90
_SIGNATURE_LINES = 15
_FOOTER_LINES = 6


@dataclass(frozen=True, slots=True)
class OwnWords:
    """`left_out` names what was taken away (quote, signature); `forwarded_from` is who wrote what is passed on."""

    text: str
    left_out: tuple[str, ...] = ()
    forwarded_from: str = ""


def base_subject(subject: str) -> str:
    """The subject without "Re:", "Fwd:" and a list's tag in front, as threads are named."""
    while (
        shorter := _PREFIX.sub("", _LIST_TAG.sub("", subject, count=1) if _tagged(subject) else subject, 1)
    ) != subject:
        subject = shorter
    return subject.strip()


def is_answer(subject: str) -> bool:
    """Whether the subject begins as an answer's does, behind a list's tag too."""
    return _ANSWER.match(_LIST_TAG.sub("", subject, count=1) if _tagged(subject) else subject) is not None


def own_words(text: str, *, subject: str = "", is_reply: bool) -> OwnWords:
    """The writer's own words in a body. Only an answer quotes: what other mails hold, forwarded ones too, stays."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(_MASK, "")
    if is_reply:
        words, forwarded_from = _without_quotes(text, base_subject(subject)), ""
    else:
        words, forwarded_from = text, _forwarded_from(text)
    left_out = ["quote"] if len(words.split()) < len(text.split()) else []
    if words.strip():
        rest = _without_signature(words)
        if rest.strip() and rest != words.rstrip():
            words = rest
            left_out.append("signature")
    else:
        words, left_out = text, []  # nothing but a quotation: that is what was said, then
    return OwnWords(words.strip("\n").rstrip(), tuple(left_out), forwarded_from)


def _without_quotes(text: str, subject: str) -> str:
    lines = _without_header_block(_mark_intros(text.split("\n")), subject)
    kept: list[str] = []
    for is_quote, block in groupby(_cut_known(lines, subject), key=lambda line: line.startswith(">")):
        some = list(block)
        if not is_quote or all(map(_PROMPT.match, some)):
            kept += some
    return "\n".join(kept)


def _mark_intros(lines: list[str]) -> list[str]:
    """The lines, with ">" before those that introduce a quotation ("…, Ann <ann@x.example> пише:")."""
    marked = list(lines)
    for number, line in enumerate(lines):
        if not line.startswith(">") or (number and lines[number - 1].startswith(">")) or _PROMPT.match(line):
            continue
        last = number - 1
        while last >= 0 and not lines[last].strip() and number - last < 4:
            last -= 1
        if last < 0 or not lines[last].rstrip().endswith((":", "：")) or len(lines[last]) > LINE:
            continue
        first = last
        # Long ones are broken in two or three; what is said in a sentence has no date and no address in it.
        while first > 0 and last - first < 2 and lines[first - 1].strip() and not _tells_origin(lines[first]):
            first -= 1
        if any(map(_tells_origin, lines[first : last + 1])):
            before = first - 1
            if before >= 0 and lines[before].strip() and _begins_intro(lines[before]):
                first = before
            for one in range(first, last + 1):
                marked[one] = f"> {lines[one]}"
    return marked


def _tells_origin(line: str) -> bool:
    return len(line) <= LINE and ("@" in line or len(re.findall(r"\d+", line)) >= 2)


def _begins_intro(line: str) -> bool:
    """Whether a line is the first half of an introduction: a date with a time and no end of a sentence."""
    return (
        len(line) <= LINE
        and re.search(r"\d{1,2}:\d{2}", line) is not None
        and not line.rstrip().endswith((".", "!", "?"))
    )


def _without_header_block(lines: list[str], subject: str) -> list[str]:
    """What stands above a block like "Від: …, Надіслано: …, Тема: (this subject)": Outlook's, in any language."""
    if not subject:
        return lines
    start = 0
    for is_header, block in groupby(lines, key=_is_header):
        some = list(block)
        if is_header and len(some) >= 3:
            values = [found[1] for line in some if (found := _HEADER.fullmatch(line.rstrip()))]
            if any("@" in value for value in values) and any(base_subject(value) == subject for value in values):
                above = lines[:start]
                while above and (not above[-1].strip() or re.fullmatch(r"[_-]{5,}.*", above[-1].strip())):
                    above.pop()
                return above
        start += len(some)
    return lines


def _is_header(line: str) -> bool:
    return len(line) <= LINE and _HEADER.fullmatch(line.rstrip()) is not None


def _cut_known(lines: list[str], subject: str) -> list[str]:
    """Leave out what quotequail knows: introductions with what they introduce, with ">" or without."""
    lines, tail = lines[:LINES], lines[LINES:]
    for _ in range(_ROUNDS):
        found = quotequail.unwrap("\n".join(_masked(lines)))
        if found is None or (found["type"] == "forward" and not _repeats(found, subject)):
            break
        kept = "\n".join(found[part] for part in ("text_top", "text_bottom") if part in found).split("\n")
        if "text_bottom" not in found:
            tail = []
        lines = [_unmask(line, lines) for line in kept]
    return lines + tail


def _repeats(found: dict[str, str], subject: str) -> bool:
    """Whether headers in an answer's body are those of the mail that it answers, not a form that was filled in."""
    if "subject" in found:
        return base_subject(found["subject"]) == subject
    return {"from", "date"} <= found.keys()


def _masked(lines: list[str]) -> list[str]:
    """The lines for quotequail, with numbers in place of those that it had better not see.

    Its patterns take very long for some that are long or full of signs; a Python prompt is no quotation.
    """
    masked: list[str] = []
    for is_quote, block in groupby(lines, key=lambda line: line.startswith(">")):
        some = list(block)
        hidden = is_quote and all(map(_PROMPT.match, some))
        for line in some:
            number = len(masked)
            if hidden or (not is_quote and not _may_introduce(line)):
                masked.append(f"{_MASK}{number}")
            else:
                masked.append(line if _may_introduce(line) else f"> {_MASK}{number}")
    return masked


def _may_introduce(line: str) -> bool:
    return len(line) <= LINE and line.count("@") <= 3 and line.count("<") <= 3 and _MASK not in line


def _unmask(line: str, lines: list[str]) -> str:
    number = line.removeprefix("> ").removeprefix(_MASK)
    return lines[int(number)] if _MASK in line and number.isdecimal() else line


def _forwarded_from(text: str) -> str:
    lines = [line if _may_introduce(line) else "" for line in text.split("\n")[:LINES]]
    found = quotequail.unwrap("\n".join(lines))
    if found is None or found["type"] != "forward":
        return ""
    return clean_name(found.get("from", ""))


def _without_signature(text: str) -> str:
    lines = text.rstrip().split("\n")
    for number in range(len(lines) - 1, max(len(lines) - _SIGNATURE_LINES - 2, 0), -1):
        below = lines[number + 1 :]
        if _DELIMITER.fullmatch(lines[number]):
            return "\n".join(lines[:number])
        if _LIST_RULE.fullmatch(lines[number].strip()) and len(below) <= _FOOTER_LINES and _has_address(below):
            lines = lines[:number]
            break
    last = len(lines) - sum(1 for _ in takewhile(lambda line: not line.strip(), reversed(lines)))
    if last > 1 and len(lines[last - 1]) <= _TAGLINE_LIMIT and _TAGLINE.match(lines[last - 1].strip()):
        lines = lines[: last - 1]
    return "\n".join(lines)


def _has_address(lines: list[str]) -> bool:
    return any("@" in line or "://" in line for line in lines)


def _tagged(subject: str) -> bool:
    return _LIST_TAG.match(subject) is not None and _LIST_TAG.fullmatch(subject) is None
