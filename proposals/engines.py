"""Whose proposals they are: an engine in words, which change whenever agent, version, prompt, model or provider do."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from analysis.agents import agent_at
from analysis.models import AnalysisRun, Finding
from analysis.providers import PURPOSES
from analysis.selectors import subject_of
from proposals.models import AutoApproval, Proposal
from tasktracker.core.enums import ProviderKind, Stage
from tasktracker.core.models import LLMCall, Workspace

OFFLINE = "the offline engine"
STAGES = {
    Proposal.Kind.TOPIC.value: Stage.KNOWLEDGE,
    Proposal.Kind.ATOM.value: Stage.KNOWLEDGE,
    Proposal.Kind.TASK.value: Stage.TASKS,
}
NEWEST = 50  # runs that are looked at
LONGEST = AutoApproval.ENGINE_LENGTH


def engines_of(run_ids: Iterable[int]) -> dict[int, str]:
    """The engine of each run, at most 200 characters. Two queries, and two for each run whose answers cost no call."""
    runs = list(AnalysisRun.objects.filter(pk__in=set(run_ids)).select_related("provider", "agent"))
    answered = _answered([run for run in runs if run.provider.kind != ProviderKind.OFFLINE])
    return {run.pk: _cut(_told(run, answered.get(run.pk))) for run in runs}


def newest(workspace: Workspace, kind: str, *, since: datetime | None = None) -> list[str]:
    """The engines of the newest runs that found anything of this kind (since a time), the newest first."""
    found = Finding.objects.filter(run=OuterRef("pk"), kind=kind)
    runs = AnalysisRun.objects.filter(workspace=workspace, stage=STAGES[kind])
    if since is not None:
        found = found.filter(created_at__gte=since)
        runs = runs.filter(Q(finished_at=None) | Q(finished_at__gte=since))
    ids = list(runs.filter(Exists(found)).order_by("-id").values_list("pk", flat=True)[:NEWEST])
    engines = engines_of(ids)
    return list(dict.fromkeys(engines[pk] for pk in ids))


def _answered(runs: list[AnalysisRun]) -> dict[int, set[str]]:
    """Which models really answered, by the ledger: those that stood in for one that was down are among them."""
    by_subject = {subject_of(run): run for run in runs}
    calls = LLMCall.objects.filter(
        subject__in=by_subject, outcome__in=[LLMCall.Outcome.OK, LLMCall.Outcome.PARTIAL]
    ).order_by()
    found: dict[int, set[str]] = defaultdict(set)
    rows = calls.values_list("workspace_id", "subject", "purpose", "model", "provider").distinct()
    for workspace_id, subject, purpose, model, provider in rows:
        run = by_subject[subject]
        if workspace_id == run.workspace_id and purpose == PURPOSES[Stage(run.stage)]:
            found[run.pk].add(f"{model} of {provider}")
    return found


def _told(run: AnalysisRun, answered: set[str] | None) -> str:
    if run.provider.kind == ProviderKind.OFFLINE:
        return OFFLINE
    if not answered:
        agent = agent_at(run)
        answered = {f"{(agent.model if agent else '') or run.provider.default_model} of {run.provider.name}"}
    # With its number: another agent may come to have the name of one that is gone.
    agent_name = f"{run.agent.name} (agent {run.agent_id})" if run.agent else "no agent"
    version = f" v{run.agent_version}" if run.agent_version is not None else ""
    return f"{agent_name}{version}, {' and '.join(sorted(answered))}, prompt {run.prompt_version or 'unknown'}"


def _cut(text: str) -> str:
    """At most 200 characters, and two that differ still do."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - 10]} #{hashlib.sha256(text.encode()).hexdigest()[:8]}"
