"""One task that a person wrote down: what kind it is and how urgent, by whoever serves the tasks of its workspace.

Asked as stage 2 asks, with the same prompt, the words of the workspace's projects and the same caps on a day; on no
run. Where the offline engine serves, and where the model gives no answer, the rules say what kind it is.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from analysis import budgets
from analysis.inputs import NOBODY
from analysis.models import AnalysisRun
from analysis.offline import classify
from analysis.prompts.answers import TaskItem
from analysis.prompts.inputs import AtomInput, PromptMessage, WindowInput
from analysis.prompts.propose_tasks import TasksBatch
from analysis.providers import choose_engine
from analysis.questions import Question, Questions
from analysis.results import Stop
from ingestion.models import Quote
from knowledge.models import Task
from tasktracker.core import llm
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.enums import AtomType, MessageCategory, Purpose, Stage, TaskCategory
from tasktracker.core.errors import Invalid

log = logging.getLogger(__name__)

LARGEST = 4_000  # characters of a message that are shown
BY_RULES = {
    MessageCategory.BUG: TaskCategory.BUG,
    MessageCategory.FEATURE: TaskCategory.FEATURE,
    MessageCategory.QUESTION: TaskCategory.QUESTION,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """`category` and `priority` are "" where nobody can tell. `failed` says that a model was to, and did not."""

    category: str = ""
    priority: str = ""
    failed: bool = False


def judge_task(task: Task) -> Judged:
    """What kind of task it is, told from its words and the messages that it quotes. Never in a transaction."""
    try:
        item = _asked(task)
    except (llm.LLMError, Stop, Invalid, DecryptionError) as error:
        # Its text may hold words of a chat.
        log.warning("task %d is sorted by the rules: %s", task.pk, getattr(error, "error_code", type(error).__name__))
        return Judged(_by_rules(task), failed=True)
    return Judged(item.category, item.priority) if item else Judged(_by_rules(task))


def _by_rules(task: Task) -> str:
    found, _ = classify(f"{task.title}\n{task.description}".strip())
    return BY_RULES.get(found, "")


def _asked(task: Task) -> TaskItem | None:
    """The model's word; None where the offline engine serves. Raises `InvalidAnswer` where it makes no task of it."""
    engine = choose_engine(workspace=task.workspace, purpose=Purpose.PROPOSE_TASKS)
    if engine.is_offline:
        return None
    # Not stored: it says only whose words and caps go with the question.
    run = AnalysisRun(workspace=task.workspace, stage=Stage.TASKS, provider=engine.provider, agent=engine.agent)
    run.agent_version = engine.agent.version if engine.agent else None
    questions = Questions(run)
    quotes = list(
        task.quotes.filter(message__deleted_at=None).select_related("message__author", "message__source").order_by("pk")
    )
    question = questions.build([_window(task, quotes)])
    with budgets.kept(run, question.prompt):
        reply = _reply(task, questions, question, quotes)
    found = [item for window in reply.windows for item in window.tasks]
    if not found:
        raise llm.InvalidAnswer("The model made no task of it.")
    return found[0]


def _reply(task: Task, questions: Questions, question: Question, quotes: Sequence[Quote]) -> TasksBatch:
    """The answer of the provider, or of the first of its fallbacks that gives one; the first one's error otherwise."""
    first: llm.LLMError | None = None
    for endpoint in questions.endpoints:
        try:
            reply = llm.ask(
                question.prompt,
                TasksBatch,
                endpoint=endpoint,
                workspace_id=task.workspace_id,
                subject=f"task:{task.pk}",
                # Where nothing is left of what it rests on, nobody knows whether it may leave the house.
                local_only=not quotes or any(quote.message.source.local_only for quote in quotes),
                remember=True,
            )
        except (llm.ProviderDown, llm.RateLimited, llm.Refused, llm.LocalOnly) as error:
            first = first or error
        else:
            return reply.value
    assert first is not None  # noqa: S101 (there is always one endpoint)
    raise first


def _window(task: Task, quotes: Sequence[Quote]) -> WindowInput:
    """The task as a piece of knowledge that asks for work, with the messages that it quotes."""
    shown = {quote.message_id: quote.message for quote in quotes}
    messages = tuple(
        PromptMessage(
            ref=f"m{place}",
            author=message.author.name if message.author else NOBODY,
            sent_at=message.sent_at,
            text=message.text[:LARGEST],
        )
        for place, message in enumerate(shown.values(), 1)
    )
    atom = AtomInput(
        ref="a1",
        type=AtomType.REQUIREMENT,
        title=task.title,
        content=task.description[:LARGEST],
        quotes=tuple(message.ref for message in messages),
    )
    return WindowInput(ref="w1", channel="", thread="", messages=messages, atoms=(atom,))
