"""Which engine serves a run; and the offline one: rules and embeddings, no network, one window after another."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from analysis.evidence import check
from analysis.inputs import Loaded, load
from analysis.known import Known, known_in
from analysis.modelengine import ModelEngine
from analysis.models import AnalysisRun
from analysis.offline import Plan, knowledge, tasks
from analysis.results import Answered, Engine, Failed, Result
from tasktracker.core.enums import ProviderKind, Stage


def engine_for(run: AnalysisRun) -> Engine:
    """The engine of the run's provider, never another one."""
    return OfflineEngine(run) if run.provider.kind == ProviderKind.OFFLINE else ModelEngine(run)


class OfflineEngine:
    """The same windows always give the same answers."""

    def __init__(self, run: AnalysisRun) -> None:
        self.run = run
        self.windows_at_once = 25
        self.tokens_at_once: int | None = None
        self.backs_off = False

    @cached_property
    def known(self) -> Known:
        return known_in(self.run)

    @cached_property
    def plan(self) -> Plan:
        text = self.run.plan.get("offline")
        return Plan.from_json(text) if text else Plan()

    def answer(self, window_ids: Sequence[int]) -> Iterator[list[Result]]:
        yield [self._answer(loaded) for loaded in load(self.run, window_ids, self.known, one_call=False)]

    def _answer(self, loaded: Loaded) -> Result:
        try:
            if self.run.stage == Stage.TASKS:
                checked = check([tasks(loaded.input)], [loaded.input]).windows[0]
            else:
                checked = check([knowledge(loaded.input, self.plan)], [loaded.input]).windows[0]
        except Exception as error:  # noqa: BLE001 (one window that trips a rule must not hold up its neighbours)
            # The kind of error only: its text may hold what people wrote.
            return Failed(loaded, f"poison: the offline engine stumbled over it ({type(error).__name__})")
        return Answered(loaded, checked.items, checked.dropped)
