"""One's own account: the password, the address, where one is logged in."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from tasktracker.account_forms import AddressForm, ChangePasswordForm
from tasktracker.core import passwords, secondstep, sessions
from tasktracker.core.permissions import access_for, page

SHOWN = 100


def shown(request: HttpRequest, **forms: Any) -> HttpResponse:
    """The page, with a form as it stands where one was refused."""
    access = access_for(request)
    logins = [
        {
            "row": row,
            "device": sessions.device_name(row.device),
            "is_current": row.session_id == request.session.session_key,
        }
        for row in sessions.open_logins(access.user)[:SHOWN]
    ]
    context = {
        "logins": logins,
        "password_form": ChangePasswordForm(request, auto_id="password_%s"),
        "address_form": AddressForm(request, initial={"email": access.user.email}, auto_id="address_%s"),
        "mail": passwords.mail_is_on(),
        "second_step": secondstep.has_second_step(access.user),
        **forms,
    }
    return render(request, "tasktracker/account.html", context, status=422 if forms else 200)


@page()
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """Password, address, and the logins that are open."""
    return shown(request)


@page()
@sensitive_post_parameters()
@require_POST
def change_password(request: HttpRequest) -> HttpResponseBase:
    """A new password; every other login ends."""
    form = ChangePasswordForm(request, request.POST, auto_id="password_%s")
    if not form.is_valid():
        return shown(request, password_form=form)
    user = access_for(request).user
    passwords.set_password(
        user=user,
        password=form.cleaned_data["new"],
        keep=request.session.session_key,
        end_tokens=form.cleaned_data["end_tokens"],
    )
    update_session_auth_hash(request, user)  # this session goes on, under a new key
    sessions.note(request, user)
    also = ", and so is every API token" if form.cleaned_data["end_tokens"] else ""
    messages.success(request, f"The password is changed, and every other login of yours is ended{also}.")
    return redirect("account")


@page()
@sensitive_post_parameters()
@require_POST
def change_address(request: HttpRequest) -> HttpResponseBase:
    """Another e-mail address, for whoever knows the password: a link to a new one may be sent there."""
    form = AddressForm(request, request.POST, auto_id="address_%s")
    if not form.is_valid():
        return shown(request, address_form=form)
    passwords.set_address(user=access_for(request).user, address=form.cleaned_data["email"])
    messages.success(request, "The address is saved.")
    return redirect("account")


@page()
@require_POST
def end_login(request: HttpRequest, pk: int) -> HttpResponseBase:
    """End one of one's own logins; this one too, which is to log out."""
    login = get_object_or_404(sessions.open_logins(access_for(request).user), pk=pk)
    sessions.end_login(login=login)
    if login.session_id == request.session.session_key:
        request.session.flush()
        return redirect("login")
    messages.success(request, "That login is ended.")
    return redirect("account")


@page()
@require_POST
def end_other_logins(request: HttpRequest) -> HttpResponseBase:
    """End all of one's logins but this one."""
    number = sessions.end_logins(user=access_for(request).user, keep=request.session.session_key)
    messages.success(request, f"{number} other login{' is' if number == 1 else 's are'} ended.")
    return redirect("account")
