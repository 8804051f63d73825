"""Who did it: the application tells the database, which writes the audit log by itself (migration 0006 of core)."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from tasktracker.core.audit_models import AuditEntry
from tasktracker.core.models import User, Workspace

WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"(\w+)"')
# Table → the kind of its rows in the log.
WATCHED = {
    "core_workspace": "workspace",
    "core_membership": "member",
    "core_invitation": "invitation",
    "core_apitoken": "token",
    "ingestion_source": "source",
    "knowledge_project": "project",
    "analysis_provider": "provider",
    "analysis_agent": "agent",
    "analysis_assignment": "assignment",
    "analysis_taskconfig": "task_config",
    "analysis_schedule": "schedule",
    "analysis_spendingcap": "cap",
    "proposals_autoapproval": "policy",
}
# The same of what decisions, edits and moves by hand are about: those rows name their own people.
DECIDED = {
    "proposals_proposal": "proposal",
    "knowledge_topic": "topic",
    "knowledge_atom": "atom",
    "knowledge_task": "task",
    "analysis_analysisrun": "run",
}
PERSON = "person"  # noted by ingestion: people who speak in a chat have no trigger, since imports write them
KINDS = (*WATCHED.values(), *DECIDED.values(), PERSON)

type Middleware = Callable[[HttpRequest], HttpResponseBase]


@contextmanager
def acting(by: User | None) -> Iterator[None]:
    """In the open transaction: what is written inside was done by this person. None leaves it as it was said before."""
    if by is None:
        yield
        return
    before = _told()
    _tell(str(by.pk))
    yield
    _tell(before)  # not reached where it failed: the transaction, or its savepoint, takes the word back


def _told() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('tasktracker.actor', true)")
        row = cursor.fetchone()
    return str(row[0] or "") if row else ""


def _tell(actor: str) -> None:
    """For the rest of the transaction, so that a connection of a pool never carries it to somebody else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('tasktracker.actor', %s, true)", [actor])


def name_actor(get_response: Middleware) -> Middleware:
    """Middleware: each write of a watched table in a request is told to be by who makes the request."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return get_response(request)

        def told(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
            found = WRITE.match(sql) if isinstance(sql, str) else None
            if found is None or found[1] not in WATCHED:
                return execute(sql, params, many, context)
            actor = actor_of(request)
            if connection.in_atomic_block:
                _tell(actor)
                return execute(sql, params, many, context)
            with transaction.atomic():
                _tell(actor)
                return execute(sql, params, many, context)

        with connection.execute_wrapper(told):
            return get_response(request)

    return handle


def actor_of(request: HttpRequest) -> str:
    """The id of who makes the request: by token or by login; "" for nobody, who may still come in by an invitation."""
    access = getattr(request, "access", None)
    user: Any = access.user if access is not None else request.user
    return str(user.pk or "")


def note_account(*, user: User, by: User, changes: dict[str, Any]) -> None:
    """What somebody did to an account, their own too, in the log of every workspace that the person is in.

    An account lies in no workspace, so no trigger knows in which log it stands. `changes` as in `AuditEntry`.
    """
    AuditEntry.objects.bulk_create(
        AuditEntry(
            workspace_id=workspace_id,
            by=by,
            at=timezone.now(),
            kind="member",
            object_id=pk,
            verb="changed",
            changes={"user_id": [user.pk, user.pk], **changes},
        )
        for pk, workspace_id in user.memberships.values_list("pk", "workspace_id")
    )


def entries(
    *,
    workspace: Workspace,
    kind: str = "",
    object_id: int | None = None,
    by: int | None = None,
    since: datetime | None = None,
) -> QuerySet[AuditEntry]:
    """The log of a workspace, newest first, of one kind, object or person where that is asked."""
    found = AuditEntry.objects.filter(workspace=workspace).select_related("by").order_by("-id")
    if kind:
        found = found.filter(kind=kind)
    if object_id is not None:
        found = found.filter(object_id=object_id)
    if by is not None:
        found = found.filter(by=by)
    return found.filter(at__gte=since) if since is not None else found
