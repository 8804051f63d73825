"""Ways in beside the password: a passkey alone, and the link that ends a lock-out."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from tasktracker.core import passkeys, secondstep, unlocking
from tasktracker.core.lockout import count_guess, forget_guesses
from tasktracker.second_step_pages import safe_next


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def passkey_login(request: HttpRequest) -> HttpResponseBase:
    """GET: a challenge for a browser, as JSON. POST: its answer, which counts as both steps of a login.

    Wrong answers are counted by address, since nobody is named before the right one.
    """
    if request.user.is_authenticated:
        return redirect(safe_next(request))
    if request.method == "GET":
        return JsonResponse(passkeys.ask_anybody(request))
    who = {"username": "a passkey", "address": request.META.get("REMOTE_ADDR", "")}
    count_guess(**who)
    user = passkeys.check_anybody(request, answer=request.POST.get("credential", ""))
    if user is None:
        messages.error(request, "No login here is opened by this passkey. Try again, or use your password.")
        return redirect(f"{reverse('login')}?{urlencode({'next': safe_next(request)})}")
    forget_guesses(**who)
    secondstep.complete(request, user)
    return redirect(safe_next(request))


@never_cache
@require_http_methods(["GET", "POST"])
def unlock(request: HttpRequest, token: str) -> HttpResponseBase:
    """Where the link of a lock-out leads. Only a POST ends the lock: programs that look through mails open links."""
    if not unlocking.is_good(token):
        count_guess(username="a link", address=request.META.get("REMOTE_ADDR", ""))
        return render(request, "registration/link_gone.html", {"state": "unknown", "what": "link"}, status=404)
    if request.method == "GET":
        return render(request, "registration/unlock.html")
    unlocking.end_lock(token)
    messages.success(request, "You can try again now.")
    return redirect("login")
