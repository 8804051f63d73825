"""Lanes: Celery tasks that claim windows of a run, ask the engine, and write what it found.

A lane may die at any moment, and may come twice: what it holds is held by leases, what it writes is fenced by the
window's `attempt`, and the sweeper starts what is missing.
"""

import logging
import math
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from analysis import categories, engines, findings, planning, services, sifting, transitions
from analysis.lanes import crew_of, lanes_of
from analysis.models import AnalysisRun
from analysis.progress import emit_progress
from analysis.results import Answered, Engine, Failed, Result, Stop
from analysis.transitions import Claim, End
from ingestion import services as message_services
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.errors import DomainError
from tasktracker.core.events import enqueue
from tasktracker.core.turns import Turn

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.5  # between two events of one run, over all its lanes
LONGEST_COUNTDOWN = 60
CONNECTION_LOST = (OperationalError, InterfaceError)


def begin(*, run_id: int) -> None:
    """Plan a running run (unless that is done) and start its lanes; end it at once where there is nothing to do."""
    run = AnalysisRun.objects.select_related("provider", "workspace").get(pk=run_id)
    if run.status != "running":
        return
    try:
        if run.planned_at is None and not (sifting.sift(run) and planning.plan_run(run)):
            return  # the sweeper has it looked at again
    except Stop as stop:
        services.pause_run(run_id=run_id, reason=stop.reason, error=stop.error, note=stop.note)
        return
    except CONNECTION_LOST:
        raise  # the sweeper has it planned again
    except Exception as error:  # noqa: BLE001 (a run that can't be planned must say so, not be tried for ever)
        detail = error.detail if isinstance(error, DomainError) else type(error).__name__
        log.warning("run %s could not be planned: %s", run_id, type(error).__name__)
        services.fail_run(run_id=run_id, error=f"The run could not be planned: {detail}")
        return
    if services.settle_run(run_id=run_id).status == "running":
        enqueue_lanes(run, lanes_of(run))


def enqueue_plan(run: AnalysisRun) -> None:
    """Ask a worker to plan the run and start its lanes."""
    enqueue("analysis.tasks.work_run", run.workspace_id, run.pk)


def enqueue_lanes(run: AnalysisRun, count: int) -> None:
    """Ask workers for `count` lanes, in tasks of a crew each; none for a count below 1."""
    for _ in range(math.ceil(count / crew_of(run))):
        enqueue("analysis.tasks.work_lane", run.pk)


def run_lane(*, run_id: int) -> None:
    """Work on a run, with a crew of threads, until nothing is left to claim, it stops, or others wait."""
    run = AnalysisRun.objects.select_related("provider", "agent", "workspace").filter(pk=run_id).first()
    if run is None or run.status != "running" or run.planned_at is None:
        return
    if not run.provider.is_active:
        services.pause_run(run_id=run_id, reason="provider", error=f"The provider {run.provider.name} is switched off.")
        return
    try:
        engine = engines.engine_for(run)
    except DecryptionError as error:
        services.pause_run(run_id=run_id, reason="provider", error=str(error))
        return
    crew = [Lane(run, engine) for _ in range(crew_of(run))]
    with leases([lane.holder for lane in crew], run.pk) as stopped:
        if work_together(crew, stopped):
            enqueue_lanes(run, len(crew))
            return
    services.settle_run(run_id=run_id)


def work_together(crew: Sequence["Lane"], stopped: threading.Event) -> bool:
    """Have every lane work, the first one in this thread; true when its turn was over before the windows were."""
    first, *others = crew
    with ThreadPoolExecutor(max(1, len(others)), thread_name_prefix="lane") as threads:
        working = [threads.submit(lane.work_apart, stopped) for lane in others]
        try:
            late = first.work(stopped)
        except BaseException:
            stopped.set()  # the others end what they are at; then what broke this one is told
            raise
        return any([late, *(each.result() for each in working)])


class Lane:
    """One worker's share of a run."""

    def __init__(self, run: AnalysisRun, engine: Engine) -> None:
        self.run = run
        self.engine = engine
        self.holder = f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
        self.told_at = 0.0

    def work(self, stopped: threading.Event) -> bool:
        """Claim and answer packs; true when its turn was over before the windows were."""
        turn = Turn()
        while not stopped.is_set():
            if turn.is_over():
                return True
            pack = transitions.claim(
                run_id=self.run.pk,
                holder=self.holder,
                limit=self.engine.windows_at_once,
                tokens=self.engine.tokens_at_once,
                holders=lanes_of(self.run),
                backs_off=self.engine.backs_off,
            )
            if not pack or not self.answer(pack, stopped):
                return False
        return False

    def work_apart(self, stopped: threading.Event) -> bool:
        """`work` in a thread of its own, whose connection ends with it."""
        try:
            return self.work(stopped)
        finally:
            connection.close()

    def answer(self, pack: Sequence[Claim], stopped: threading.Event) -> bool:
        """Answer the windows of a pack, each stored as soon as it is known; false when the run should rest."""
        held = {claimed.window_id: claimed for claimed in pack}
        began = time.monotonic()
        try:
            for results in self.engine.answer(list(held)):
                took = int((time.monotonic() - began) * 1000) // max(1, len(results))
                for kept in self.store(results, held, took):
                    del held[kept]
                self.tell()
                began = time.monotonic()
                if stopped.is_set():
                    break
        except Stop as stop:
            transitions.give_back(list(held.values()), wait_seconds=stop.wait_seconds, error=stop.error)
            if stop.reason:
                services.pause_run(run_id=self.run.pk, reason=stop.reason, error=stop.error, note=stop.note)
            elif stop.wait_seconds <= LONGEST_COUNTDOWN:
                # Later is the sweeper's business: a broker hands out a long countdown twice.
                enqueue("analysis.tasks.work_lane", self.run.pk, countdown=stop.wait_seconds)
            return False
        except CONNECTION_LOST:
            raise  # the leases bring these windows back
        except Exception as error:  # noqa: BLE001 (a window that breaks the engine must not end the lane)
            # Never the error's own text: it may hold what people wrote.
            log.warning("run %s: %s in a pack of %s windows", self.run.pk, type(error).__name__, len(held))
            transitions.lose(list(held.values()), error=type(error).__name__)
            return True
        if stopped.is_set():
            transitions.give_back(list(held.values()))
            return False
        if held:
            transitions.lose(list(held.values()), error="no answer that could be stored")
        return True

    def store(self, results: Sequence[Result], held: Mapping[int, Claim], took: int) -> list[int]:
        """Write the ends and findings of windows together, each fenced by its own claim; the ids that are over for us.

        Where the database does not take one of them, the others are written each for itself.
        """
        try:
            if results:
                self._store(results, held, took, categories.of(self.run, results))
        except CONNECTION_LOST:
            raise
        except DatabaseError:
            if len(results) == 1:
                raise
            return [window for result in results for window in self.store_alone(result, held, took)]
        return [result.loaded.window_id for result in results]

    def store_alone(self, result: Result, held: Mapping[int, Claim], took: int) -> list[int]:
        """Like `store` for one window; nothing for one that the database does not take."""
        try:
            return self.store([result], held, took)
        except CONNECTION_LOST:
            raise
        except DatabaseError as error:
            log.warning("run %s: window %s: %s", self.run.pk, result.loaded.window_id, type(error).__name__)
            return []

    @transaction.atomic
    def _store(self, results: Sequence[Result], held: Mapping[int, Claim], took: int, kinds: Mapping[int, str]) -> None:
        ends = [
            End(held[result.loaded.window_id], "failed", error=result.error, duration_ms=took)
            if isinstance(result, Failed)
            else End(held[result.loaded.window_id], "done", dropped=result.dropped, duration_ms=took)
            for result in results
        ]
        kept = transitions.finish(run_id=self.run.pk, ends=ends)
        answers = [result for result in results if isinstance(result, Answered) and result.loaded.window_id in kept]
        findings.write(run=self.run, answers=answers)
        message_services.set_categories(categories=kinds)

    def tell(self) -> None:
        """A progress event, so seldom that all lanes together keep to PROGRESS_SECONDS."""
        now = time.monotonic()
        if now - self.told_at >= PROGRESS_SECONDS * lanes_of(self.run):
            self.told_at = now
            with transaction.atomic():
                emit_progress(self.run)


@contextmanager
def leases(holders: Sequence[str], run_id: int) -> Iterator[threading.Event]:
    """Renew what `holders` hold at a quarter of the lease, from a thread; the event is set when the run stops."""
    done, stopped = threading.Event(), threading.Event()

    def renew() -> None:
        while not done.wait(settings.LEASE_SECONDS / 4):
            try:
                transitions.renew(holders=holders)
                if not AnalysisRun.objects.filter(pk=run_id, status="running").exists():
                    stopped.set()
            except DatabaseError as error:
                # The next round tries again; should the lease end before, the fence holds.
                log.warning("leases of run %s not renewed (%s)", run_id, type(error).__name__)
            finally:
                connection.close()

    thread = threading.Thread(target=renew, name="leases", daemon=True)
    thread.start()
    try:
        yield stopped
    finally:
        done.set()
        thread.join(timeout=settings.LEASE_SECONDS)
