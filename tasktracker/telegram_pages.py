"""The page that links chats and people of Telegram: codes to make, what is linked, what one is told there."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ingestion import bot_linking
from ingestion.bots import usernames
from ingestion.exports.telegram_message import PLATFORM
from ingestion.models import BotContact, LinkCode, Participant
from tasktracker.core.enums import Role
from tasktracker.core.errors import Invalid, NotFound
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import Access, access_for, page
from tasktracker.core.stepup import proven

SHOWN = 200


@page()
@never_cache
@require_http_methods(["GET", "POST"])
@proven(lambda request: request.POST.get("do") in LinkCode.For.values)
def telegram(request: HttpRequest) -> HttpResponse | HttpResponseBase:
    """What is linked; `do` makes a code (shown this once), takes a link back, or says what one is told."""
    access = access_for(request)
    if request.method == "POST":
        return _do(request, access)
    people = Participant.objects.filter(workspace=access.workspace, platform=PLATFORM, user__isnull=False)
    if not access.allows(Role.MANAGER):
        people = people.filter(user=access.user)
    context: dict[str, Any] = {
        "bots": usernames(access.workspace),
        "chats": bot_linking.linked_chats(access)[:SHOWN] if access.allows(Role.REVIEWER) else [],
        "people": people.select_related("user", "contact__bot").order_by("name", "pk")[:SHOWN],
        "may_manage": access.allows(Role.MANAGER),
    }
    return render(request, "settings/telegram.html", context)


def _do(request: HttpRequest, access: Access) -> HttpResponse | HttpResponseBase:
    match request.POST.get("do"):
        case "person" | "chat" as purpose:
            code = bot_linking.make_code(access=access, purpose=LinkCode.For(purpose))
            return render(request, "settings/telegram_code.html", {"code": code, "purpose": purpose, **_where(access)})
        case "unlink-chat":
            bot_linking.unlink_chat(access=access, link_id=_number(request))
            messages.success(request, "The chat is taken out. What was said there stays.")
        case "unlink-person":
            bot_linking.unlink_person(access=access, participant_id=_number(request))
            messages.success(request, "The account is no longer linked.")
        case "notify" | "quiet" as verb:
            mine = BotContact.objects.filter(participant__user=access.user, participant__workspace=access.workspace)
            if not mine.filter(participant=_number(request)).update(notify=verb == "notify", stopped=""):
                raise NotFound("There is no such account.")
            messages.success(request, "You are told." if verb == "notify" else "The bot keeps quiet.")
        case _:
            raise Invalid("Say what to do.")
    return redirect("telegram")


def _where(access: Access) -> dict[str, Any]:
    return {"bots": usernames(access.workspace), "back": reverse("telegram")}


def _number(request: HttpRequest) -> int:
    value = request.POST.get("id", "")
    if not is_number(value, digits=15):
        raise NotFound("There is no such thing.")
    return int(value)
