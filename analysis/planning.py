"""Making the windows of a run, once, in one transaction: a plan that is cut short leaves nothing behind."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import batched, islice

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Q
from django.utils import timezone

from analysis import clusters, conversations, forecasts, offline, selectors, windows
from analysis.inputs import NOBODY
from analysis.models import AnalysisRun, Window, WindowMessage
from analysis.prompts.inputs import PromptMessage, WindowInput
from analysis.windows import WindowDraft
from tasktracker.core.enums import ProviderKind, Stage
from tasktracker.core.llm.budget import estimate_tokens
from tasktracker.core.rows import planned_cursor

PLAN_LOCK = 7302
# By hand: one row a message, and while a run is planned, nothing of it works yet.
PLACES = """
INSERT INTO analysis_windowmessage (window_id, message_id, position, context)
SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::int2[], %b::bool[])
"""
CHUNK = 2_000  # messages read, and windows written, at a time
LEARN_FROM = 10_000  # messages from which the offline engine learns what a run is about
BEFORE = timedelta(days=1)  # how far before the first message that waits its conversation may have begun


def plan_run(run: AnalysisRun) -> bool:
    """Make the windows of a running run and set `planned_at`; false when another worker is at it or it stopped.

    Twice is harmless. The lock is not the run's row, so that a person can cancel a long planning.
    """
    with transaction.atomic():
        if not _lock(run):
            return False
        run.refresh_from_db(fields=["status", "planned_at"])
        if run.planned_at is not None:
            return True
        if run.status != "running":
            return False
        if run.stage == Stage.KNOWLEDGE:
            _make_windows(run)
            if run.provider.kind == ProviderKind.OFFLINE:
                run.plan = {"offline": offline.plan(_learn(run)).to_json()}
        else:
            clusters.make_windows(run)
        # The status is read again by whoever works on the windows; a run that was cancelled meanwhile keeps its own.
        run.planned_at = timezone.now()
        run.save(update_fields=["plan", "planned_at", "updated_at"])
    return True


def _lock(run: AnalysisRun) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [PLAN_LOCK, run.pk % 2**31])
        row = cursor.fetchone()
    return bool(row and row[0])


def _make_windows(run: AnalysisRun) -> None:
    budget = min(windows.TOKEN_BUDGET, forecasts.pack_tokens(run))
    if run.provider.kind == ProviderKind.OFFLINE:
        budget = windows.TOKEN_BUDGET
    drafts = windows.split(
        _stream(run), gap_seconds=settings.WINDOW_GAP_SECONDS, token_budget=budget, context=windows.CONTEXT
    )
    ordinal = 0
    for batch in batched(drafts, CHUNK):
        _write(run, batch, ordinal)
        ordinal += len(batch)


def _write(run: AnalysisRun, drafts: Iterable[WindowDraft], first: int) -> None:
    drafts = list(drafts)
    rows = Window.objects.bulk_create(
        Window(
            run=run,
            ordinal=first + place,
            channel_id=draft.channel_id,
            thread=draft.thread,
            starts_at=draft.starts_at,
            tokens=draft.tokens,
        )
        for place, draft in enumerate(drafts)
    )
    places = [
        (row.pk, item.id, position, item.context)
        for row, draft in zip(rows, drafts, strict=True)
        for position, item in enumerate(draft.items)
    ]
    if places:
        with planned_cursor() as cursor:
            cursor.execute(PLACES, [list(column) for column in zip(*places, strict=True)])


def _stream(run: AnalysisRun) -> Iterator[conversations.WindowMessage]:
    """The run's messages in the order of time, with what was done or is noise, for context."""
    first = selectors.waiting_messages(run).order_by("sent_at").values_list("sent_at", flat=True).first()
    if first is None:
        return
    rows = (
        selectors.in_range(run, context_before=BEFORE)
        .filter(sent_at__gte=first - BEFORE)
        .annotate(is_done=Exists(selectors.held()), fits=Q(selectors.extractable()))
        .order_by("sent_at", "id")
        .values_list(
            "id", "channel_id", "external_id", "thread", "author_id", "sent_at", "text", "reply_to", "is_done", "fits"
        )
    )
    ids: dict[tuple[int, str], int] = {}
    for row in rows.iterator(chunk_size=CHUNK):
        message_id, channel_id, external_id, thread, author_id, sent_at, text, reply_to, is_done, fits = row
        ids[channel_id, external_id] = message_id
        yield conversations.WindowMessage(
            id=message_id,
            channel_id=channel_id,
            thread=thread,
            author_id=author_id,
            sent_at=sent_at,
            tokens=estimate_tokens(text),
            text_len=len(text),
            reply_to=ids.get((channel_id, reply_to)) if reply_to else None,
            is_noise=not fits,
            # Outside the run's own time: context for what is inside.
            is_done=is_done or (run.since is not None and sent_at < run.since),
        )


def _learn(run: AnalysisRun) -> Iterator[WindowInput]:
    """Windows of the run as the offline engine reads them, evenly thinned out to about LEARN_FROM messages."""
    places = WindowMessage.objects.filter(window__run=run)
    every = -(-places.count() // LEARN_FROM)
    ids = Window.objects.filter(run=run).order_by("ordinal").values_list("pk", flat=True).iterator(chunk_size=CHUNK)
    for batch in batched(islice(ids, 0, None, max(1, every)), 500):
        rows = places.filter(window_id__in=batch).order_by("window__ordinal", "position")
        found: dict[int, list[PromptMessage]] = {}
        for window_id, context, author, sent_at, text in rows.values_list(
            "window_id", "context", "message__author__name", "message__sent_at", "message__text"
        ):
            messages = found.setdefault(window_id, [])
            messages.append(PromptMessage(f"m{len(messages) + 1}", author or NOBODY, sent_at, text, context))
        for messages in found.values():
            yield WindowInput(ref="w1", channel="", thread="", messages=tuple(messages))
