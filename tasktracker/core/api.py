"""API plumbing: problem+json, scoped viewsets."""

from contextlib import nullcontext
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError, transaction
from django.db.models import Model, ProtectedError
from django.http import Http404
from rest_framework import exceptions, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from tasktracker.core import walls
from tasktracker.core.errors import PROBLEM, Conflict, DomainError, TooMany, problem_body
from tasktracker.core.idempotency import idempotent as idempotent
from tasktracker.core.idempotency import idempotent_apart
from tasktracker.core.paths import ROW_ID
from tasktracker.core.permissions import Access, access_for


def problem(code: str, detail: str, http_status: int, **extra: Any) -> Response:
    """`problem_body` as an answer."""
    return Response(problem_body(code, detail, http_status, **extra), status=http_status, content_type=PROBLEM)


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Each refusal as problem+json. What is not a refusal stays a 500 and is logged by Django."""
    if isinstance(error, DomainError):
        answer = problem(error.error_code, error.detail, error.status, **error.extra)
        if isinstance(error, TooMany):
            answer["Retry-After"] = str(error.extra["retry_after"])
        return answer
    if isinstance(error, Http404):
        return problem("not_found", "There is no such thing here.", 404)
    if isinstance(error, PermissionDenied):
        return problem("forbidden", "You may not do this.", 403)
    if isinstance(error, exceptions.ValidationError):
        return problem("invalid", first_message(error.detail), 400, errors=error.detail)
    if isinstance(error, exceptions.APIException):
        answer = problem(str(error.get_codes()), str(error.detail), error.status_code)
        challenge, wait = getattr(error, "auth_header", None), getattr(error, "wait", None)
        if challenge:
            answer["WWW-Authenticate"] = challenge
        if wait:
            answer["Retry-After"] = str(int(wait) + 1)
        return answer
    if isinstance(error, DataError | OverflowError | UnicodeEncodeError | RecursionError):
        # What PostgreSQL or a number can't hold (NUL, a lone surrogate, 1e400) is the caller's to mend.
        return problem(
            "invalid", "A value holds something that can't be stored, such as NUL or an endless number.", 400
        )
    return None


def first_message(detail: Any, field: str = "") -> str:
    """The first validation message with the field that it speaks of."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            if inner:
                return first_message(inner, "" if name == "non_field_errors" else name)
    if isinstance(detail, list):
        for inner in detail:
            if inner:
                return first_message(inner, field)
    return f"{field}: {detail}" if field else str(detail)


class ScopedMixin:
    """A view whose rows all lie in the caller's workspace; whoever else asks gets 404."""

    queryset: Any
    request: Any
    workspace_path: ClassVar[str] = "workspace"

    @property
    def access(self) -> Access:
        return access_for(self.request)

    def get_queryset(self) -> Any:
        base = walls.within(super().get_queryset())
        if getattr(self, "swagger_fake_view", False):
            return base.none()
        return base.filter(**{self.workspace_path: self.access.workspace})


class WorkspaceViewSet(ScopedMixin, viewsets.GenericViewSet[Any]):
    """Base of viewsets; add the mixins for what it can do, write through services."""

    lookup_value_regex = ROW_ID


class ReadOnlyViewSet(ScopedMixin, viewsets.ReadOnlyModelViewSet[Any]):
    """Base of lists and details without writing."""

    lookup_value_regex = ROW_ID


class CrudViewSet(ScopedMixin, viewsets.ModelViewSet[Any]):
    """Base of plain CRUD: `perform_*` hand to a service where one has rules; the workspace is always the caller's."""

    lookup_value_regex = ROW_ID
    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options"]
    # False where the service asks somebody over the network first, and has a transaction of its own after that.
    in_transaction: ClassVar[bool] = True

    @idempotent_apart  # what a serializer checks over the network, it checks outside of a transaction
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make one."""
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: Any) -> None:
        self._save(serializer, workspace=self.access.workspace)

    def perform_update(self, serializer: Any) -> None:
        self._save(serializer)

    def _save(self, serializer: Any, **more: Any) -> None:
        try:
            with transaction.atomic() if self.in_transaction else nullcontext():
                serializer.save(**more)
        except IntegrityError:
            raise Conflict("There is one with this name already.", code="exists") from None

    def perform_destroy(self, instance: Model) -> None:
        try:
            instance.delete()
        except ProtectedError:
            raise Conflict(
                "Other things rest on this, so it can't be deleted. Switch it off instead.", code="in_use"
            ) from None


def created(data: Any) -> Response:
    """201 with a body."""
    return Response(data, status=status.HTTP_201_CREATED)
