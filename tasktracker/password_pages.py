"""Pages around a forgotten password: asking for a link, making one for somebody, and where it leads."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tasktracker.account_forms import ForgottenForm, NewPasswordForm
from tasktracker.core import passwords
from tasktracker.core.enums import Role
from tasktracker.core.lockout import count_guess
from tasktracker.core.models import Membership
from tasktracker.core.permissions import access_for, page


@never_cache
@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail; the answer is the same whoever has the address. Without mail: who to ask."""
    context = {"mail": passwords.mail_is_on(), "form": ForgottenForm()}
    if request.method == "GET" or not context["mail"]:
        return render(request, "registration/forgotten.html", context)
    form = ForgottenForm(request.POST)
    if not form.is_valid():
        return render(request, "registration/forgotten.html", {**context, "form": form}, status=422)
    count_guess(username="a forgotten password", address=request.META.get("REMOTE_ADDR", ""))
    passwords.ask_by_mail(address=form.cleaned_data["email"], base=request.build_absolute_uri("/").rstrip("/"))
    return render(request, "registration/forgotten.html", {**context, "sent": True})


@page(Role.ADMIN)
@require_POST
def link_for_member(request: HttpRequest, pk: int) -> HttpResponse:
    """A link to a new password for the member with this membership, shown this once."""
    access = access_for(request)
    rows = Membership.objects.filter(workspace=access.workspace).select_related("user")
    user = get_object_or_404(rows, pk=pk).user
    passwords.require_over(admin=access.user, user=user)
    token = passwords.make_link(user=user, by=access.user)
    context = {
        "title": f"A new password for {user}",
        "link": request.build_absolute_uri(reverse("new_password", args=[token])),
        "what": f"Give it to {user} only: whoever opens it sets the password of {user}. It works once.",
        "until": timezone.now() + passwords.BY_ADMIN,
        "back": reverse("members"),
    }
    return render(request, "tasktracker/link.html", context)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def new_password(request: HttpRequest, token: str) -> HttpResponseBase:
    """Where a link to a new password leads."""
    link = passwords.find(token)
    if link is None:
        count_guess(username="a link", address=request.META.get("REMOTE_ADDR", ""))
        return render(request, "registration/link_gone.html", {"state": "unknown", "what": "link"}, status=404)
    form = NewPasswordForm(link.user, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"form": form, "person": link.user}
        return render(request, "registration/new_password.html", context, status=422 if form.errors else 200)
    end_tokens = form.cleaned_data["end_tokens"]
    passwords.use_link(token=token, password=form.cleaned_data["new_password1"], end_tokens=end_tokens)
    ended = "every login and API token is ended" if end_tokens else "every login is ended"
    messages.success(request, f"The new password is set, and {ended}. Sign in with it.")
    return redirect("login")
