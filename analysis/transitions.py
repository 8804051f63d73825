"""Where runs and windows change their status, and nothing else does.

A run moves one row at a time, through the engine. Windows move in sets, by SQL with the database's clock: the claim
(`attempt` grows, so that only its newest holder may finish), the fenced end, and the ways back. Lock order: the run
(FOR SHARE), then its windows; who only waits for windows never takes the run after them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from analysis.models import AnalysisRun
from tasktracker.core import transitions
from tasktracker.core.models import User
from tasktracker.core.transitions import Allowed, Moved

RUN: Allowed = {
    "pending": {"running", "cancelled"},
    "running": {"paused", "cancelling", "completed", "partial", "failed"},
    "paused": {"running", "cancelling"},
    "cancelling": {"cancelled"},
    "cancelled": {"closed"},
    "completed": {"reviewed", "closed"},
    "partial": {"pending", "reviewed", "closed"},
    "failed": {"pending", "closed"},
    # Back to completed when a decision about one of its proposals is undone.
    "reviewed": {"completed", "closed"},
    "closed": (),
}
WINDOW: Allowed = {
    "waiting": {"running"},
    "running": {"waiting", "done", "failed"},
    "failed": {"waiting", "done"},
    "done": (),
}

# In these states of its run a claimed window may still end; a cancelled run takes no result any more.
WRITABLE = ["running", "paused"]
LOOK_AHEAD = 200
CLAIM_LOCK = 7301


@dataclass(frozen=True, slots=True)
class Claim:
    """A window held under a lease; `attempt` is the fencing token."""

    window_id: int
    attempt: int
    tokens: int


@dataclass(frozen=True, slots=True)
class End:
    """How a claimed window ended: `done` or `failed`."""

    claim: Claim
    status: str
    error: str = ""
    dropped: int = 0
    duration_ms: int = 0


def move_run(run: AnalysisRun, *, to: str, by: User | None = None, note: str = "", **also: Any) -> Moved[AnalysisRun]:
    """Move one run; `Conflict` `wrong_state` where the map does not know the move, quiet where it is there already."""
    return transitions.move(
        AnalysisRun, run.pk, to=to, allowed=RUN, workspace_id=run.workspace_id, by=by, note=note, also=also
    )


@transaction.atomic
def claim(
    *, run_id: int, holder: str, limit: int, holders: int, tokens: int | None = None, backs_off: bool = False
) -> list[Claim]:
    """Take the next windows of a running run, in order, for `holder`; empty when there is nothing to take now.

    At most `limit` windows, and while they fit into `tokens` (the first is taken however long it is). Suspects come
    last and alone: while one of them runs, nothing else of its run does. No more than `holders` hold windows of this
    run at once. With `backs_off` nothing is given out while any window waits for its time: what the provider told one
    lane holds for all of them.
    """
    with connection.cursor() as cursor:
        # Shared with other lanes, exclusive to whoever cancels or settles the run.
        cursor.execute("SELECT status FROM analysis_analysisrun WHERE id = %s FOR SHARE", [run_id])
        row = cursor.fetchone()
        if row is None or row[0] != "running":
            return []
        # Counting and claiming must be one step, or two lanes both find a free place.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CLAIM_LOCK, run_id % 2**31])
        cursor.execute(
            """
            SELECT count(DISTINCT claimed_by), coalesce(bool_or(suspect), false) FROM analysis_window
             WHERE run_id = %s AND status = 'running' AND claimed_by <> %s
            """,
            [run_id, holder],
        )
        others, suspicious = cursor.fetchone()
        if others >= holders or suspicious:
            return []
        if backs_off:
            cursor.execute(
                """
                SELECT 1 FROM analysis_window
                 WHERE run_id = %s AND status = 'waiting' AND next_attempt_at > now() LIMIT 1
                """,
                [run_id],
            )
            if cursor.fetchone():
                return []
        chosen = _choose(cursor, run_id, limit, tokens, alone=others == 0)
        if not chosen:
            return []
        cursor.execute(
            """
            UPDATE analysis_window
               SET status = 'running', attempt = attempt + 1, pack = %s, claimed_by = %s, next_attempt_at = NULL,
                   lease_until = now() + make_interval(secs => %s)
             WHERE id = ANY(%s) RETURNING id, attempt, tokens, ordinal
            """,
            [len(chosen), holder, settings.LEASE_SECONDS, chosen],
        )
        rows = sorted(cursor.fetchall(), key=lambda found: found[3])
    return [Claim(window_id, attempt, size) for window_id, attempt, size, _ in rows]


def _choose(cursor: Any, run_id: int, limit: int, tokens: int | None, *, alone: bool) -> list[int]:
    """Ids of the windows to claim next, a suspect only for who is `alone`; locked.

    The lock is let go of at commit for those not chosen.
    """
    select = """
        SELECT id, tokens FROM analysis_window
         WHERE run_id = %s AND status = 'waiting' AND suspect = %s
           AND (next_attempt_at IS NULL OR next_attempt_at <= now())
         ORDER BY ordinal LIMIT %s FOR UPDATE SKIP LOCKED
    """
    cursor.execute(select, [run_id, False, min(limit, LOOK_AHEAD)])
    chosen: list[int] = []
    total = 0
    for window_id, size in cursor.fetchall():
        total += size
        if chosen and tokens is not None and total > tokens:
            break
        chosen.append(window_id)
    if not chosen and alone:
        cursor.execute(select, [run_id, True, 1])
        chosen = [row[0] for row in cursor.fetchall()]
    return chosen


def renew(*, holders: Sequence[str]) -> int:
    """Push the leases of what `holders` hold; how many windows that was. What is being ended just now is left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH held AS (
                SELECT id FROM analysis_window WHERE claimed_by = ANY(%s) AND status = 'running'
                   FOR UPDATE SKIP LOCKED
            ) UPDATE analysis_window SET lease_until = now() + make_interval(secs => %s)
               WHERE id IN (SELECT id FROM held)
            """,
            [list(holders), settings.LEASE_SECONDS],
        )
        return int(cursor.rowcount)


def finish(*, run_id: int, ends: Sequence[End]) -> set[int]:
    """End windows of one run, in the caller's transaction, before their results are written; ids of those that did.

    A window that is missing there is somebody else's by now, or its run takes no more results: nothing of it may be
    written.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH run AS (
                SELECT id FROM analysis_analysisrun WHERE id = %s AND status = ANY(%s) FOR SHARE
            ) UPDATE analysis_window w
               SET status = e.status, error = e.error, dropped = e.dropped, duration_ms = e.duration_ms,
                   lease_until = NULL, finished_at = now()
              FROM run, unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::int[], %s::int[])
                        AS e(id, attempt, status, error, dropped, duration_ms)
             WHERE w.run_id = run.id AND w.id = e.id AND w.attempt = e.attempt AND w.status = 'running'
            RETURNING w.id
            """,
            [
                *(run_id, WRITABLE),
                *([end.claim.window_id for end in ends], [end.claim.attempt for end in ends]),
                *([end.status for end in ends], [end.error[:500] for end in ends]),
                *([end.dropped for end in ends], [end.duration_ms for end in ends]),
            ],
        )
        return {row[0] for row in cursor.fetchall()}


def give_back(claims: Sequence[Claim], *, wait_seconds: float = 0, error: str = "") -> None:
    """Unfinished windows wait again, at the earliest after `wait_seconds`; it is nobody's fault."""
    _update_held(
        claims,
        "status = 'waiting', lease_until = NULL, error = %s, next_attempt_at = now() + make_interval(secs => %s)",
        [error[:500], wait_seconds],
    )


def lose(claims: Sequence[Claim], *, error: str) -> None:
    """Their work broke down without an answer: they run alone next, and what did so already counts a loss."""
    _update_held(claims, LOSS, [settings.WINDOW_MAX_LOSSES, settings.WINDOW_MAX_LOSSES, f"poison: {error}"[:500]])


# A pack says nothing about which of its windows was the one, nor does a process in which several lanes were at work:
# only what ran alone is counted (and may fail).
LOSS = """
    status = CASE WHEN suspect AND losses + 1 >= %s THEN 'failed' ELSE 'waiting' END,
    finished_at = CASE WHEN suspect AND losses + 1 >= %s THEN now() END,
    error = CASE WHEN suspect THEN %s ELSE '' END,
    losses = losses + CASE WHEN suspect THEN 1 ELSE 0 END,
    suspect = true, lease_until = NULL
"""


def _update_held(claims: Sequence[Claim], assignments: str, parameters: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH held AS (
                SELECT w.id FROM analysis_window w
                  JOIN unnest(%s::bigint[], %s::int[]) AS c(id, attempt) ON w.id = c.id AND w.attempt = c.attempt
                 WHERE w.status = 'running' ORDER BY w.id FOR UPDATE OF w
            ) UPDATE analysis_window SET {assignments} WHERE id IN (SELECT id FROM held)
            """,  # noqa: S608 (constants of this file)
            [[c.window_id for c in claims], [c.attempt for c in claims], *parameters],
        )


def expire_leases() -> list[int]:
    """Take back windows whose holder was not heard of in time; the ids of their runs."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH late AS (
                SELECT id FROM analysis_window WHERE status = 'running' AND lease_until < now() FOR UPDATE SKIP LOCKED
            ), taken AS (
                UPDATE analysis_window SET {LOSS} WHERE id IN (SELECT id FROM late) RETURNING run_id
            ) SELECT DISTINCT run_id FROM taken
            """,  # noqa: S608 (a constant of this file)
            [settings.WINDOW_MAX_LOSSES, settings.WINDOW_MAX_LOSSES, "poison: its worker was lost each time"],
        )
        return [row[0] for row in cursor.fetchall()]


def revoke(*, run_id: int) -> None:
    """Take every claim of a run away; the new `attempt` keeps late results out. The run is locked by the caller."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH held AS (
                SELECT id FROM analysis_window WHERE run_id = %s AND status = 'running' ORDER BY id FOR UPDATE
            ) UPDATE analysis_window SET status = 'waiting', attempt = attempt + 1, lease_until = NULL
               WHERE id IN (SELECT id FROM held)
            """,
            [run_id],
        )


def retry_failed(*, run_id: int) -> int:
    """What failed in a run waits again, alone where it had been lost; how many windows those are."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE analysis_window SET status = 'waiting', losses = 0, error = '', finished_at = NULL,
                   next_attempt_at = NULL
             WHERE run_id = %s AND status = 'failed'
            """,
            [run_id],
        )
        return int(cursor.rowcount)


def skip_taken(*, run_id: int) -> None:
    """Failed windows whose messages another run has taken up since are done: the resumed run leaves them alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE analysis_window w SET status = 'done'
             WHERE w.run_id = %s AND w.status = 'failed'
               AND EXISTS (SELECT 1 FROM analysis_windowmessage p WHERE p.window_id = w.id AND NOT p.context)
               AND NOT EXISTS (
                   SELECT 1 FROM analysis_windowmessage p
                    WHERE p.window_id = w.id AND NOT p.context AND NOT EXISTS (
                        SELECT 1 FROM analysis_windowmessage q
                          JOIN analysis_window o ON o.id = q.window_id
                          JOIN analysis_analysisrun r ON r.id = o.run_id AND r.stage = 'knowledge'
                         WHERE q.message_id = p.message_id AND NOT q.context AND o.run_id <> w.run_id
                           AND (o.status = 'done'
                                OR (o.status IN ('waiting', 'running') AND r.status = ANY(%s)))))
            """,
            [run_id, list(AnalysisRun.LIVE)],
        )


def clear_wait(*, run_id: int) -> None:
    """Windows that wait for a provider may be asked again now (a person resumed the run)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE analysis_window SET next_attempt_at = NULL
             WHERE run_id = %s AND status = 'waiting' AND next_attempt_at IS NOT NULL
            """,
            [run_id],
        )
