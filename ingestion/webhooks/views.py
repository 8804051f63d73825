"""The address of a webhook: a size limit, the raw bytes, a short answer."""

import time
import uuid

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ingestion.webhooks.calls import Call
from ingestion.webhooks.receiving import receive

LARGEST = 2 * 1024 * 1024  # bytes; the proxy in front has the same limit


@csrf_exempt  # no session, no login: whoever calls signs
@require_POST
def webhook(request: HttpRequest, uid: uuid.UUID, door: str) -> HttpResponse:
    """Answers of `receive`; 413 for a body that is too large, 400 for one that breaks off."""
    length = request.headers.get("Content-Length", "0")
    if length.isascii() and length.isdigit() and int(length[:12]) > LARGEST:
        return HttpResponse(status=413)
    try:
        body = request.read(LARGEST + 1)
    except UnreadablePostError:
        return HttpResponse(status=400)  # the sender is gone
    if len(body) > LARGEST:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    answer = receive(door=door, uid=uid, call=Call(headers, body, time.time()))
    return HttpResponse(answer.text, status=answer.status, content_type="text/plain; charset=utf-8")
