"""Say again who you are: what opens doors for longer than a login is written only by who proved it a short time ago.

That is a provider's key, a source's secret, one's own second step, a token that may do everything. Somebody at a
browser that was left open, or with a stolen cookie, gets no further. A bearer token is asked nothing: it is its own
proof.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from tasktracker.core import crypto, passkeys, secondstep
from tasktracker.core.account_models import TotpDevice
from tasktracker.core.errors import Invalid
from tasktracker.core.lockout import count_password, count_second_step, forget_guesses
from tasktracker.core.models import User
from tasktracker.core.sessions import PROVEN_LASTS, is_proven, prove

HELD = "held"  # the field that holds what was typed before
LONGEST = 20  # of a code

type View = Callable[..., HttpResponseBase]


def filled(*names: str) -> Callable[[HttpRequest], bool]:
    """For `proven`: whether one of these fields has something in it."""
    return lambda request: any(request.POST.get(name) for name in names)


def proven(when: Callable[[HttpRequest], bool] = lambda _: True) -> Callable[[View], View]:
    """For a page, beneath `page()`: a POST for which `when` is true asks first who it is, unless that is just known.

    What was typed waits in the page that asks, sealed, secrets and all; the answer goes to the same address and does
    what was wanted at first.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        @never_cache
        @sensitive_post_parameters()
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method != "POST":
                return view(request, *args, **kwargs)
            held = request.POST.get(HELD, "")
            if held:
                fields, back = _open(request, held)
                if not is_proven(request) and not _proves(request):
                    return _ask(request, held, back, wrong=True)
                changed: Any = request
                changed.POST = QueryDict(fields)
            elif when(request) and not is_proven(request):
                back = _back(request)
                return _ask(request, _seal(request, back), back)
            return view(request, *args, **kwargs)

        return inner

    return wrap


def _person(request: HttpRequest) -> User:
    user: Any = request.user
    found: User = user
    return found


def _bind(request: HttpRequest) -> str:
    return f"held:{_person(request).pk}:{request.get_full_path()}"


def _back(request: HttpRequest) -> str:
    """The page with the form."""
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if ours else "/"


def _seal(request: HttpRequest, back: str) -> str:
    fields = request.POST.copy()
    fields.pop("csrfmiddlewaretoken", None)
    return crypto.seal(json.dumps([fields.urlencode(), back]), bind=_bind(request))


def _open(request: HttpRequest, held: str) -> tuple[str, str]:
    try:
        fields, back = json.loads(crypto.unseal(held, bind=_bind(request)))
    except crypto.DecryptionError:
        raise Invalid("What you typed before can't be read any more. Go back, and type it again.") from None
    return fields, back


def _ask(request: HttpRequest, held: str, back: str, *, wrong: bool = False) -> HttpResponse:
    user = _person(request)
    context = {
        "held": held,
        "back": back,
        "wrong": wrong,
        "again": request.get_full_path(),
        "minutes": PROVEN_LASTS // 60,
        "has_app": TotpDevice.objects.filter(user=user, confirmed_at__isnull=False).exists(),
        "passkey_options": passkeys.ask(request, user, state=passkeys.STATE_AGAIN),
    }
    return render(request, "tasktracker/proof.html", context, status=422 if wrong else 403)


def _proves(request: HttpRequest) -> bool:
    """Whether a password, a code of the app or a passkey came that is the person's. Wrong ones are counted."""
    user = _person(request)
    credential, code = request.POST.get("credential", ""), request.POST.get("code", "")[:LONGEST]
    if credential:
        who = count_second_step(request, user, strictly=False)
        right = passkeys.check(request, user=user, answer=credential, state=passkeys.STATE_AGAIN)
    elif code:
        who = count_second_step(request, user, strictly=True)
        right = secondstep.is_app_code(code) and secondstep.check_code(user=user, code=code)
    else:
        who = count_password(request, user.get_username())
        right = user.check_password(request.POST.get("password", ""))
    if right:
        forget_guesses(**who)
        prove(request)
    return right
