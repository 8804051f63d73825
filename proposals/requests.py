"""What a request of the desk asks for: the proposal of its URL, ids and words of its form. Each refuses by itself."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from ingestion import selectors as said
from ingestion.models import Message
from ingestion.quotes import locate
from proposals import selectors
from proposals.forms import RejectForm, SnoozeForm
from proposals.models import Proposal
from tasktracker.core.errors import Invalid, NotFound
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for, workspace_for

WORDS = 2_000  # characters of a quote that a person adds
SHORTEST = 5
CANDIDATES = 50  # messages that are looked through for it


def find(request: HttpRequest, pk: int) -> Proposal:
    """The proposal, for a member of its workspace; 404 for anybody else."""
    found = selectors.visible_to(access_for(request).user).filter(workspace=workspace_for(request))
    return get_object_or_404(found.select_related("run", "project", "decided_by"), pk=pk)


def number(request: HttpRequest, name: str) -> int:
    """An id out of the form or the URL; raises NotFound for anything else."""
    value = request.POST.get(name) or request.GET.get(name, "")
    if not is_number(value, digits=15):
        raise NotFound("There is nothing at this address.")
    return int(value)


def found_words(request: HttpRequest) -> tuple[Message, str]:
    """The newest message that holds the words of the form word for word; raises `Invalid` when none does."""
    words = request.POST.get("words", "").replace("\x00", "").strip()[:WORDS]
    if len(words) < SHORTEST:
        raise Invalid("Quote at least a few words.", code="not_in_message")
    rows = said.matching(said.messages(workspace_for(request)).filter(deleted_at=None), words)
    for message in rows[:CANDIDATES]:
        if locate(words, message.text):
            return message, words
    raise Invalid("These words are in no message. Quote one word for word.", code="not_in_message")


def rejection(request: HttpRequest) -> dict[str, Any]:
    """The reason and the note of the form; raises `Invalid` without a reason."""
    form = RejectForm(request.POST)
    if not form.is_valid():
        raise Invalid("Choose a reason to reject.")
    return dict(form.cleaned_data)


def snoozed_until(request: HttpRequest) -> datetime:
    """When it is to come back, of the form; raises `Invalid` for no time, or one that can't be."""
    form = SnoozeForm(request.POST, zone=workspace_for(request).zone)
    if not form.is_valid():
        raise Invalid(str(next(iter(form.non_field_errors()), "Choose for how long.")))
    return form.until
