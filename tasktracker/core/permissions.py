"""Who may do what, where: a person acts in one workspace at a time, in the role of their membership there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from tasktracker.core.enums import Role, TokenScope
from tasktracker.core.errors import Forbidden, NotFound
from tasktracker.core.models import ApiToken, Membership, User, Workspace
from tasktracker.core.sessions import is_proven
from tasktracker.core.walls import Wall, put_up

SESSION_KEY = "workspace"


@dataclass(frozen=True, slots=True)
class Access:
    """A person in a workspace with a role; `wall` stands before what they may not see of it."""

    user: User
    workspace: Workspace
    role: Role
    wall: Wall | None = field(default=None, compare=False, repr=False)

    def allows(self, role: Role) -> bool:
        """Whether the role held is `role` or above it."""
        return self.role.rank >= role.rank

    def require(self, role: Role) -> None:
        """Raise `Forbidden` unless the role held is `role` or above it."""
        if not self.allows(role):
            raise Forbidden(f"This needs the role {role} in {self.workspace}; yours is {self.role}.")


def access_of(user: User, *, slug: str | None = None, workspace_id: int | None = None) -> Access | None:
    """The person's access to the named workspace, or to their first one; None for a stranger, or who is shut out."""
    found = Membership.objects.select_related("workspace").filter(user=user, user__is_active=True)
    found = found.order_by("workspace__name", "id")
    if slug is not None:
        found = found.filter(workspace__slug=slug.replace("\x00", ""))
    elif workspace_id is not None:
        found = found.filter(workspace_id=workspace_id)
    membership = found.first()
    return _access(user, membership.workspace, Role(membership.role)) if membership else None


def access_of_token(token: ApiToken) -> Access | None:
    """What a token may do: the role of its owner, no higher than its scope reaches; None without a membership.

    `token.role` is the owner's present role, as `token_owner` reads it.
    """
    role: str | None = getattr(token, "role", None)
    if role is None:
        return None
    held, ceiling = Role(role), TokenScope(token.scope).ceiling
    return _access(token.user, token.workspace, held, held if held.rank <= ceiling.rank else ceiling)


def _access(user: User, workspace: Workspace, held: Role, acting: Role | None = None) -> Access:
    """`acting` is lower than the role held where a token reaches less; whoever manages the sources sees them all."""
    wall = None if held.rank >= Role.MANAGER.rank else Wall(user.pk, workspace.pk)
    return Access(user, workspace, acting or held, wall)


def access_for(request: HttpRequest | Request) -> Access:
    """The access with which this request acts, kept on it.

    A token acts in its own workspace. A session acts in `X-Workspace`, else in the one chosen on a page, else in
    the person's first. Raises `NotFound` for a workspace that is not theirs.
    """
    http: Any = getattr(request, "_request", request)
    known: Access | None = getattr(http, "access", None)
    if known is not None:
        return known
    token = getattr(request, "auth", None)
    wanted = http.headers.get("X-Workspace")
    user: Any = request.user
    if isinstance(token, ApiToken):
        if wanted and wanted != token.workspace.slug:
            raise NotFound("There is no such workspace, or this token is not for it.")
        access = access_of_token(token)
    elif wanted:
        access = access_of(user, slug=wanted)
    else:
        chosen = http.session.get(SESSION_KEY)
        access = (access_of(user, workspace_id=chosen) if chosen else None) or access_of(user)
    if access is None:
        raise NotFound("There is no such workspace, or you are not a member of it.")
    http.access = access
    put_up(access.wall)
    return access


def workspace_for(request: HttpRequest) -> Workspace:
    """The workspace of `access_for`."""
    return access_for(request).workspace


def require(request: HttpRequest | Request, role: Role) -> Access:
    """The access of this request, or `Forbidden` when its role does not reach `role`."""
    access = access_for(request)
    access.require(role)
    return access


def posted_by(request: HttpRequest, role: Role) -> tuple[Access, QueryDict | None]:
    """Who asks for a form that everybody may look at and `role` may send, and what was sent; None where nothing was."""
    return (require(request, role), request.POST) if request.method == "POST" else (access_for(request), None)


type View = Callable[..., HttpResponseBase]


def page(role: Role = Role.VIEWER) -> Callable[[View], View]:
    """A page for members: login first, then at least `role` in the chosen workspace."""

    def wrap(view: View) -> View:
        @login_required
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            require(request, role)
            return view(request, *args, **kwargs)

        inner.page_role = role  # type: ignore[attr-defined]  # read by the matrix test
        return inner

    return wrap


class RolePermission(BasePermission):
    """For the API: a login, a membership, and the role that the view names.

    A view says `read_role`, `write_role`, or `roles = {action: role}`; reading asks for a viewer and writing for a
    reviewer where it says nothing. `ingest_actions` names the actions with which messages are sent in: a token of the
    scope "ingest" reaches these and nothing else, and one of the scope "read" reaches nothing that changes anything.
    `proven_actions`, and writes with something in one of the `proven_fields`, are for a session only a short time after
    the person showed who they are (stepup.py); a token is its own proof.
    """

    DEFAULT_READ: ClassVar[Role] = Role.VIEWER
    DEFAULT_WRITE: ClassVar[Role] = Role.REVIEWER

    @classmethod
    def role_for(cls, view: Any, method: str) -> Role:
        """The least role for `method` (and the view's current action)."""
        named = getattr(view, "roles", {}).get(getattr(view, "action", None))
        if named is not None:
            return Role(named)
        if method in SAFE_METHODS:
            return Role(getattr(view, "read_role", cls.DEFAULT_READ))
        return Role(getattr(view, "write_role", cls.DEFAULT_WRITE))

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        if isinstance(request.auth, ApiToken):
            self.require_scope(TokenScope(request.auth.scope), request.method or "GET", view)
        require(request, self.role_for(view, request.method or "GET"))
        if not isinstance(request.auth, ApiToken):
            self.require_proof(request, view)
        return True

    @staticmethod
    def require_proof(request: Request, view: Any) -> None:
        """Raise `Forbidden` for a session that writes a key or a secret long after the person said who they are."""
        fields = getattr(view, "proven_fields", ())
        data = request.data if fields and request.method not in SAFE_METHODS else {}
        written = isinstance(data, dict) and any(data.get(name) for name in fields)
        asked = written or getattr(view, "action", None) in getattr(view, "proven_actions", ())
        if asked and not is_proven(request._request):
            raise Forbidden("Sign in again, or use a token: this is written only by who just proved it.", code="proof")

    @staticmethod
    def require_scope(scope: TokenScope, method: str, view: Any) -> None:
        """Raise `Forbidden` for what a token of this scope never does; how far its role reaches is asked after this."""
        if scope is TokenScope.INGEST and getattr(view, "action", None) not in getattr(view, "ingest_actions", ()):
            raise Forbidden("This token may only send messages in: its scope is ingest.", code="scope")
        if scope is TokenScope.READ and method not in SAFE_METHODS:
            raise Forbidden("This token may change nothing: its scope is read.", code="scope")
