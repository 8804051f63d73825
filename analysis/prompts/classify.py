"""What kind of message each one is."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from analysis.prompts.answers import Confidence, MessageRef, as_word
from analysis.prompts.inputs import PromptMessage
from analysis.prompts.render import UNTRUSTED, render_messages
from tasktracker.core.enums import MessageCategory, Purpose
from tasktracker.core.llm.types import Prompt

NAME = "classify"
VERSION = "1"
BATCH = 40  # messages of one call

SYSTEM = f"""You sort a team's chat messages. For each message that is not marked "context" give its reference m, one \
category and how sure you are (0 to 1):
- bug: something does not work as it should.
- feature: a wish for something new or better.
- question: somebody wants to know or needs help.
- task: somebody is asked or promises to do something.
- decision: something is agreed or announced as settled.
- discussion: about the work, and none of the above.
- noise: greetings, thanks, jokes, small talk, acknowledgements.
Answer with JSON only.

{UNTRUSTED}"""


class CategoryItem(BaseModel):
    """One message's category."""

    m: MessageRef
    category: Annotated[MessageCategory, BeforeValidator(as_word)]
    confidence: Confidence = Field(default=0.5, ge=0, le=1)


class CategoryBatch(BaseModel):
    """The categories of one call."""

    messages: list[CategoryItem] = Field(default_factory=list)


def build(messages: Sequence[PromptMessage], *, temperature: float = 0.0, max_tokens: int = 2000) -> Prompt:
    """The prompt for up to `BATCH` messages."""
    return Prompt(
        name=NAME,
        version=VERSION,
        purpose=Purpose.CLASSIFY,
        system=SYSTEM,
        user=render_messages(messages),
        temperature=temperature,
        max_tokens=max_tokens,
    )
