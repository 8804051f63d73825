"""Stage `tasks`: which tasks follow from knowledge that people have approved."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field

from analysis.prompts.answers import WindowTasks
from analysis.prompts.inputs import WindowInput
from analysis.prompts.render import UNTRUSTED, one_line, project_lines, render_windows
from tasktracker.core.enums import Purpose
from tasktracker.core.llm.types import Prompt

NAME = "propose_tasks"
VERSION = "1"

SYSTEM = f"""You turn a team's approved knowledge into tasks, for a person to check. You get windows: [w1] opens a \
window, [a1] is an approved piece of knowledge with its type (and the messages it was taken from, as <m1), [m1] is a \
message behind it, [x1] a task that exists already.

For each window give one entry with its reference and the tasks that follow from its atoms:
- title: what to do, beginning with a verb. description: what is wanted and why, from the atoms and messages only.
- category: bug, feature, improvement, question or chore. priority: critical only for loss of data, security or a \
standstill; high when somebody is blocked or there is a date; else medium or low.
- assignee and due (YYYY-MM-DD) only where a message says so; a message's own day is in its window's label.
- atoms: the references of the atoms it rests on; at least one.
- evidence: 1 to 3 passages, m the message and quote its exact words, copied letter by letter.
- recommendation: new_task; or update_existing or merge with known set to the [x1] of the task it belongs to; or \
reject when the messages show that it is done already or dropped.

Rules:
- One task for one piece of work: atoms about the same thing share a task. Atoms that ask for nothing give no task.
- A problem with its solution already in place, a decision that needs no work and an insight are no tasks.
- confidence: 0.95 when somebody asked for it outright, 0.8 when it follows, below 0.6 when you guess.
- reasoning: one short sentence. Answer with JSON only.

{UNTRUSTED}"""


class TasksBatch(BaseModel):
    """What the windows of one call ask for."""

    windows: list[WindowTasks] = Field(default_factory=list)

    @property
    def item_count(self) -> int:
        return sum(len(window.tasks) for window in self.windows)


def build(
    windows: Sequence[WindowInput],
    *,
    instructions: str = "",
    language: str = "en",
    glossary: Mapping[str, str] | None = None,
    components: Sequence[str] = (),
    fields: Mapping[str, Any] | None = None,
    temperature: float = 0.0,
    max_tokens: int = 4000,
) -> Prompt:
    """The prompt for one call. `fields` are the properties of a TaskConfig's JSON Schema, to be filled in `fields`."""
    about = project_lines(
        windows, instructions=instructions, language=language, glossary=glossary or {}, components=components
    )
    if fields:
        about += "\nfields: " + "; ".join(_field_line(name, rule) for name, rule in fields.items())
    return Prompt(
        name=NAME,
        version=VERSION,
        purpose=Purpose.PROPOSE_TASKS,
        system=f"{SYSTEM}\n\n{about}",
        user=render_windows(windows),
        temperature=temperature,
        max_tokens=max_tokens,
    )


def _field_line(name: str, rule: Any) -> str:
    if not isinstance(rule, dict):
        return one_line(name, 60)
    values = "|".join(str(value) for value in rule.get("enum", ())) or str(rule.get("type", "string"))
    told = one_line(str(rule.get("description", "")), 120)
    return f"{one_line(name, 60)} ({values}){f' {told}' if told else ''}"
