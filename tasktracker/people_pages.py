"""The pages of people: who speaks in all sources, joined by hand as one, linked to a login, exported, erased."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from ingestion import erasing, people
from ingestion.models import Erasure, Participant, PersonJoin
from proposals import erasing as words
from proposals import people_export
from tasktracker.core.enums import Role
from tasktracker.core.errors import Invalid
from tasktracker.core.models import User
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for, page, workspace_for
from tasktracker.core.stepup import proven

PAGE_SIZE = 50
LOGINS = 300  # offered to be linked
SHOWN = 20  # joins and erasures
FIGURES = {
    "messages": "messages",
    "earlier_texts": "earlier texts of edited messages",
    "quotes": "quotes",
    "topics": "topics that quote them",
    "atoms": "atoms that quote them",
    "tasks": "tasks that stand on them",
    "proposals": "proposals with their words as evidence",
    "raw_deliveries": "raw deliveries that name them",
    "assigned_tasks": "tasks assigned to them, which stay",
    "kept_answers": "answers of the API kept for a second asking",
    "bot_messages": "messages of the bot to them",
    "named_in": "texts of others' work in which their name stood",
    "named_by_others": "messages of other people that name them: those are theirs, and stay",
    "files_waiting": "files sent in that are still kept: delete them where this person is in one",
}


@page(Role.MANAGER)
@require_GET
def people_page(request: HttpRequest) -> HttpResponse:
    """People by name, by keyset, with what was joined and erased lately."""
    workspace = workspace_for(request)
    q = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    found = people.listed(workspace, text=q)
    after = request.GET.get("after", "")
    if is_number(after):
        edge = get_object_or_404(Participant, workspace=workspace, pk=int(after))
        found = found.filter(Q(name__gt=edge.name) | Q(name=edge.name, pk__gt=edge.pk))
    rows = list(found[: PAGE_SIZE + 1])
    context = {
        "q": q,
        "people": people.as_people(rows[:PAGE_SIZE]),
        "after": rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else "",
        "counted": people.COUNTED,
        "joins": PersonJoin.objects.filter(workspace=workspace, undone_at=None).select_related("first", "by")[:SHOWN],
        "erasures": Erasure.objects.filter(workspace=workspace).select_related("by")[:SHOWN],
    }
    return render(request, "settings/people.html", context)


def find(request: HttpRequest, pk: int) -> Participant:
    """The account, for who manages its workspace; 404 for anybody else."""
    return get_object_or_404(Participant.objects.filter(workspace=workspace_for(request)), pk=pk)


@page(Role.MANAGER)
@require_GET
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: their accounts, their login, what an erasure would touch."""
    row, access = find(request, pk), access_for(request)
    (shown,) = people.as_people(people.listed(access.workspace).filter(pk=row.same_as_id or row.pk))
    figures = words.footprint(workspace=access.workspace, participant_id=row.pk) if access.allows(Role.ADMIN) else None
    context = {
        "person": shown,
        "counted": people.COUNTED,
        "figures": told(figures.counts) if figures else [],
        "logins": User.objects.filter(memberships__workspace=access.workspace).order_by("username")[:LOGINS],
        "joins": PersonJoin.objects.filter(
            workspace=access.workspace, undone_at=None, first__in=shown.accounts
        ).select_related("first", "by"),
    }
    return render(request, "settings/people_one.html", context)


def told(counts: dict[str, int]) -> list[tuple[int, str]]:
    """Figures in words, in their order."""
    return [(counts[name], text) for name, text in FIGURES.items() if name in counts]


@page(Role.MANAGER)
@require_POST
def join(request: HttpRequest) -> HttpResponseBase:
    """Join the chosen people as one."""
    wanted = [int(pk) for pk in request.POST.getlist("person") if is_number(pk)]
    made = people.join_people(workspace=workspace_for(request), participant_ids=wanted, by=access_for(request).user)
    messages.success(request, "They are one person now. It can be taken back below.")
    return redirect("person", pk=made.first_id)


@page(Role.MANAGER)
@require_POST
def part(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take a join back."""
    gone = people.take_apart(join_id=pk, workspace=workspace_for(request), by=access_for(request).user)
    messages.success(request, "Taken back: each account belongs to whom it belonged to before.")
    return redirect("person", pk=gone.first_id)


@page(Role.ADMIN)
@require_POST
def link(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Say which login the person has; an empty one: none."""
    row, workspace = find(request, pk), workspace_for(request)
    wanted = request.POST.get("login", "")
    user = None
    if wanted:
        user = (
            User.objects.filter(pk=int(wanted), memberships__workspace=workspace).first() if is_number(wanted) else None
        )
        if user is None:
            raise Invalid("This login is no member of this workspace.")
    changed = people.link_login(participant_id=row.pk, workspace=workspace, user=user, by=access_for(request).user)
    if changed:
        messages.success(request, f"{changed} of their accounts changed.")
    else:
        messages.info(request, "Nothing changed. A Telegram account is linked by its owner, with a code.")
    return redirect("person", pk=row.pk)


@page(Role.ADMIN)
@require_POST
@proven()
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Everything about the person, as a file."""
    row = find(request, pk)
    pieces = people_export.export_person(
        workspace=workspace_for(request), participant_id=row.pk, by=access_for(request).user
    )
    answer = StreamingHttpResponse(pieces, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="person-{row.pk}.json"'
    return answer


@page(Role.ADMIN)
@require_POST
@proven()
def erase(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Erase the person, when that was confirmed; the report says how far it is."""
    row, workspace = find(request, pk), workspace_for(request)
    if request.POST.get("sure") != "yes":
        raise Invalid("Say that you are sure: what is erased does not come back.")
    shown = words.footprint(workspace=workspace, participant_id=row.pk)
    erasure = erasing.begin_erasure(
        workspace=workspace, participant_id=row.pk, expected=shown.counts, by=access_for(request).user
    )
    return redirect("erasure", pk=erasure.pk)


@page(Role.MANAGER)
@require_GET
def erasure(request: HttpRequest, pk: int) -> HttpResponse:
    """What an erasure was to touch, and what it has done."""
    rows = Erasure.objects.filter(workspace=workspace_for(request)).select_related("by")
    row = get_object_or_404(rows, pk=pk)
    context = {"erasure": row, "expected": told(row.expected), "done": told(row.counts)}
    return render(request, "settings/people_erasure.html", context)
