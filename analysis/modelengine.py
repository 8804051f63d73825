"""Asking a model: several windows in one call, fewer when the answer is no good, within the run's caps."""

import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NoReturn

from analysis import budgets, halving, questions, windows
from analysis.evidence import CheckedItem, check
from analysis.forecasts import pack_tokens
from analysis.inputs import Loaded, load
from analysis.known import Known, known_in
from analysis.models import AnalysisRun
from analysis.prompts.extract_knowledge import KnowledgeBatch
from analysis.prompts.inputs import WindowInput
from analysis.prompts.propose_tasks import TasksBatch
from analysis.results import Answered, Failed, Result, Stop
from analysis.selectors import subject_of
from tasktracker.core import llm
from tasktracker.core.llm import breaker

HALVINGS = 2  # of one window
JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Piece:
    """A window, or a half or quarter of one, as it is asked."""

    loaded: Loaded
    input: WindowInput
    halvings: int = 0
    asked_again: bool = False


@dataclass(slots=True)
class _Gathered:
    """The pieces of one window that are still to come, and what the others said."""

    open: int = 1
    items: list[CheckedItem] = field(default_factory=list)
    dropped: int = 0


class ModelEngine:
    """One model behind the gateway, for one run."""

    def __init__(self, run: AnalysisRun) -> None:
        self.run = run
        self.questions = questions.Questions(run)
        self.windows_at_once = windows.WINDOWS_A_CALL
        self.tokens_at_once: int | None = pack_tokens(run)
        self.backs_off = True

    @cached_property
    def known(self) -> Known:
        return known_in(self.run)

    def answer(self, window_ids: Sequence[int]) -> Iterator[list[Result]]:
        loaded = load(self.run, window_ids, self.known, one_call=True)
        yield [Answered(each, (), 0) for each in loaded if each.is_empty]
        loaded = [each for each in loaded if not each.is_empty]
        gathered = {each.window_id: _Gathered() for each in loaded}
        packs = deque([[Piece(each, each.input) for each in loaded]])
        while packs:
            pack = [piece for piece in packs.popleft() if piece.loaded.window_id in gathered]
            if not pack:
                continue
            try:
                missing = self._ask(pack, gathered)
            except (llm.InvalidAnswer, llm.PromptCut, llm.PromptTooLong, llm.Refused, llm.LocalOnly) as error:
                smaller = self._smaller(pack, error)
                if smaller is None:
                    del gathered[pack[0].loaded.window_id]
                    yield [Failed(pack[0].loaded, error.detail)]
                elif len(pack) == 1:
                    gathered[pack[0].loaded.window_id].open += 1
                packs.extendleft(reversed(smaller or []))
                continue
            if missing:
                packs.appendleft(missing)
            yield [
                Answered(piece.loaded, tuple(done.items), done.dropped)
                for piece in pack
                if not gathered[piece.loaded.window_id].open
                for done in [gathered.pop(piece.loaded.window_id)]
            ]

    def _ask(self, pack: Sequence[Piece], gathered: dict[int, _Gathered]) -> list[Piece]:
        """One call, what it said gathered. Gives the pieces on which the answer had no word, to be asked once more."""
        inputs = [piece.input for piece in pack]
        question = self.questions.build(inputs)
        try:
            with budgets.kept(self.run, question.prompt):
                reply = self._reply(question, local_only=any(piece.loaded.local_only for piece in pack))
        except llm.NotWanted as error:
            raise Stop(error.detail) from None
        except llm.RateLimited as error:
            self._rest(error, error.retry_after)
        except llm.ProviderDown as error:
            self._rest(error, None)
        checked = check(reply.value.windows, inputs)
        missing: list[Piece] = []
        for piece, found in zip(pack, checked.windows, strict=True):
            if not found.answered and len(pack) > 1 and not piece.asked_again:
                missing.append(Piece(piece.loaded, piece.input, piece.halvings, asked_again=True))
                continue
            done = gathered[piece.loaded.window_id]
            done.open -= 1
            done.items.extend(found.items)
            done.dropped += found.dropped
        return missing

    def _reply(self, question: questions.Question, *, local_only: bool) -> llm.Reply[KnowledgeBatch | TasksBatch]:
        """The answer of the first provider that gives one; where none does, the error of the run's own."""
        first: llm.LLMError | None = None
        for endpoint in self.questions.endpoints:
            try:
                return llm.ask(
                    question.prompt,
                    question.answer,
                    endpoint=endpoint,
                    workspace_id=self.run.workspace_id,
                    subject=subject_of(self.run),
                    local_only=local_only,
                    wanted=AnalysisRun.objects.filter(pk=self.run.pk, status="running").exists,
                    remember=True,
                )
            except (llm.ProviderDown, llm.RateLimited, llm.Refused, llm.LocalOnly) as error:
                first = first or error
        assert first is not None  # noqa: S101 (there is always one endpoint)
        raise first

    def _smaller(self, pack: list[Piece], error: llm.LLMError) -> list[list[Piece]] | None:
        """The pack in two, or its only window in two; None when there is nothing left to divide."""
        if isinstance(error, llm.Refused) and budgets.is_refusing(self.run):
            raise Stop(error.detail, reason="provider")
        if len(pack) > 1:
            half = (len(pack) + 1) // 2
            return [pack[:half], pack[half:]]
        piece = pack[0]
        if piece.halvings >= HALVINGS or isinstance(error, llm.Refused | llm.LocalOnly):
            return None
        return [[Piece(piece.loaded, part, piece.halvings + 1)] for part in halving.halve(piece.input)] or None

    def _rest(self, error: llm.LLMError, retry_after: float | None) -> NoReturn:
        """Raise `Stop`: wait as long as the provider says, or longer each time; in the end wait for a person."""
        streak = budgets.streak(self.run)
        if streak.failures >= budgets.PATIENCE:
            raise Stop(error.detail, reason="provider") from None
        wait = retry_after or streak.wait or breaker.FIRST_WAIT
        # Spread upwards only: never before the time that was asked for.
        raise Stop(error.detail, wait_seconds=wait * (1 + random.uniform(0, JITTER))) from None
