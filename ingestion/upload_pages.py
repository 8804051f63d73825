"""Pages of histories that are sent in: the form, the pieces of a file, what is in it, its import, its report."""

from io import BytesIO
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ingestion import uploads
from ingestion.models import Upload
from ingestion.upload_forms import ReadingForm, UploadForm
from tasktracker.core.enums import Role
from tasktracker.core.errors import Conflict, DomainError, Invalid, NotFound
from tasktracker.core.htmx import fragment, wants_fragment
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for, page, workspace_for

SHOWN = 50
REASONS = 20
PAGE = "settings/source_upload.html"


@page(Role.MANAGER)
@require_http_methods(["GET", "POST"])
def import_page(request: HttpRequest) -> HttpResponseBase:
    """The form for a file, and those sent in before. With `size` the file follows in pieces, else it comes along."""
    access = access_for(request)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        in_pieces = "size" in request.POST
        upload = begin(request, form)
        if in_pieces:
            return begun(form, upload)
        if upload is not None:
            return redirect("ingestion:upload", pk=upload.pk)
    rows = Upload.objects.filter(workspace=access.workspace).select_related("by", "source").defer("report", "preview")
    context = {"form": form, "uploads": rows[:SHOWN], "piece": uploads.PIECE}
    return render(request, "settings/source_import.html", context, status=422 if form.errors else 200)


def begin(request: HttpRequest, form: UploadForm) -> Upload | None:
    """A row for the file; with all of it where it came along. None where something is wrong, which the form says."""
    if not form.is_valid():
        return None
    access, given = access_for(request), form.cleaned_data
    file = given["file"]
    try:
        upload = uploads.begin_upload(
            workspace=access.workspace,
            by=access.user,
            file_name=file.name if file else given["file_name"],
            size=file.size if file else given["size"],
            source_name=given["source_name"],
            format_name=given["format"],
            options=form.options(),
        )
        return uploads.receive_piece(upload_id=upload.pk, offset=0, piece=file) if file else upload
    except DomainError as error:
        field = error.extra.get("field")
        form.add_error(field if field in form.fields else None, error.detail)
        return None


def begun(form: UploadForm, upload: Upload | None) -> HttpResponse:
    """For the script of the page: where the pieces go, or what is wrong."""
    if upload is None:
        told = [str(error) for errors in form.errors.values() for error in errors]
        return JsonResponse({"error": " ".join(told)}, status=422)
    there = {"page": reverse("ingestion:upload", args=[upload.pk]), "to": reverse("ingestion:piece", args=[upload.pk])}
    return JsonResponse(there, status=201)


def find(request: HttpRequest, pk: int) -> Upload:
    """The upload, for a manager of its workspace; 404 for anybody else."""
    rows = Upload.objects.filter(workspace=workspace_for(request)).select_related("source", "by", "workspace")
    return get_object_or_404(rows, pk=pk)


@page(Role.MANAGER)
@require_GET
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """One file: how far it is, what is in it, what became of it. Its state alone where the socket has told of news."""
    row = find(request, pk)
    template = f"{PAGE}#state" if wants_fragment(request) else PAGE
    return render(request, template, context_of(row))


def context_of(row: Upload) -> dict[str, Any]:
    """What the page shows of an upload."""
    return {
        "upload": row,
        "shown": row.report[:REASONS],
        "more": max(0, len(row.report) - REASONS),
        "form": ReadingForm(initial={**row.options, "format": row.format}),
        "can_look": bool(row.stored) and row.status in ("ready", "failed", "cancelled"),
        "piece": uploads.PIECE,
        "goes_on": row.status in ("failed", "cancelled") and bool(row.stored and row.preview),
    }


@page(Role.MANAGER)
@require_POST
def piece(request: HttpRequest, pk: int) -> HttpResponse:
    """A piece of the file as the body; `?at=` is where it begins. Answers how much is `received`."""
    row = find(request, pk)
    at = request.GET.get("at", "")
    if not is_number(at):
        raise Invalid("Say where the piece begins: ?at=BYTES.")
    if request.content_type != "application/octet-stream":
        raise Invalid("Send the piece itself, as application/octet-stream.")
    try:
        row = uploads.receive_piece(upload_id=row.pk, offset=int(at), piece=BytesIO(request.body))
    except Conflict as error:
        return JsonResponse({"error": error.detail, **error.extra}, status=409)
    return JsonResponse({"received": row.received, "size": row.size})


@page(Role.MANAGER)
@require_POST
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponseBase:
    """Look into it again, import, cancel, dismiss (the file goes, the report stays), or delete it."""
    row, by = find(request, pk), access_for(request).user
    if verb == "delete":
        uploads.delete_upload(upload=row)
        messages.success(request, "The file is deleted. What was imported of it stays.")
        return redirect("ingestion:import")
    if verb == "check":
        uploads.check_again(upload=row, by=by, **reading(request))
        told = "A worker looks into it."
    elif verb == "start":
        uploads.start_import(upload=row, by=by)
        told = "The import has begun."
    elif verb == "cancel":
        uploads.cancel(upload=row, by=by)
        told = "Cancelled. What was stored is kept."
    elif verb == "dismiss":
        uploads.dismiss(upload=row)
        told = "The file is deleted. What was imported of it stays."
    else:
        raise NotFound("There is nothing at this address.")
    there = reverse("ingestion:upload", args=[pk])
    return fragment(request, f"{PAGE}#state", context_of(find(request, pk)), else_redirect=there, told=told)


def reading(request: HttpRequest) -> dict[str, Any]:
    """How a file is to be read, from the form; raises `Invalid` with each mistake."""
    form = ReadingForm(request.POST)
    if not form.is_valid():
        told = [f"{form.fields[name].label}: {error}" for name, errors in form.errors.items() for error in errors]
        raise Invalid(" ".join(told))
    return {"format_name": form.cleaned_data["format"], "options": form.options()}


@page(Role.MANAGER)
@require_GET
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """What was left out, and why, as a CSV file."""
    answer = HttpResponse(uploads.report_csv(find(request, pk)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{pk}-report.csv"'
    return answer
