"""One question to the agent that a workspace assigned to a purpose, on the bill of a run."""

from collections.abc import Callable

from pydantic import BaseModel

from analysis import agents, budgets
from analysis.models import Agent, AnalysisRun, Assignment
from analysis.providers import endpoint_of
from analysis.selectors import subject_of
from tasktracker.core import llm
from tasktracker.core.enums import ProviderKind, Purpose
from tasktracker.core.llm.types import Prompt


def agent_for(workspace_id: int, purpose: Purpose) -> Agent | None:
    """The workspace's agent for a purpose, where a model serves it; the offline engine has said its word by rules."""
    rows = Assignment.objects.filter(workspace_id=workspace_id, purpose=purpose, project=None)
    found = rows.select_related("agent__provider").first()
    if found is None or not found.agent.provider.is_active or found.agent.provider.kind == ProviderKind.OFFLINE:
        return None
    return found.agent


def ask_agent[T: BaseModel](
    prompt: Prompt,
    answer: type[T],
    *,
    agent: Agent,
    run: AnalysisRun,
    local_only: bool,
    wanted: Callable[[], bool] | None = None,
) -> T:
    """The answer of the agent's provider, or of the first of its fallbacks that gives one.

    Raises `Stop` at a cap, and the first provider's `LLMError` where none answers. The same question is paid once.
    """
    first: llm.LLMError | None = None
    with budgets.kept(run, prompt):
        for provider in (agent.provider, *agents.fallbacks_of(agent)):
            try:
                reply = llm.ask(
                    prompt,
                    answer,
                    endpoint=endpoint_of(provider, agent),
                    workspace_id=run.workspace_id,
                    subject=subject_of(run),
                    local_only=local_only,
                    wanted=wanted,
                    remember=True,
                )
            except (llm.ProviderDown, llm.RateLimited, llm.Refused, llm.LocalOnly) as error:
                first = first or error
                continue
            return reply.value
    assert first is not None  # noqa: S101 (there is always one provider)
    raise first
