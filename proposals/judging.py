"""The grey zone of what is alike: the agent that is assigned to it says whether two are one and the same thing.

Only where somebody assigned such an agent. What it says is shown beside the score and does nothing: a person decides.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import batched, groupby
from typing import Any

from django.core.cache import cache

from analysis.asking import agent_for, ask_agent
from analysis.models import Agent, AnalysisRun
from analysis.prompts import same_thing
from analysis.results import Stop
from knowledge.kinds import MODELS
from knowledge.texts import local_only as things_local_only
from proposals.models import Proposal
from proposals.payloads import BODY
from proposals.similar import DUPLICATE, MAYBE, Key, Similar, local_only, similar, spelled
from tasktracker.core import llm
from tasktracker.core.enums import Purpose
from tasktracker.core.llm import limits

log = logging.getLogger(__name__)

AT_ONCE = 20  # proposals
LONGEST = 120.0  # seconds of one job; the sweep goes on
REST = 60  # seconds after one that got no answer


@dataclass(frozen=True, slots=True)
class Question:
    """A proposal that waits, and something that may be the same."""

    proposal: Proposal
    other: Similar

    @property
    def key(self) -> Key:
        return self.other.kind, self.other.id


def judge_maybes(*, workspace_id: int) -> int:
    """Ask about every waiting proposal that nobody asked about yet; how many were settled. Safe to run twice at once.

    A proposal is asked about once: what gets no answer that is of use stays "maybe".
    """
    agent = agent_for(workspace_id, Purpose.JUDGE_SAME)
    resting = f"judging-rests:{workspace_id}"
    if agent is None or cache.get(resting):
        return 0
    settled, deadline = 0, time.monotonic() + LONGEST
    try:
        with limits.place(f"judge:{workspace_id}", 1, patience=0):
            while time.monotonic() < deadline:
                waiting = list(unjudged().filter(workspace_id=workspace_id).select_related("run")[:AT_ONCE])
                if not waiting:
                    break
                for run, group in groupby(waiting, key=lambda proposal: proposal.run):
                    if run is not None:
                        settled += _judge(run, agent, list(group))
    except (llm.LLMError, Stop) as error:
        # Another worker is at it, the provider is away, a cap is reached: all of that is for later.
        log.info("workspace %s: likeness is not judged now: %s", workspace_id, type(error).__name__)
        cache.set(resting, True, REST)
    return settled


def unjudged() -> Any:
    """The waiting proposals of live runs' findings that no model was asked about, those of one run together."""
    rows = Proposal.objects.filter(status=Proposal.Status.PENDING, judged__isnull=True, run__isnull=False)
    return rows.exclude(run__status__in=AnalysisRun.LIVE).order_by("run_id", "id")


def _judge(run: AnalysisRun, agent: Agent, proposals: Sequence[Proposal]) -> int:
    """Ask about what is like these; each is settled when its last answer is there, whatever comes of the others."""
    said: dict[int, dict[str, Any]] = {proposal.pk: {} for proposal in proposals}
    questions = [Question(proposal, other) for proposal in proposals for other in similar(proposal) if is_grey(other)]
    known = _known(questions)
    for question in questions:
        if question.key in known.get(question.proposal.pk, {}):
            said[question.proposal.pk][spelled(question.key)] = known[question.proposal.pk][question.key]
    kept = _local_only({("proposal", one.proposal.pk) for one in questions} | {one.key for one in questions})
    asked = [one for one in questions if spelled(one.key) not in said[one.proposal.pk]]
    if not agent.provider.local:
        asked = [one for one in asked if not {("proposal", one.proposal.pk), one.key} & kept]
    for batch in batched(asked, same_thing.BATCH):
        local = any({("proposal", one.proposal.pk), one.key} & kept for one in batch)
        for one, answer in _ask(run, agent, batch, local_only=local):
            said[one.proposal.pk][spelled(one.key)] = answer
    for proposal in proposals:
        judged = {"title": proposal.title, "same": said[proposal.pk]}
        Proposal.objects.filter(pk=proposal.pk, judged__isnull=True).update(judged=judged)
    return len(proposals)


def is_grey(other: Similar) -> bool:
    """Too like to pass over, not like enough to be called a duplicate."""
    return MAYBE <= other.score < DUPLICATE


def _ask(
    run: AnalysisRun, agent: Agent, batch: Sequence[Question], *, local_only: bool
) -> list[tuple[Question, dict[str, Any]]]:
    texts = _texts(one.key for one in batch)
    refs = {f"p{place}": one for place, one in enumerate(batch, 1)}
    pairs = [
        same_thing.Pair(
            ref=ref,
            kind=one.proposal.kind,
            title_a=one.proposal.title,
            text_a=str(one.proposal.payload.get(BODY[one.proposal.kind]) or ""),
            title_b=one.other.title,
            text_b=texts.get(one.key, ""),
        )
        for ref, one in refs.items()
    ]
    prompt = same_thing.build(pairs, temperature=agent.temperature, max_tokens=agent.max_tokens)
    try:
        answer = ask_agent(prompt, same_thing.SameBatch, agent=agent, run=run, local_only=local_only)
    except (llm.InvalidAnswer, llm.PromptCut, llm.PromptTooLong, llm.Refused) as error:
        log.warning("run %s: %s pairs got no answer: %s", run.pk, len(pairs), error.error_code)
        return []
    return [
        (refs[item.p], {"same": item.same, "confidence": item.confidence}) for item in answer.pairs if item.p in refs
    ]


def _texts(keys: Iterable[Key]) -> dict[Key, str]:
    """The bodies of proposals and things."""
    found: dict[Key, str] = {}
    for kind, group in groupby(sorted(set(keys)), key=lambda key: key[0]):
        ids = [pk for _, pk in group]
        if kind == "proposal":
            for row in Proposal.objects.filter(pk__in=ids):
                found[kind, row.pk] = str(row.payload.get(BODY[row.kind]) or "")
        else:
            rows = MODELS[kind]._default_manager.filter(pk__in=ids)
            found |= {(kind, pk): text for pk, text in rows.values_list("pk", BODY[kind])}
    return found


def _known(questions: Sequence[Question]) -> dict[int, dict[Key, Any]]:
    """What was said of the same two when the other one was asked about."""
    others = Proposal.objects.in_bulk([one.other.id for one in questions if one.other.kind == "proposal"])
    found: dict[int, dict[Key, Any]] = {}
    for one in questions:
        other = others.get(one.other.id) if one.other.kind == "proposal" else None
        judged = (other.judged or {}) if other is not None else {}
        answer = judged.get("same", {}).get(spelled(("proposal", one.proposal.pk)))
        if other is not None and judged.get("title") == other.title and answer is not None:
            found.setdefault(one.proposal.pk, {})[one.key] = answer
    return found


def _local_only(keys: set[Key]) -> set[Key]:
    """Those that rest on words of a source whose words stay on this machine."""
    found: set[Key] = set()
    for kind, group in groupby(sorted(keys), key=lambda key: key[0]):
        ids = [pk for _, pk in group]
        rows = local_only() if kind == "proposal" else things_local_only(kind)
        found |= {(kind, pk) for pk in rows.filter(pk__in=ids).values_list("pk", flat=True)}
    return found
