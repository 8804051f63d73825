"""Pages of the second step: where it is asked for, and where it is set up."""

from typing import Any

import qrcode
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tasktracker.account_forms import OwnPassword
from tasktracker.core import passkeys, secondstep, totp
from tasktracker.core.account_models import TotpDevice
from tasktracker.core.errors import Invalid
from tasktracker.core.lockout import count_guess, count_second_step, forget_guesses
from tasktracker.core.models import User
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for, page
from tasktracker.core.stepup import proven

NAME = 60


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponseBase:
    """After the password: a code or a passkey. Guesses are counted for the person, wherever they come from."""
    user = secondstep.awaited(request)
    if user is None:
        return redirect("login")
    wrong = False
    if request.method == "POST":
        strictly = not request.POST.get("credential") and secondstep.is_app_code(sent_code(request))
        who = count_second_step(request, user, strictly=strictly)
        if answers(request, user):
            forget_guesses(**who)
            secondstep.complete(request, user)
            return redirect(safe_next(request))
        wrong = True
    context = {
        "wrong": wrong,
        "next": safe_next(request),
        "has_app": TotpDevice.objects.filter(user=user, confirmed_at__isnull=False).exists(),
        "passkey_options": passkeys.ask(request, user),
    }
    return render(request, "registration/second_step.html", context, status=422 if wrong else 200)


def answers(request: HttpRequest, user: User) -> bool:
    """Whether what was sent is a passkey's signature, or a code."""
    if request.POST.get("credential"):
        return passkeys.check(request, user=user, answer=request.POST["credential"])
    return secondstep.check_code(user=user, code=sent_code(request))


def sent_code(request: HttpRequest) -> str:
    """What was typed for a code."""
    return request.POST.get("code", "")[:NAME]


def safe_next(request: HttpRequest) -> str:
    """Where to go afterwards: a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else "/"


def shown(request: HttpRequest, **more: Any) -> HttpResponse:
    """The page of the set-up."""
    user = access_for(request).user
    device = TotpDevice.objects.filter(user=user).first()
    key = secondstep.key_of(device) if device is not None and device.confirmed_at is None else ""
    context = {
        "device": device,
        "key": key,
        "qr": qr_of(totp.address(key, user.get_username())) if key else None,
        "passkeys": user.passkeys.order_by("id"),
        "passkey_options": passkeys.begin(request, user),
        "codes_left": user.recovery_codes.filter(used_at__isnull=True).count(),
        "required": secondstep.required_of(user),
        **more,
    }
    return render(request, "tasktracker/second_step.html", context)


def qr_of(text: str) -> dict[str, Any]:
    """A QR code as `size` in modules and the `path` of an SVG that draws the dark ones."""
    code = qrcode.QRCode(border=2)
    code.add_data(text)
    rows = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return {"size": len(rows), "path": path}


@page()
@never_cache
@require_http_methods(["GET"])
def set_up(request: HttpRequest) -> HttpResponse:
    """What of a second step there is, and how to have one."""
    return shown(request)


@page()
@require_POST
@proven()
def begin_app(request: HttpRequest) -> HttpResponseBase:
    """A key for an authenticator app, shown as a QR code until its first code comes."""
    secondstep.begin_totp(user=access_for(request).user)
    return redirect("set_up_second_step")


@page()
@never_cache
@require_POST
@proven()
def confirm_app(request: HttpRequest) -> HttpResponse:
    """The app's first code: from now on it is asked for."""
    user = access_for(request).user
    who = f"set-up of {user.pk}"
    count_guess(username=who, address="")
    secondstep.confirm_totp(user=user, code="".join(request.POST.get("code", "").split())[:NAME])
    forget_guesses(username=who, address="")
    return told(request, secondstep.passed(request, user), "The authenticator app is asked for at your next login.")


@page()
@never_cache
@require_POST
@proven()
def add_passkey(request: HttpRequest) -> HttpResponse:
    """Keep the passkey that the browser made."""
    user = access_for(request).user
    name = request.POST.get("name", "").replace("\x00", "").strip()[:NAME] or "Passkey"
    passkeys.add(request, user=user, name=name, answer=request.POST.get("credential", ""))
    return told(request, secondstep.passed(request, user), f"The passkey {name} may be used at your next login.")


def told(request: HttpRequest, codes: list[str], words: str) -> HttpResponse:
    """The page with what was done, and the recovery codes where there are new ones: this once."""
    messages.success(request, words)
    return shown(request, codes=codes)


@page()
@never_cache
@sensitive_post_parameters()
@require_POST
def new_codes(request: HttpRequest) -> HttpResponse:
    """Ten other recovery codes, for whoever knows the password."""
    user = with_password(request)
    if not secondstep.has_second_step(user):
        raise Invalid("Set up an app or a passkey first: recovery codes stand in for these.")
    return shown(request, codes=secondstep.new_recovery_codes(user=user))


@page()
@sensitive_post_parameters()
@require_POST
def remove(request: HttpRequest) -> HttpResponseBase:
    """Remove the app, or the passkey named by `passkey`, for whoever knows the password."""
    user = with_password(request)
    wanted = request.POST.get("passkey", "")
    secondstep.remove(request, user=user, passkey_id=int(wanted) if is_number(wanted) else None)
    messages.success(request, "It is removed, and not asked for any more.")
    return redirect("set_up_second_step")


def with_password(request: HttpRequest) -> User:
    """The person, whose present password came with the request; else `Invalid`."""
    form = OwnPassword(request, request.POST)
    if not form.is_valid():
        raise Invalid("Type your present password to change this.")
    return access_for(request).user
