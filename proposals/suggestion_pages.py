"""Taking a suggestion of the project's rules on the card."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from proposals import selectors, services, suggesting
from tasktracker.core.enums import Role
from tasktracker.core.errors import Conflict
from tasktracker.core.permissions import access_for, page, workspace_for


@page(Role.REVIEWER)
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Write one suggestion into the proposal: from then on a person has said it. Undone as any edit."""
    rows = selectors.visible_to(access_for(request).user).filter(workspace=workspace_for(request))
    proposal = get_object_or_404(rows, pk=pk)
    wanted = request.POST.get("field", "")
    found = next((one for one in suggesting.open_advice(proposal) if one.field == wanted), None)
    if found is None:
        raise Conflict("The rules do not suggest this any more.", code="changed")
    services.edit(proposal_id=proposal.pk, by=access_for(request).user, fields={found.field: found.value})
    query = request.GET.urlencode()
    return redirect(f"{reverse('proposals:desk')}?{query}{'&' if query else ''}at={proposal.pk}")
