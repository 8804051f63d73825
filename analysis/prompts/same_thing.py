"""The judge of the grey zone: are these two notes about one and the same thing? No when unsure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from analysis.prompts.answers import Confidence, bare
from analysis.prompts.render import UNTRUSTED, one_line
from tasktracker.core.enums import Purpose
from tasktracker.core.llm.types import Prompt

NAME = "same_thing"
VERSION = "1"
BATCH = 20  # pairs of one call
_TEXT = 300

SYSTEM = f"""You get pairs of notes from a team's tracker: [p1] opens a pair, [A] and [B] are its notes. For each pair \
say whether both are about one and the same thing, so that doing or knowing the one makes the other superfluous.
Related is not the same: two bugs in one screen, a wish and its opposite, a task and its follow-up are different. When \
you are not sure, same is false.
For each pair give its reference p, same, and how sure you are (0 to 1). Answer with JSON only.

{UNTRUSTED}"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two notes to compare; `ref` is p1 to pN."""

    ref: str
    kind: str
    title_a: str
    title_b: str
    text_a: str = ""
    text_b: str = ""


class SameItem(BaseModel):
    """One pair's answer."""

    p: Annotated[str, StringConstraints(pattern=r"^\[?p\d{1,4}\]?$"), AfterValidator(bare)]
    same: bool
    confidence: Confidence = Field(default=0.5, ge=0, le=1)


class SameBatch(BaseModel):
    """The answers of one call."""

    pairs: list[SameItem] = Field(default_factory=list)


def build(pairs: Sequence[Pair], *, temperature: float = 0.0, max_tokens: int = 1500) -> Prompt:
    """The prompt for up to `BATCH` pairs."""
    lines: list[str] = []
    for pair in pairs:
        lines.append(f"[{pair.ref}] {pair.kind}")
        for label, title, text in (("A", pair.title_a, pair.text_a), ("B", pair.title_b, pair.text_b)):
            more = one_line(text, _TEXT)
            lines.append(f"[{label}] {one_line(title, _TEXT)}{f' - {more}' if more else ''}")
    return Prompt(
        name=NAME,
        version=VERSION,
        purpose=Purpose.JUDGE_SAME,
        system=SYSTEM,
        user="\n".join(lines),
        temperature=temperature,
        max_tokens=max_tokens,
    )
