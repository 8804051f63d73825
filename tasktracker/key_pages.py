"""The page on which a person chooses their own keys."""

from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tasktracker.core import keys
from tasktracker.core.permissions import access_for, page

PRESSED = {"data-press": ""}  # where scripts run, the key that is pressed is chosen


class KeysForm(forms.Form):
    """A key for each action; two of a scope that share one are told by both their names."""

    def __init__(self, user: object, data: Any = None) -> None:
        now = keys.keys_of(user)
        super().__init__(data, auto_id="key_%s")
        for name, one in keys.ACTIONS.items():
            choices = [*keys.CODES.items()] if now[name] else [("", "–"), *keys.CODES.items()]
            self.fields[name] = forms.ChoiceField(
                label=one.label, choices=choices, initial=now[name], widget=forms.Select(PRESSED)
            )

    def groups(self) -> list[tuple[str, list[Any]]]:
        """The fields under the names of their groups."""
        rows = groupby(keys.ACTIONS.values(), key=lambda one: one.group)
        return [(group, [self[one.name] for one in found]) for group, found in rows]

    def clean(self) -> dict[str, Any]:
        """Two actions with one key, in a sentence at both of them."""
        cleaned = super().clean() or {}
        clash = None if self.errors else keys.clash_of(cleaned)
        if clash is not None:
            for name in clash:
                self.add_error(name, keys.told(clash, cleaned[name]))
        return cleaned


@page()
@require_http_methods(["GET", "POST"])
def own_keys(request: HttpRequest) -> HttpResponse | HttpResponseBase:
    """One's own keys, whatever the workspace; `reset` brings all the defaults back."""
    user = access_for(request).user
    if "reset" in request.POST:
        keys.save_keys(user=user, codes={})
        messages.success(request, "Every key is as it was at first.")
        return redirect("own_keys")
    form = KeysForm(user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        keys.save_keys(user=user, codes=form.cleaned_data)
        messages.success(request, "Your keys are saved. The list under ? shows them.")
        return redirect("own_keys")
    context = {"form": form, "changed": keys.chosen_by(user)}
    return render(request, "tasktracker/keys.html", context, status=422 if form.errors else 200)
