"""The third tier of the noise filter: messages that neither the rules nor the local score could tell apart."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from analysis.prompts.answers import Confidence, MessageRef, as_word
from analysis.prompts.inputs import PromptMessage
from analysis.prompts.render import UNTRUSTED, render_messages
from tasktracker.core.enums import Purpose, Verdict
from tasktracker.core.llm.types import Prompt

NAME = "score_noise"
VERSION = "1"
BATCH = 40  # messages of one call

SYSTEM = f"""You sort a team's chat messages. For each message that is not marked "context" give its reference m, a \
verdict and how sure you are (0 to 1):
- signal: holds work to do, a problem, a decision, a question about the work, or a fact that others will need.
- weak: belongs to such a conversation without adding to it.
- noise: greetings, thanks, jokes, small talk, acknowledgements.
Answer with JSON only.

{UNTRUSTED}"""


class NoiseItem(BaseModel):
    """One message's verdict."""

    m: MessageRef
    verdict: Annotated[Verdict, BeforeValidator(as_word)]
    confidence: Confidence = Field(default=0.5, ge=0, le=1)


class NoiseBatch(BaseModel):
    """The verdicts of one call."""

    messages: list[NoiseItem] = Field(default_factory=list)


def build(messages: Sequence[PromptMessage], *, temperature: float = 0.0, max_tokens: int = 2000) -> Prompt:
    """The prompt for up to `BATCH` messages."""
    return Prompt(
        name=NAME,
        version=VERSION,
        purpose=Purpose.SCORE_NOISE,
        system=SYSTEM,
        user=render_messages(messages),
        temperature=temperature,
        max_tokens=max_tokens,
    )
