"""A decision at the desk with 1,000 and with 100,000 proposals waiting: the whole request, next card and counts too."""

from collections.abc import Callable, Sequence
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from proposals import selectors
from tasktracker.bench import Result, stopwatch
from tasktracker.bench.pages import filled
from tasktracker.core.models import Workspace
from tasktracker.core.services import ensure_member

SMALL, LARGE = 1_000, 100_000
TIMES = 25
AIM, CEILING = 1.5, 0.1  # the ratio, and seconds
HTMX = {"HX-Request": "true", "HX-Target": "card"}


def run(workspace: Workspace) -> list[Result]:
    few, many = decidable("deciding-small", SMALL), decidable("deciding-large", LARGE)
    results = []
    acts = {
        "approve, the next card in the answer": approve,
        "approve, the next card there already": approve_ahead,
        "prefetch of the next card": prefetch,
    }
    for name, act in acts.items():
        fast, slow = times_of((few, many), act)
        results.append(
            Result(
                f"{name}, with {LARGE:,} waiting / with {SMALL:,}",
                f"{slow * 1000:.1f} ms",
                f"{fast * 1000:.1f} ms",
                slow / fast,
                f"≤ {AIM}, < {CEILING * 1000:.0f} ms",
                slow / fast <= AIM and slow < CEILING,
            )
        )
    return results


def decidable(slug: str, count: int) -> Workspace:
    """A workspace with `count` waiting, of which the first say something each of their own."""
    workspace = filled(slug, count)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE proposals_proposal SET title = title || ' ' || id, payload = payload || jsonb_build_object(
                CASE kind WHEN 'topic' THEN 'name' ELSE 'title' END, title || ' ' || id)
            WHERE id IN (SELECT id FROM proposals_proposal WHERE workspace_id = %s ORDER BY rank DESC LIMIT 300)
            """,
            [workspace.pk],
        )
    return workspace


def approve(client: Client, workspace: Workspace) -> None:
    first = selectors.inbox(workspace).values_list("pk", flat=True)[0]
    answered(client.post(f"/review/{first}/approve/", headers=HTMX).status_code)


def approve_ahead(client: Client, workspace: Workspace) -> None:
    first, second = selectors.inbox(workspace).values_list("pk", flat=True)[:2]
    answered(client.post(f"/review/{first}/approve/", headers={**HTMX, "TT-Shown": str(second)}).status_code)


def prefetch(client: Client, workspace: Workspace) -> None:
    first = selectors.inbox(workspace).values_list("pk", flat=True)[0]
    answered(client.get(f"/review/?after={first}", headers=HTMX).status_code)


def answered(status: int) -> None:
    if status != 200:
        raise RuntimeError(f"the desk answered {status}")


def times_of(workspaces: Sequence[Workspace], act: Callable[[Client, Workspace], None]) -> list[float]:
    """Median seconds of `act` by a reviewer in each; taken in turns, so that a busy machine is busy for all."""
    clients = []
    for workspace in workspaces:
        member = ensure_member(username=f"reader-{workspace.slug}", workspace_slug=workspace.slug, role="admin")
        clients.append(Client(headers={"host": "localhost"}))
        clients[-1].force_login(member.user)
    seconds: list[list[float]] = [[] for _ in workspaces]
    with override_settings(DEBUG=False):
        for turn in range(TIMES + 1):
            for place, workspace in enumerate(workspaces):
                with stopwatch() as took:
                    act(clients[place], workspace)
                if turn:  # the first warms up
                    seconds[place].append(took())
    return [median(one) for one in seconds]
