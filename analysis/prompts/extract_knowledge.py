"""Stage `knowledge`: which topics and which pieces of knowledge a few stretches of chat hold."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field

from analysis.prompts.answers import WindowKnowledge
from analysis.prompts.inputs import WindowInput
from analysis.prompts.render import UNTRUSTED, project_lines, render_windows
from tasktracker.core.enums import Purpose
from tasktracker.core.llm.types import Prompt

NAME = "extract_knowledge"
VERSION = "1"

SYSTEM = f"""You read a team's chat and note what is worth keeping, for a person to check. You get windows, each a \
stretch of one conversation: [w1] opens a window, [m1] is a message, >m1 means "in answer to m1".

For each window give one entry with its reference:
- topics: subjects the team works on, as a person would name them (not "discussion", not a person's name).
- atoms: single pieces of knowledge, each understandable without the chat. Types: problem (something is broken or \
hurts), solution (what fixed or would fix it), decision (what was agreed), question (still open), insight (a fact \
learnt), idea (a proposal nobody has agreed to), blocker (what stops work now), risk, requirement (what must hold).
- links: from an atom to another by its title in this answer, or to a known reference. Types: continues, solves, \
contradicts, supports, refines, relates_to, depends_on, supersedes.

Rules:
- evidence: for each item 1 to 3 passages, m the message and quote its exact words, copied letter by letter, only as \
long as needed. What no message says is left out.
- Take nothing from messages marked "context": they are there to understand the others.
- What is listed under [known] is not said again. If a window only adds to it, set known to its reference.
- Greetings, thanks, jokes and chatter hold nothing. Empty lists are a good answer; few sure items beat many guesses.
- confidence: 0.95 when a message says it outright, 0.8 when it follows, below 0.6 when you guess.
- reasoning: one short sentence. Answer with JSON only.

{UNTRUSTED}"""


class KnowledgeBatch(BaseModel):
    """What the windows of one call hold."""

    windows: list[WindowKnowledge] = Field(default_factory=list)

    @property
    def item_count(self) -> int:
        return sum(len(window.topics) + len(window.atoms) for window in self.windows)


def build(
    windows: Sequence[WindowInput],
    *,
    instructions: str = "",
    language: str = "en",
    glossary: Mapping[str, str] | None = None,
    components: Sequence[str] = (),
    temperature: float = 0.0,
    max_tokens: int = 4000,
) -> Prompt:
    """The prompt for one call; references are unique over all its windows, `instructions` are an administrator's."""
    about = project_lines(
        windows, instructions=instructions, language=language, glossary=glossary or {}, components=components
    )
    return Prompt(
        name=NAME,
        version=VERSION,
        purpose=Purpose.EXTRACT_KNOWLEDGE,
        system=f"{SYSTEM}\n\n{about}",
        user=render_windows(windows),
        temperature=temperature,
        max_tokens=max_tokens,
    )
