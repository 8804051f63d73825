"""One writer of what a workspace has accepted at a time."""

from django.db import connection

DESK_LOCK = 7301


def hold(workspace_id: int) -> None:
    """Wait for the workspace's desk and keep it until the transaction ends.

    Decisions, intake and changes by hand touch overlapping sets of rows (an atom joins a topic, an undo removes what
    another decision is linking to). Row locks alone would deadlock or fail at the commit on a deferred foreign key;
    people decide at human speed, so one at a time in a workspace costs nothing. Always the first lock taken.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashint8(%s))", [DESK_LOCK, workspace_id])
