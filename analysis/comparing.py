"""Two versions of an agent side by side, on windows that people have decided: nothing but the ledger is written.

A window is asked as a run of its time would have asked it: with what was known when its run was made. An answer that is
no good is asked for again in smaller packs, down to one window; a window is not halved.
"""

import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from analysis import budgets, findings, windows
from analysis.engines import OfflineEngine
from analysis.evidence import CheckedItem, check
from analysis.fingerprints import fingerprint
from analysis.forecasts import pack_tokens
from analysis.inputs import Loaded, load
from analysis.known import Known
from analysis.models import Agent, AgentVersion, AnalysisRun, Provider, Window
from analysis.offline import plan as learn
from analysis.pastwindows import Comparison, NewItem, PastWindow, Side
from analysis.prompts.extract_knowledge import KnowledgeBatch
from analysis.prompts.propose_tasks import TasksBatch
from analysis.providers import PURPOSES
from analysis.questions import Questions
from analysis.results import Answered, Stop
from knowledge.models import Atom, Task, Topic
from tasktracker.core import llm
from tasktracker.core.enums import ProviderKind, Purpose, Stage
from tasktracker.core.errors import Invalid
from tasktracker.core.models import LLMCall

OFFLINE = "offline"
PATIENCE = 3  # failures of the provider in a row, before its side is given up
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
Answer = tuple[int, tuple[list[NewItem], int]]  # a window, its items, and what the check refused of them
STAGES = {purpose: stage for stage, purpose in PURPOSES.items()}


def stage_of(agent: Agent) -> Stage:
    """The stage whose windows the agent is asked about; raises `Invalid` for an agent that reads no windows."""
    stage = STAGES.get(Purpose(agent.purpose))
    if stage is None:
        raise Invalid(f"{agent.name} is for {agent.purpose}: only an agent of {' or '.join(STAGES)} has windows.")
    return stage


def run_of(agent: Agent, version: str) -> AnalysisRun:
    """A run that is never saved, as one with that version would be; raises `Invalid` where it was not kept."""
    stage = stage_of(agent)
    if version == OFFLINE:
        # Not the stored one: a comparison makes no rows.
        provider = Provider(workspace=agent.workspace, name=OFFLINE, kind=ProviderKind.OFFLINE, local=True)
        return AnalysisRun(workspace=agent.workspace, stage=stage, provider=provider)
    kept = AgentVersion.objects.select_related("provider").filter(agent=agent, number=int(version)).first()
    if kept is None and int(version) != agent.version:
        known = ", ".join(map(str, agent.versions.order_by("number").values_list("number", flat=True))) or "none"
        raise Invalid(f"{agent.name} has no version {version}. Kept are: {known}.")
    provider_of = kept.provider if kept else agent.provider
    if provider_of is None:
        raise Invalid(f"The provider of {agent.name} v{version} is gone.")
    return AnalysisRun(
        workspace=agent.workspace, stage=stage, provider=provider_of, agent=agent, agent_version=int(version)
    )


def compare(
    agent: Agent,
    versions: Sequence[str],
    past: Sequence[PastWindow],
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Comparison:
    """Ask each version about the windows, one side after the other. Raises `Invalid`, `DecryptionError`."""
    runs = [run_of(agent, version) for version in versions]
    items = [item for window in past for item in window.items]
    sides = []
    for version, run in zip(versions, runs, strict=True):
        label = OFFLINE if version == OFFLINE else f"v{version}"
        sides.append(Asking(run, Side(label, f"compare:{agent.pk}:{label}:{uuid.uuid4().hex[:8]}"), pause).ask(past))
    return Comparison(
        windows=len(past),
        approved=sum(item.approved for item in items),
        rejected=sum(not item.approved for item in items),
        sides=tuple(sides),
    )


class GivenUp(Exception):
    """The provider is not there; its text is a sentence of ours."""


class Asking:
    """One side at work."""

    def __init__(self, run: AnalysisRun, side: Side, pause: Callable[[float], None]) -> None:
        self.run, self.side, self.pause = run, side, pause
        self.is_offline = side.label == OFFLINE
        self.failures = 0

    def ask(self, past: Sequence[PastWindow]) -> Side:
        """All windows, by the runs that they were of."""
        side, began = self.side, time.monotonic()
        try:
            by_run = sorted(past, key=lambda one: one.run_id)
            for run_id, group in groupby(by_run, lambda one: one.run_id):
                known, wanted = known_then(self.run, run_id), {one.window_id: one for one in group}
                answers = self._offline(run_id, wanted, known) if self.is_offline else self._model(wanted, known)
                for window_id, (items, refused) in answers:
                    side.count(wanted[window_id], items, refused)
        except GivenUp as error:
            side.error = str(error)
        side.seconds = time.monotonic() - began
        self._pay()
        return side

    def _pay(self) -> None:
        """The side's bill, from the ledger; a price that is not known once is not known in all."""
        calls = list(
            LLMCall.objects.filter(workspace_id=self.run.workspace_id, subject=self.side.subject).values_list(
                "tokens_in", "tokens_out", "cost", "dropped"
            )
        )
        side = self.side
        side.calls = len(calls)
        side.tokens_in = sum(call[0] or 0 for call in calls)
        side.tokens_out = sum(call[1] or 0 for call in calls)
        costs = [call[2] for call in calls]
        side.cost = None if None in costs else float(sum(cost for cost in costs if cost is not None))
        side.invalid = sum(call[3] for call in calls)

    def _offline(self, run_id: int, wanted: Iterable[int], known: Known) -> Iterator[Answer]:
        """By rules, with what they would have learnt from the run: its own plan, else these windows."""
        ids = list(wanted)
        self.run.plan = AnalysisRun.objects.values_list("plan", flat=True).get(pk=run_id)
        if "offline" not in self.run.plan:
            shown = load(self.run, ids, known, one_call=False)
            self.run.plan = {"offline": learn(one.input for one in shown).to_json()}
        engine = OfflineEngine(self.run)
        engine.known = known
        for batch in engine.answer(ids):
            for result in batch:
                if isinstance(result, Answered):
                    yield result.loaded.window_id, (new_items(result.loaded, result.items), result.dropped)
                else:
                    self.side.failed += 1

    def _model(self, wanted: Iterable[int], known: Known) -> Iterator[Answer]:
        """By the model of the version's own provider; nobody stands in for it here."""
        questions = Questions(self.run)
        rows = Window.objects.filter(pk__in=list(wanted)).order_by("ordinal")
        packs = deque([row.pk for row in pack] for pack in windows.pack(rows, token_budget=pack_tokens(self.run)))
        alone: set[int] = set()
        while packs:
            pack = packs.popleft()
            shown = load(self.run, pack, known, one_call=True)
            yield from ((one.window_id, ([], 0)) for one in shown if one.is_empty)
            shown = [one for one in shown if not one.is_empty]
            if not shown:
                continue
            try:
                reply = self._reply(questions, shown)
            except (llm.InvalidAnswer, llm.PromptCut, llm.PromptTooLong, llm.LocalOnly):
                ids = [one.window_id for one in shown]
                if len(ids) == 1:
                    self.side.failed += 1
                else:
                    half = (len(ids) + 1) // 2
                    packs.extendleft([ids[half:], ids[:half]])
                continue
            checked = check(reply.value.windows, [one.input for one in shown])
            for one, found in zip(shown, checked.windows, strict=True):
                if not found.answered and len(shown) > 1 and one.window_id not in alone:
                    alone.add(one.window_id)
                    packs.append([one.window_id])
                    continue
                yield one.window_id, (new_items(one, found.items), found.dropped)

    def _reply(self, questions: Questions, shown: Sequence[Loaded]) -> llm.Reply[KnowledgeBatch | TasksBatch]:
        """One call, after a rest where the provider wants one; raises `GivenUp` when it stays away, and for a cap."""
        question = questions.build([one.input for one in shown])
        while True:
            try:
                with budgets.kept(self.run, question.prompt):
                    reply = llm.ask(
                        question.prompt,
                        question.answer,
                        endpoint=questions.endpoints[0],
                        workspace_id=self.run.workspace_id,
                        subject=self.side.subject,
                        local_only=any(one.local_only for one in shown),
                    )
            except Stop as error:
                raise GivenUp(error.error) from None
            except llm.Refused as error:
                raise GivenUp(error.detail) from None
            except (llm.ProviderDown, llm.RateLimited) as error:
                self.failures += 1
                if self.failures >= PATIENCE:
                    raise GivenUp(error.detail) from None
                asked = error.retry_after if isinstance(error, llm.RateLimited) else None
                self.pause(min(LONGEST_WAIT, asked or FIRST_WAIT * 2**self.failures))
            else:
                self.failures = 0
                return reply


def known_then(run: AnalysisRun, past_run_id: int) -> Known:
    """What was known when a past run was made: what came of its own windows must be found, not be shown."""
    since = AnalysisRun.objects.values_list("created_at", flat=True).get(pk=past_run_id)
    later = {
        (kind, pk)
        for kind, model in (("topic", Topic), ("atom", Atom), ("task", Task))
        for pk in model._default_manager.filter(workspace_id=run.workspace_id, created_at__gte=since).values_list(
            "pk", flat=True
        )
    }
    known = Known(run)
    places = [place for place, row in enumerate(known.rows) if (row.kind, row.id) not in later]
    known.rows = [known.rows[place] for place in places]
    if known.vectors is not None:
        known.vectors = known.vectors[places] if places else None
    return known


def new_items(loaded: Loaded, items: Sequence[CheckedItem]) -> list[NewItem]:
    """Checked items as a comparison sees them."""
    made = []
    for checked in items:
        kind, title, extra = findings.identity(checked.item)
        messages = frozenset(loaded.messages[proof.ref].pk for proof in checked.proofs)
        made.append(NewItem(kind, fingerprint(kind, title, extra), messages))
    return made
