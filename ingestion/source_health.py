"""How a source is doing: what came last, how late, what waits and what failed. Constant in queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from ingestion.models import Source

COUNT_LIMIT = 10_000  # further than this nothing is counted
LAG_OF = 20  # messages
LATE = timedelta(minutes=10)

# By hand: LATERAL reads a few rows of each source's own index, however many messages it has.
HEALTH = """
SELECT source.id, last.sent_at, lag.seconds, today.count, waiting.count, failed.count
FROM unnest(%(ids)s::bigint[]) AS source (id)
LEFT JOIN LATERAL (
    SELECT sent_at FROM ingestion_message WHERE source_id = source.id ORDER BY sent_at DESC, id DESC LIMIT 1
) last ON true
LEFT JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM received_at - sent_at)) AS seconds FROM (
        SELECT received_at, sent_at FROM ingestion_message WHERE source_id = source.id
        ORDER BY sent_at DESC, id DESC LIMIT %(lag_of)s
    ) newest
) lag ON true
LEFT JOIN LATERAL (
    SELECT count(*) FROM (
        SELECT 1 FROM ingestion_message WHERE source_id = source.id AND sent_at > %(yesterday)s LIMIT %(limit)s
    ) few
) today ON true
LEFT JOIN LATERAL (
    SELECT count(*) FROM (
        SELECT 1 FROM ingestion_delivery WHERE source_id = source.id AND status = 'received' LIMIT %(limit)s
    ) few
) waiting ON true
LEFT JOIN LATERAL (
    SELECT count(*) FROM (
        SELECT 1 FROM ingestion_delivery WHERE source_id = source.id AND status = 'failed' LIMIT %(limit)s
    ) few
) failed ON true
"""

# What comes by itself: of an import or a post the lag says nothing.
LIVE = frozenset(Source.Kind.values) - {Source.Kind.IMPORT, Source.Kind.API}


@dataclass(frozen=True, slots=True)
class Health:
    """Of one source: `lag` is the middle of the newest messages' ways to us; counts stop at COUNT_LIMIT."""

    last_at: datetime | None
    lag: timedelta | None
    today: int
    waiting: int
    failed: int

    @property
    def is_late(self) -> bool:
        return self.lag is not None and self.lag > LATE

    @property
    def lag_ms(self) -> float | None:
        return None if self.lag is None else self.lag.total_seconds() * 1_000


def health_of(sources: Sequence[Source]) -> dict[int, Health]:
    """The health of each source, by its id, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            HEALTH,
            {
                "ids": [source.pk for source in sources],
                "lag_of": LAG_OF,
                "yesterday": timezone.now() - timedelta(days=1),
                "limit": COUNT_LIMIT,
            },
        )
        rows = cursor.fetchall()
    live = {source.pk for source in sources if source.kind in LIVE}
    return {
        pk: Health(last, timedelta(seconds=max(0.0, float(lag))) if lag is not None and pk in live else None, *counts)
        for pk, last, lag, *counts in rows
    }
