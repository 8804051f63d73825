"""What a run asks its model: the prompt of its stage, filled from agent, projects and task fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.agents import agent_at, fallbacks_of
from analysis.models import AnalysisRun, TaskConfig
from analysis.prompts import extract_knowledge, propose_tasks
from analysis.prompts.extract_knowledge import KnowledgeBatch
from analysis.prompts.inputs import WindowInput
from analysis.prompts.propose_tasks import TasksBatch
from analysis.providers import endpoint_of
from knowledge import projects
from tasktracker.core.enums import Stage
from tasktracker.core.llm.types import Prompt


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt and the model of its answer."""

    prompt: Prompt
    answer: type[KnowledgeBatch] | type[TasksBatch]


class Questions:
    """Builds the questions of one run; what the run's settings say is read once. Raises `DecryptionError`."""

    def __init__(self, run: AnalysisRun) -> None:
        agent = agent_at(run)
        others = fallbacks_of(agent) if agent is not None else []
        # In the order in which they are asked: the run's own provider, then who stands in for it.
        self.endpoints = [endpoint_of(provider, agent) for provider in (run.provider, *others)]
        self.stage = Stage(run.stage)
        self.common = _project_settings(run)
        if agent is not None:
            self.common |= {
                "instructions": agent.instructions,
                "temperature": agent.temperature,
                "max_tokens": agent.max_tokens,
            }
            if agent.language:
                self.common["language"] = agent.language
        self.fields = _task_fields(run) if self.stage == Stage.TASKS else {}

    def build(self, windows: Sequence[WindowInput]) -> Question:
        """One call's question about these windows."""
        if self.stage == Stage.TASKS:
            return Question(propose_tasks.build(windows, fields=self.fields, **self.common), TasksBatch)
        return Question(extract_knowledge.build(windows, **self.common), KnowledgeBatch)


def prompt_version(stage: str) -> str:
    """The version of the prompt that a stage is asked with."""
    return propose_tasks.VERSION if stage == Stage.TASKS else extract_knowledge.VERSION


def _project_settings(run: AnalysisRun) -> dict[str, Any]:
    """Language, glossary and components of the workspace's projects, united, in the versions that the run keeps."""
    kept = run.project_versions  # none on a run that is older than that, and in the playground
    rules = projects.rules_at(projects.versions_now(run.workspace_id) if kept is None else kept)
    if not rules:
        return {}
    glossary: dict[str, str] = {}
    for project in rules:
        glossary |= {str(term): str(meaning) for term, meaning in dict(project["glossary"]).items()}
    return {
        "language": rules[0]["language"],
        "glossary": glossary,
        "components": list(dict.fromkeys(name for project in rules for name in project["components"])),
    }


def _task_fields(run: AnalysisRun) -> dict[str, Any]:
    """Properties that the workspace's task configurations ask for."""
    fields: dict[str, Any] = {}
    for config in TaskConfig.objects.filter(workspace_id=run.workspace_id, is_active=True).order_by("pk"):
        properties = config.schema.get("properties", {})
        fields |= properties if isinstance(properties, dict) else {}
    return fields
