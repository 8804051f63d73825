"""The second step of a login: an authenticator app, a passkey, or a recovery code.

Until it is done nobody is logged in: whichever view took the password, the session holds only who is awaited. So a
page, the administration, the API and the socket need no check of their own.
"""

import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, login
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from tasktracker.core import crypto, sessions, totp
from tasktracker.core.account_models import RecoveryCode, TotpDevice
from tasktracker.core.enums import Role
from tasktracker.core.errors import PROBLEM, Conflict, Invalid, problem_body
from tasktracker.core.models import Membership, User

PASSED = "second_step"  # in the session: it was done here
AWAITED = "second_step_awaited"  # in the session: whose password was right
PATIENCE = 600  # seconds between the two steps
CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what is easily misread


def has_second_step(user: User) -> bool:
    """Whether the person has set one up."""
    return TotpDevice.objects.filter(user=user, confirmed_at__isnull=False).exists() or user.passkeys.exists()


def required_of(user: User) -> bool:
    """Whether the setting asks a second step of the person, by their highest role anywhere."""
    if not settings.SECOND_STEP_FOR:
        return False
    least = Role(settings.SECOND_STEP_FOR)
    enough = [role for role in Role if role.rank >= least.rank]
    return Membership.objects.filter(user=user, role__in=enough).exists()


def must_set_up(user: User, session: Any) -> bool:
    """Whether the person has to set one up before anything else. Who has one has passed it, or is not logged in."""
    return bool(settings.SECOND_STEP_FOR) and not session.get(PASSED) and required_of(user)


# --- the login ------------------------------------------------------------------------------------------------------


def _logged_in(sender: object, request: HttpRequest, user: User, **_: Any) -> None:
    """Whichever view logs somebody in: without the second step it is taken back, and the person is awaited."""
    waiting: Any = request
    session = request.session
    done = getattr(request, "second_step_done", False)
    session.set_expiry(None)  # it may have been a short one, for the challenge of a passkey
    # Of whoever was here before: an awaited session is nobody's, so login() keeps what is in it.
    for key in (AWAITED, sessions.PROVEN, *(() if done else (PASSED,))):
        session.pop(key, None)
    if done or not has_second_step(user):
        sessions.prove(request)
        sessions.note(request, user)
        return
    backend = session.get(BACKEND_SESSION_KEY)
    for key in (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY):
        session.pop(key, None)
    session[AWAITED] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),  # another password in between ends it
        "backend": backend,
        "at": int(time.time()),
    }
    request.user = AnonymousUser()
    waiting.second_step_awaited = True


user_logged_in.connect(_logged_in, dispatch_uid="core.secondstep")


def awaited(request: HttpRequest) -> User | None:
    """Whose second step this session waits for, if the password was right a short time ago."""
    waiting = request.session.get(AWAITED)
    if not waiting or time.time() - waiting["at"] > PATIENCE:
        return None
    user = User.objects.filter(pk=waiting["user"], is_active=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), waiting["hash"]):
        return None
    return user


def complete(request: HttpRequest, user: User) -> None:
    """Log in whoever did both steps, or both in one by a passkey. Nobody is logged in here yet."""
    done: Any = request
    done.second_step_done = True
    awaited_one = request.session.get(AWAITED) or {}
    request.session[PASSED] = True
    login(request, user, backend=awaited_one.get("backend") or settings.AUTHENTICATION_BACKENDS[0])


type Handler = Callable[[HttpRequest], HttpResponseBase]


def second_step(get_response: Handler) -> Handler:
    """Middleware: leads from the password to the second step, and to its set-up whoever must have one."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        answer = _to_set_up(request) or get_response(request)
        if getattr(request, "second_step_awaited", False):
            after = answer.headers.get("Location", "")
            return redirect(f"{reverse('second_step')}?{urlencode({'next': after})}")
        return answer

    return middleware


def _to_set_up(request: HttpRequest) -> HttpResponseBase | None:
    """The way to the set-up for who must go it; None for everybody else."""
    if not settings.SECOND_STEP_FOR or request.session.session_key is None:
        return None
    is_api = request.path.startswith("/api/")
    if is_api and request.headers.get("Authorization", "").lower().startswith("bearer "):
        return None  # the API asks the token, right or wrong, and no session
    open_to_all = (reverse("account"), reverse("logout"), reverse("login"), "/static/", "/password/")
    if request.path.startswith(open_to_all) or not request.user.is_authenticated:
        return None
    if not must_set_up(request.user, request.session):
        return None
    if is_api:
        body = problem_body("second_step", "Your role has to sign in in two steps: set the second one up first.", 403)
        return JsonResponse(body, status=403, content_type=PROBLEM)
    return redirect("set_up_second_step")


# --- setting it up --------------------------------------------------------------------------------------------------


def _bind(user: User) -> str:
    return f"totp.key:{user.pk}"


@transaction.atomic
def begin_totp(*, user: User) -> TotpDevice:
    """A new key for an authenticator app; it counts for nothing until a code of it came. `Conflict` with one there."""
    TotpDevice.objects.filter(user=user, confirmed_at__isnull=True).delete()
    if TotpDevice.objects.filter(user=user).exists():
        raise Conflict("You have an authenticator app already. Remove it first.", code="exists")
    return TotpDevice.objects.create(user=user, sealed_key=crypto.seal(totp.new_key(), bind=_bind(user)))


def key_of(device: TotpDevice) -> str:
    """The key in clear, in base32. Raises `DecryptionError`."""
    return crypto.unseal(device.sealed_key, bind=_bind(device.user))


@transaction.atomic
def confirm_totp(*, user: User, code: str) -> None:
    """From now on the app is asked for. Raises `Invalid` for a wrong code."""
    device = TotpDevice.objects.select_for_update().filter(user=user, confirmed_at__isnull=True).first()
    if device is None or not _use_code(device, code):
        raise Invalid("This is not the code that the app shows now. Is the clock of the device right?")
    device.confirmed_at = timezone.now()
    device.save(update_fields=["confirmed_at"])


def _use_code(device: TotpDevice, code: str) -> bool:
    """Whether the code is right and new; the row is locked by the caller."""
    step = totp.step_of(key_of(device), code, after=device.last_step)
    if step is None:
        return False
    device.last_step = step
    device.save(update_fields=["last_step"])
    return True


def _typed(code: str) -> str:
    return "".join(code.split()).replace("-", "").casefold()


def is_app_code(code: str) -> bool:
    """Whether this is what an app shows, which can be guessed; a recovery code can't."""
    typed = _typed(code)
    return typed.isascii() and typed.isdigit() and len(typed) == totp.DIGITS


@transaction.atomic
def check_code(*, user: User, code: str) -> bool:
    """Whether this is a code of the person's app, or a recovery code that was not used; either works once."""
    typed = _typed(code)
    if is_app_code(code):
        device = TotpDevice.objects.select_for_update().filter(user=user, confirmed_at__isnull=False).first()
        return device is not None and _use_code(device, typed)
    known = crypto.digests(_salt(user), typed)
    unused = RecoveryCode.objects.filter(user=user, digest__in=known, used_at__isnull=True)
    return bool(unused.update(used_at=timezone.now()))


def _salt(user: User) -> str:
    """Codes are stored as digests keyed with SECRET_KEY: whoever reads the database alone can't try them."""
    return f"recovery:{user.pk}"


@transaction.atomic
def new_recovery_codes(*, user: User) -> list[str]:
    """Ten codes, seen this once; those of before are void."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(12)) for _ in range(CODES)]
    user.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=crypto.digest(_salt(user), code)) for code in codes)
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


def passed(request: HttpRequest, user: User) -> list[str]:
    """The first second step of `user` was set up in this session: other logins end. The recovery codes, if new."""
    request.session[PASSED] = True
    sessions.end_logins(user=user, keep=request.session.session_key)
    return [] if user.recovery_codes.exists() else new_recovery_codes(user=user)


@transaction.atomic
def remove(request: HttpRequest, *, user: User, passkey_id: int | None = None) -> None:
    """Remove a passkey, or the authenticator app. With the last of them the recovery codes go, and other logins.

    Raises `Conflict` where the person's role needs a second step, and this is the last.
    """
    User.objects.select_for_update().get(pk=user.pk)  # else two at once each see what the other one removes
    if passkey_id is None:
        TotpDevice.objects.filter(user=user).delete()
    else:
        user.passkeys.filter(pk=passkey_id).delete()
    if has_second_step(user):
        return
    if required_of(user):
        raise Conflict("Your role has to sign in in two steps. Set up another one first.", code="required")
    user.recovery_codes.all().delete()
    request.session.pop(PASSED, None)
    sessions.end_logins(user=user, keep=request.session.session_key)
