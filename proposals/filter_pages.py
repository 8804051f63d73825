"""A person's filters of the desk, kept under a name."""

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from proposals import services
from proposals.answers import address
from proposals.desk import Filters
from proposals.models import SavedFilter
from tasktracker.core.permissions import access_for, page, workspace_for


@page()
@require_POST
def save(request: HttpRequest) -> HttpResponseBase:
    """Keep the filters of the address under a name; the same name again replaces them."""
    query = Filters.of(request.GET).query
    saved = services.save_filter(
        workspace=workspace_for(request), user=access_for(request).user, name=request.POST.get("name", ""), query=query
    )
    messages.success(request, f"Saved: {saved.name}")
    return redirect(address(query, None))


@page()
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Forget one of the reader's own."""
    own = SavedFilter.objects.filter(workspace=workspace_for(request), user=access_for(request).user)
    saved = get_object_or_404(own, pk=pk)
    services.delete_filter(saved=saved)
    messages.success(request, f"Forgotten: {saved.name}")
    return redirect(address(Filters.of(request.GET).query, None))
