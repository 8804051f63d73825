"""Settings pages of sources: how each is doing, its form, its test, its secret, its address, Telegram's webhook."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ingestion import mapping, probing, selectors, source_health, source_readers, source_upkeep, telegram_hook
from ingestion.mail.accounts import is_mailbox
from ingestion.models import Source
from ingestion.source_kinds import FORMS, SECRETS, form_of, typed_mapping
from ingestion.source_secrets import is_ours_to_make
from ingestion.webhooks import receiving
from tasktracker.core.enums import Role
from tasktracker.core.errors import DomainError, Invalid
from tasktracker.core.htmx import fragment
from tasktracker.core.locks import one_at_a_time
from tasktracker.core.permissions import access_for, page, require, workspace_for
from tasktracker.core.stepup import filled, proven

SHOWN = 100
TRY_SECONDS = 60
RECENT_ERROR = timedelta(days=1)
PAGE = "settings/source.html"

# Kind → what it is called, and the next step that somebody has to take for it.
KINDS: dict[str, tuple[str, str]] = {
    Source.Kind.TELEGRAM: (
        "Telegram",
        "Write /newbot to @BotFather, paste the token here, and add the bot to your chats. With /setprivacy off it "
        "reads all that is said there.",
    ),
    Source.Kind.SLACK: (
        "Slack",
        "Make an app at api.slack.com, turn on Event Subscriptions with the address that you get here, and paste its "
        "signing secret and bot token.",
    ),
    Source.Kind.EMAIL: (
        "E-mail",
        "Name a mailbox that is read by IMAP, with a password for this program alone; or let your mail provider post "
        "what comes to an address here.",
    ),
    Source.Kind.WEBHOOK: (
        "Webhook",
        "Any program that can post JSON: you get an address and a signing secret, and say where in the body the text "
        "and its author stand.",
    ),
    Source.Kind.DISCORD: (
        "Discord",
        "Make an application with a bot at discord.com/developers, turn on Message Content Intent, and paste the "
        "bot's token.",
    ),
    Source.Kind.MATTERMOST: (
        "Mattermost",
        "Make an outgoing webhook in Mattermost to the address that you get here, and paste its token.",
    ),
    Source.Kind.API: (
        "API",
        "Programs of yours post to /api/messages with a token of the scope ingest. A source is made with the first "
        "message, too.",
    ),
}
# What the last word but one of a webhook's address is.
HOOKS = {
    Source.Kind.TELEGRAM: "telegram",
    Source.Kind.SLACK: "slack",
    Source.Kind.EMAIL: "email",
    Source.Kind.MATTERMOST: "mattermost",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A source in the list, with its health and how it stands in a word: active, paused, failing, unread or late.

    `unread` says what to do where nobody fetches for it; "" where there is nothing to do.
    """

    source: Source
    health: source_health.Health
    state: str
    unread: str = ""

    @property
    def kind(self) -> str:
        """What its kind is called."""
        return KINDS[self.source.kind][0] if self.source.kind in KINDS else self.source.get_kind_display()


def state_of(source: Source, health: source_health.Health, unread: str) -> str:
    """One word for how a source stands."""
    if not source.is_active:
        return "paused"
    if source.last_error_at is not None and timezone.now() - source.last_error_at < RECENT_ERROR:
        return "failing"
    if unread:
        return "unread"
    return "late" if health.is_late else "active"


def lines_of(rows: Iterable[Source]) -> list[Line]:
    """The sources with their health, in two queries more."""
    found = list(rows)
    health, unread = source_health.health_of(found), source_readers.why_unread(found)
    stands = ((row, health[row.pk], unread.get(row.pk, "")) for row in found)
    return [Line(row, how, state_of(row, how, why), why) for row, how, why in stands]


def find(request: HttpRequest, pk: int) -> Source:
    """The source, for whoever may read it; 404 for anybody else."""
    return get_object_or_404(selectors.sources(workspace_for(request)), pk=pk)


@page(Role.MANAGER)
@require_GET
def sources(request: HttpRequest) -> HttpResponse:
    """Every source and how it is doing; where there is none, the next step for each kind."""
    lines = lines_of(selectors.sources(workspace_for(request))[:SHOWN])
    return render(request, "settings/sources.html", {"lines": lines, "kinds": KINDS.items()})


@page(Role.ADMIN)
@require_http_methods(["GET", "POST"])
@proven(filled(*SECRETS))
def new_source(request: HttpRequest) -> HttpResponseBase:
    """What kinds there are; with `?kind=` its empty form, and what becomes of it."""
    kind = request.GET.get("kind", "")
    if kind not in KINDS:
        if request.method == "POST":
            raise Invalid("Choose what kind of source it is.")
        return render(request, "settings/source_kinds.html", {"kinds": KINDS.items()})
    return form_page(request, Source(workspace=workspace_for(request), kind=kind), told="{} is set up.")


@page(Role.MANAGER)
@require_http_methods(["GET", "POST"])
@proven(filled(*SECRETS))
def source(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One source: an admin changes it, a manager sees how it is doing."""
    return form_page(request, find(request, pk), told="{} is saved.")


def form_page(request: HttpRequest, row: Source, *, told: str) -> HttpResponseBase:
    """The form of a new or stored source; saved it leads to the source's own page."""
    access = require(request, Role.ADMIN) if request.method == "POST" else access_for(request)
    name = row.name
    form = form_of(row, access.workspace, request.POST if request.method == "POST" else None)
    only_tried = "try" in request.POST  # the button of a browser without JavaScript
    if request.method == "POST" and not only_tried and (saved := form.save(access.user)) is not None:
        messages.success(request, told.format(saved.name))
        if form.made_secret:
            return secret_page(request, saved, form.made_secret)
        return redirect("ingestion:source", pk=saved.pk)
    context = {
        "source": row,
        "name": name,  # as it is stored, whatever was typed
        "form": form,
        "kind": KINDS.get(row.kind, (row.get_kind_display(), "")),
        "address": address_of(request, row) if row.pk else "",
        "word": word_of(row),
        "line": lines_of([row])[0] if row.pk else None,
        "can_rotate": can_rotate(row),
        "refused": receiving.refusals(source_id=row.pk) if row.pk else 0,
        "can_map": row.kind == Source.Kind.WEBHOOK,
        "sample": request.POST.get("sample", ""),
        "found": tried(request) if only_tried else None,
        "recipe": row.kind in FORMS,
        "secret_until": until(row),
    }
    return render(request, PAGE, context, status=422 if form.errors else 200)


def can_rotate(row: Source) -> bool:
    """Whether its secret is a signing secret of ours; that of a mailbox which we read is its password."""
    return is_ours_to_make(row)


def until(row: Source) -> Any:
    """Until when the secret before is valid; None when it is over."""
    at = row.previous_secret_until
    return at if at is not None and at > timezone.now() else None


def address_of(request: HttpRequest, row: Source) -> str:
    """Where the platform has to send to; "" for a kind that is not sent."""
    word = word_of(row)
    return request.build_absolute_uri(f"/webhook/{word}/{row.uid}") if word else ""


def word_of(row: Source) -> str:
    """What its address is called; "" for a kind that is not sent."""
    if row.kind == Source.Kind.WEBHOOK:
        return str(row.config.get("format") or "generic")
    return "" if is_mailbox(row) else HOOKS.get(Source.Kind(row.kind), "")


def address_with(secret: str, address: str) -> str:
    """An address with a password in it, as it is entered where no signature can be set; "" for no address."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://mail:{quote(secret, safe='')}@{rest}" if rest else ""


@page(Role.ADMIN)
@require_POST
def preview_mapping(request: HttpRequest) -> HttpResponse:
    """`tried`, as the page shows it."""
    return fragment(request, "settings/source_mapping.html#preview", {"found": tried(request)})


def tried(request: HttpRequest) -> mapping.Mapped | None:
    """The message that the mapping in a form makes of the body in `sample`, or what is wrong; None without a body."""
    sample = request.POST.get("sample", "").strip()
    return mapping.preview_mapping(typed_mapping(request.POST), sample) if sample else None


@page(Role.ADMIN)
@require_POST
def test_source(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Whether it works, asked of its platform where that is possible."""
    row = find(request, pk)
    with one_at_a_time(user=access_for(request).user, seconds=TRY_SECONDS):
        found = probing.probe(row)
    return told_page(request, row, found.ok, found.detail)


def told_page(request: HttpRequest, row: Source, ok: bool, detail: str, **more: Any) -> HttpResponseBase:
    """What a test or Telegram said: in its place, or with a toast on the source's page."""
    context = {"source": row, "told": {"ok": ok, "detail": detail}, **more}
    answer = fragment(request, f"{PAGE}#told", context, else_redirect=f"/settings/sources/{row.pk}/")
    if answer.status_code == 302:
        (messages.success if ok else messages.error)(request, detail)
    return answer


@page(Role.ADMIN)
@require_POST
def pause_source(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Pause a source, or let it go on."""
    row = find(request, pk)
    source_upkeep.set_active(source=row, is_active=not row.is_active)
    messages.success(request, f"{row.name} goes on." if row.is_active else f"{row.name} is paused.")
    return redirect("ingestion:source", pk=pk)


@page(Role.ADMIN)
@require_POST
@proven()
def rotate_secret(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A new signing secret, shown this once; the one before is valid for a day."""
    row = find(request, pk)
    if not can_rotate(row):
        raise Invalid("The secret of this source is not made here: get a new one there, and type it in.")
    return secret_page(request, row, probing.rotate_secret(source=row))


@never_cache
def secret_page(request: HttpRequest, row: Source, secret: str) -> HttpResponse:
    """A secret that was just made, this once."""
    context = {"secret": secret, "source": row, "secret_until": until(row)}
    if row.kind == Source.Kind.EMAIL:
        context["with_secret"] = address_with(secret, address_of(request, row))
    return render(request, "settings/source_secret.html", context)


@page(Role.ADMIN)
@require_POST
def delete_source(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Remove a source that brought nothing yet."""
    row = find(request, pk)
    source_upkeep.delete_source(source=row)
    messages.success(request, f"{row.name} is deleted.")
    return redirect("ingestion:sources")


@page(Role.ADMIN)
@require_POST
def telegram_webhook(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Telegram's webhook: `do` is set, remove, or check."""
    row = find(request, pk)
    if row.kind != Source.Kind.TELEGRAM:
        raise Invalid("Only a Telegram bot has such a webhook.")
    address, do = address_of(request, row), request.POST.get("do", "check")
    try:
        with one_at_a_time(user=access_for(request).user, seconds=TRY_SECONDS):
            if do == "set":
                if not address.startswith("https://"):
                    raise Invalid("Telegram sends to https addresses only; this page is not reached by one.")
                telegram_hook.set_hook(source=row, url=address)
            elif do == "remove":
                telegram_hook.remove_hook(source=row)
            hook = telegram_hook.hook_info(source=row)
    except DomainError as error:
        if error.error_code == "already_running":
            raise
        return told_page(request, row, False, error.detail)
    if not hook.url:
        return told_page(request, row, True, "No webhook is set: the bot is polled.", hook=hook)
    here = hook.url == address
    words = "The webhook points here." if here else f"The webhook points elsewhere: {hook.url}."
    return told_page(request, row, here and not hook.error, words, hook=hook)
