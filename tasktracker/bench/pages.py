"""The dashboard and list pages at 1,000 and at 300,000 rows: the same time, the same number of queries."""

import random
from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from ingestion.models import Message
from proposals.models import Proposal
from tasktracker.bench import Result, typical_pair
from tasktracker.bench.chat import sentence
from tasktracker.core.models import Workspace
from tasktracker.core.services import ensure_member

SMALL, LARGE = 1_000, 300_000
AIM = 1.5
PAGES = {
    "/": Message,
    "/review/": Proposal,
    "/messages/": Message,
    "/api/proposals": Proposal,
    "/api/messages": Message,
}


def run(workspace: Workspace) -> list[Result]:
    results = []
    small = filled("small", SMALL)
    large = filled("large", LARGE)
    for page in PAGES:
        get_few, get_many = visit(small, page), visit(large, page)
        few, many = queries_of(get_few), queries_of(get_many)
        fast, slow = typical_pair(get_few, get_many, 25)
        results.append(
            Result(
                f"GET {page} at {LARGE:,} rows / at {SMALL:,} ({many} queries, {few} there)",
                f"{slow * 1000:.1f} ms",
                f"{fast * 1000:.1f} ms",
                slow / fast,
                f"≤ {AIM}, same queries",
                slow / fast <= AIM and many == few,
            )
        )
    return results


def visit(workspace: Workspace, page: str) -> Callable[[], None]:
    """A member's visit of a page."""
    member = ensure_member(username=f"reader-{workspace.slug}", workspace_slug=workspace.slug, role="admin")
    client = Client(headers={"host": "localhost"})
    client.force_login(member.user)

    def get() -> None:
        answer = client.get(page)
        if answer.status_code != 200:
            raise RuntimeError(f"{page} answered {answer.status_code}")

    return get


def queries_of(get: Callable[[], None]) -> int:
    """How many queries the second visit takes."""
    get()
    with override_settings(DEBUG=False), CaptureQueriesContext(connection) as queries:
        get()
    return len(queries)


def filled(slug: str, count: int) -> Workspace:
    """A workspace with `count` messages and as many proposals, made by SQL: making them is not measured.

    One of each a minute; of ten proposals nine wait and one is decided. On top stands a task: what a card asks depends
    on its kind.
    """
    member = ensure_member(username=f"reader-{slug}", workspace_slug=slug, role="admin")
    workspace = member.workspace
    words = [sentence(random.Random(number)) for number in range(500)]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH s AS (INSERT INTO ingestion_source (workspace_id, uid, name, kind, config, sealed_secret, is_active,
                           local_only, created_at, updated_at)
                       VALUES (%(w)s, gen_random_uuid(), 'bench', 'import', '{}', '', true, false, now(), now())
                       RETURNING id),
                 c AS (INSERT INTO ingestion_channel (workspace_id, platform, external_id, title, created_at,
                           updated_at)
                       VALUES (%(w)s, 'telegram', '-100' || %(w)s, 'Bench', now(), now()) RETURNING id),
                 p AS (INSERT INTO ingestion_participant (workspace_id, platform, external_id, name, is_bot, created_at,
                           updated_at)
                       SELECT %(w)s, 'telegram', 'user' || n, 'Person ' || n, false, now(), now()
                       FROM generate_series(1, 40) n RETURNING id),
                 people AS (SELECT array_agg(id) ids FROM p)
            INSERT INTO ingestion_message (workspace_id, source_id, channel_id, author_id, external_id, kind, text,
                sent_at, received_at, reply_to, thread, thread_title, forwarded_from, is_own, verdict, verdict_reason,
                verdict_score, verdict_by, category, metadata)
            SELECT %(w)s, s.id, c.id, people.ids[1 + n %% 40], n::text, 'message', (%(words)s::text[])[1 + n %% 500],
                   now() - n * interval '1 minute', now(), '', '', '', '', false, 'signal', 'score', 0.7,
                   'rule', '', '{}'
            FROM generate_series(1, %(n)s) n, s, c, people
            """,
            {"w": workspace.pk, "n": count, "words": words},
        )
        cursor.execute(
            """
            INSERT INTO proposals_proposal (workspace_id, kind, status, fingerprint, title, payload, origins,
                recommendation, confidence, reasoning, rank, reject_reason, note, created_kind, created_at,
                decided_by_id, decided_at)
            SELECT %(w)s, (ARRAY['topic','atom','task'])[1 + n %% 3],
                   CASE WHEN n %% 10 > 0 THEN 'pending' WHEN n %% 40 > 0 THEN 'approved' ELSE 'rejected' END,
                   md5(n::text),
                   left((%(words)s::text[])[1 + n %% 500], 120),
                   CASE n %% 3 WHEN 0 THEN '{"name": "Bench", "description": "", "keywords": []}'::jsonb
                       WHEN 1 THEN '{"type": "problem", "title": "Bench", "content": "", "links": []}'::jsonb
                       ELSE '{"title": "Bench", "description": "", "category": "bug", "priority": "high", "labels": [],
                             "fields": {}, "atoms": []}'::jsonb END,
                   '{}', 'new_task', random(), 'Because.', CASE n WHEN 2 THEN 101 ELSE random() * 100 END, '',
                   '', '', now() - n * interval '1 minute',
                   CASE WHEN n %% 10 = 0 THEN %(user)s END,
                   CASE WHEN n %% 10 = 0 THEN now() - n * interval '1 minute' END
            FROM generate_series(1, %(n)s) n
            """,
            {"w": workspace.pk, "n": count, "words": words, "user": member.user.pk},
        )
        cursor.execute(
            """
            INSERT INTO ingestion_quote (workspace_id, message_id, start, "end", text, is_stale)
            SELECT workspace_id, id, 0, 10, left(text, 10), false FROM ingestion_message WHERE workspace_id = %(w)s
            """,
            {"w": workspace.pk},
        )
        cursor.execute("ANALYZE proposals_proposal, ingestion_quote")  # else the join below takes a nested loop
        cursor.execute(
            """
            INSERT INTO proposals_evidence (proposal_id, quote_id)
            SELECT p.id, q.id
            FROM (SELECT id, row_number() OVER () n FROM proposals_proposal WHERE workspace_id = %(w)s) p
            JOIN (SELECT id, row_number() OVER () n FROM ingestion_quote WHERE workspace_id = %(w)s) q USING (n)
            """,
            {"w": workspace.pk},
        )
        for table in ("ingestion_message", "proposals_proposal", "ingestion_quote", "proposals_evidence"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    return workspace
