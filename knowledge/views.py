"""Pages of what people have accepted: topics, atoms, tasks and the trail back to the words."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from ingestion.models import Participant
from knowledge import board, history, selectors, services, staleness, topicpage
from knowledge.filters import assigned_to
from knowledge.models import Project, Task, Topic
from tasktracker.core.enums import AtomType, Priority, Role, TaskStatus
from tasktracker.core.errors import Invalid
from tasktracker.core.htmx import fragment, target, wants_fragment
from tasktracker.core.models import Workspace
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for, page, workspace_for

PAGE_SIZE = 50
TASK_FILTERS = ("status", "priority", "project", "assignee", "q")
OPEN = (TaskStatus.OPEN, TaskStatus.IN_PROGRESS)


def text_of(request: HttpRequest, name: str) -> str:
    """A filter's value out of the URL, short and without NUL."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:100]


def id_of(value: str) -> int | None:
    """An id out of the URL; None for anything else."""
    return int(value) if is_number(value, digits=15) else None


@page()
@require_GET
def topics(request: HttpRequest) -> HttpResponse:
    """Active topics by name, with how much each holds; by keyset."""
    workspace = workspace_for(request)
    found = selectors.with_counts(Topic.objects.filter(workspace=workspace, status=Topic.Status.ACTIVE))
    q = text_of(request, "q")
    if q:
        found = found.filter(Q(name__icontains=q) | Q(description__icontains=q))
    after = id_of(request.GET.get("after", ""))
    if after is not None:
        edge = get_object_or_404(Topic, workspace=workspace, pk=after)
        found = found.filter(Q(name__gt=edge.name) | Q(name=edge.name, id__gt=edge.pk))
    rows = list(found.order_by("name", "id")[: PAGE_SIZE + 1])
    more = urlencode(({"q": q} if q else {}) | {"after": str(rows[PAGE_SIZE - 1].pk)}) if len(rows) > PAGE_SIZE else ""
    context = {"topics": rows[:PAGE_SIZE], "next": f"?{more}" if more else "", "q": q}
    return render(request, "knowledge/topics.html" + ("#rows" if wants_fragment(request) else ""), context)


def live(request: HttpRequest) -> str:
    """The part of a page that follows what others do, where the page asks for it anew; else the whole."""
    return "#live" if target(request).endswith("-page") else ""


@page()
@require_GET
def topic(request: HttpRequest, pk: int) -> HttpResponse:
    """What was decided, what is open and since when, what happened; only the rows where more of them are asked for."""
    rows = selectors.topics_visible_to(access_for(request).user).filter(workspace=workspace_for(request))
    shown = get_object_or_404(rows.select_related("merged_into", "project"), pk=pk)
    kind = request.GET.get("type", "")
    kind = kind if kind in AtomType.values else ""
    atoms, last = topicpage.timeline(shown, kind=kind, before=id_of(request.GET.get("before", "")))
    more = urlencode(({"type": kind} if kind else {}) | {"before": str(last)}) if last is not None else ""
    context: dict[str, Any] = {"topic": shown, "atoms": atoms, "next": f"?{more}" if more else "", "type": kind}
    if target(request) == "older":
        return render(request, "knowledge/topic.html#older", context)
    types = topicpage.by_type(shown)
    context |= {
        "types": types,
        "total": sum(count for _, count in types),
        "decided": topicpage.decided(shown),
        "blocking": topicpage.still_open(shown, AtomType.BLOCKER, AtomType.PROBLEM),
        "questions": topicpage.still_open(shown, AtomType.QUESTION),
        "graph": topicpage.picture(shown),
        "tasks": Task.objects.filter(atoms__topics=shown).distinct().order_by("-id")[:20],
        "doubts": topicpage.doubts(shown),
    }
    return render(request, f"knowledge/topic.html{live(request)}", context)


@page()
@require_GET
def atom(request: HttpRequest, pk: int) -> HttpResponse:
    """One piece of knowledge, the words that hold it, what was changed in it, and what hangs on it."""
    rows = selectors.atoms_visible_to(access_for(request).user).filter(workspace=workspace_for(request))
    shown = get_object_or_404(
        rows.select_related("merged_into").prefetch_related(
            "topics",
            "tasks",
            "quotes__message__author",
            "quotes__message__channel",
            "quotes__message__source",
            "links_out__to_atom",
            "links_in__from_atom",
        ),
        pk=pk,
    )
    stale = staleness.of("atom", pk, shown.quotes.all())
    doubtful = sum(not one.holds and not one.deleted for one in stale.values())
    around = {link.to_atom_id for link in shown.links_out.all()} | {link.from_atom_id for link in shown.links_in.all()}
    context = {"atom": shown, "stale": stale, "doubtful": doubtful, "around": sorted(around)}
    return render(request, f"knowledge/atom.html{live(request)}", context)


@page()
@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """Tasks, newest first, by keyset; open ones unless told otherwise."""
    workspace = workspace_for(request)
    chosen = {name: value for name in TASK_FILTERS if (value := text_of(request, name))}
    if request.GET.get("view") == "board":
        return render(
            request, "knowledge/tasks.html" + ("#board" if wants_fragment(request) else ""), board_of(request)
        )
    found = filtered(Task.objects.filter(workspace=workspace), chosen)
    before = id_of(request.GET.get("before", ""))
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(
        found.select_related("project", "assignee").prefetch_related("external_links").order_by("-id")[: PAGE_SIZE + 1]
    )
    more = urlencode(chosen | {"before": str(rows[PAGE_SIZE - 1].pk)}) if len(rows) > PAGE_SIZE else ""
    context = {
        "tasks": rows[:PAGE_SIZE],
        "next": f"?{more}" if more else "",
        "chosen": chosen,
        "query": urlencode(chosen),
        "other_view": urlencode({**chosen, "view": "board"}),
        **offered(workspace),
    }
    return render(request, "knowledge/tasks.html" + ("#rows" if wants_fragment(request) else ""), context)


def offered(workspace: Workspace) -> dict[str, Any]:
    """What the filters of tasks offer."""
    # By each person's tasks, not by each task's person: it costs the same however many tasks there are.
    given = Task.objects.filter(assignee=OuterRef("pk"))
    return {
        "statuses": TaskStatus.choices,
        "priorities": Priority.choices,
        "projects": Project.objects.filter(workspace=workspace)[:100],
        "people": Participant.objects.filter(Exists(given), workspace=workspace)[:100],
    }


def board_of(request: HttpRequest) -> dict[str, Any]:
    """What the board reads; its columns are the statuses, so that filter is left out."""
    workspace = workspace_for(request)
    chosen = {name: value for name in TASK_FILTERS if name != "status" and (value := text_of(request, name))}
    found = filtered(Task.objects.filter(workspace=workspace), {**chosen, "status": "all"})
    return {
        "board": True,
        "columns": board.columns(found, chosen),
        "chosen": chosen,
        "query": urlencode({**chosen, "view": "board"}),
        "other_view": urlencode(chosen),
        **offered(workspace),
    }


def filtered(found: QuerySet[Task], chosen: dict[str, str]) -> QuerySet[Task]:
    """`found` under the filters; a value that makes no sense finds nothing rather than everything."""
    status = chosen.get("status", "")
    if status != "all":
        found = found.filter(status=status) if status else found.filter(status__in=OPEN)
    if "priority" in chosen:
        found = found.filter(priority=chosen["priority"])
    if "project" in chosen:
        number = id_of(chosen["project"])
        found = found.filter(project_id=number) if number is not None else found.none()
    if "assignee" in chosen:
        found = assigned_to(found, chosen["assignee"]) if is_number(chosen["assignee"]) else found.none()
    return found.filter(title__icontains=chosen["q"]) if "q" in chosen else found


def find_task(request: HttpRequest, pk: int) -> Task:
    """The task with its trail, for a member of its workspace; 404 for anybody else."""
    rows = selectors.tasks_visible_to(access_for(request).user).filter(workspace=workspace_for(request))
    return get_object_or_404(
        rows.select_related("project", "assignee").prefetch_related(
            "external_links",
            "atoms__topics",
            "quotes__message__author",
            "quotes__message__channel",
            "quotes__message__source",
            "atoms__quotes__message__author",
            "atoms__quotes__message__channel",
        ),
        pk=pk,
    )


@page()
@require_GET
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One task with its trail: words, atoms, topics, proposal, and where else it lives."""
    shown = find_task(request, pk)
    return render(request, f"knowledge/task.html{live(request)}", context_of(shown))


def context_of(shown: Task) -> dict[str, Any]:
    """What the task page and its parts read."""
    atoms = list(shown.atoms.all())
    quotes = {quote.pk: quote for quote in shown.quotes.all()}
    for one in atoms:
        quotes.update({quote.pk: quote for quote in one.quotes.all()})
    topics_of = {topic.pk: topic for one in atoms for topic in one.topics.all()}
    stale = staleness.of("task", shown.pk, quotes.values())
    return {
        "task": shown,
        "atoms": atoms,
        "topics": list(topics_of.values()),
        "quotes": sorted(quotes.values(), key=lambda quote: (quote.message.sent_at, quote.pk)),
        "stale": stale,
        "doubtful": sum(not one.holds and not one.deleted for one in stale.values()),
        "statuses": TaskStatus.choices,
        "priorities": Priority.choices,
    }


@page(Role.REVIEWER)
@require_POST
def change_task(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A person sets the status or the priority of a task, on its page or on the board."""
    shown = find_task(request, pk)
    values: dict[str, Any] = {}
    for name, known in (("status", TaskStatus.values), ("priority", Priority.values)):
        if name in request.POST:
            if request.POST[name] not in known:
                raise Invalid(f"{request.POST[name]!r} is no {name}.")
            values[name] = request.POST[name]
    by = access_for(request).user
    services.change_task(task_id=shown.pk, by=by, values=values)
    changed = any(getattr(shown, name) != value for name, value in values.items())
    undo = history.undo_of("task", pk, by) if changed else ""
    if request.GET.get("view") == "board":
        told = f"“{shown.title}”: {TaskStatus(values.get('status', shown.status)).label.lower()}."
        back = f"{reverse('knowledge:tasks')}?{request.GET.urlencode()}"
        return fragment(
            request,
            "knowledge/tasks.html#moved",
            {**board_of(request), "told": told, "undo": undo, "back": back},
            else_redirect=back,
            told=told,
            undo=undo,
        )
    back = reverse("knowledge:task", args=[pk])
    context = {**context_of(find_task(request, pk)), "told": "Saved", "undo": undo, "back": back}
    return fragment(request, "knowledge/task.html#changed", context, else_redirect=back, told="Saved", undo=undo)
