"""Mail that a provider posts to us: Mailgun, Postmark, and SendGrid's "raw, full MIME" form.

django-anymail knows the forms; its views hold one secret for a whole project, ours one for each source, so only what
they parse is used. Where a post has the mail itself in it, that is taken as it is, so that a copy which comes by IMAP
or from an archive is the same one.
"""

import base64
import binascii
import io
import json
from collections.abc import Sequence

from anymail.webhooks.mailgun import MailgunInboundWebhookView
from anymail.webhooks.postmark import PostmarkInboundWebhookView
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.http.multipartparser import MultiPartParserError

from ingestion.webhooks.calls import Admitted, Call, delivery_key, hmac_hex, is_timely, json_object, same, signed_by

POSTED_LINE = b"X-Tasktracker-Posted: "
_RAW_FIELDS = ("body-mime", "email")  # Mailgun's (an address that ends in "mime"), SendGrid's

# The views only parse here; without a secret they would warn, or refuse to be made.
_NO_SECRETS = {
    MailgunInboundWebhookView: {"webhook_secret": "-", "webhook_signing_key": "-"},
    PostmarkInboundWebhookView: {"webhook_secret": "-"},
}


def verify_posted(call: Call, secrets: Sequence[str]) -> Admitted | None:
    """By Mailgun's signature (https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks),
    else by the password of HTTP basic auth, which Postmark and SendGrid take in the address.

    Mailgun signs a time and a token, not the body: the token is the key, so that it is good for one mail.
    """
    kind = call.header("content-type")
    raw = POSTED_LINE + kind.encode("latin-1", "replace").replace(b"\r", b"").replace(b"\n", b"") + b"\r\n" + call.body
    if call.header("authorization"):
        if not signed_by(secrets, lambda secret: _is_password(call.header("authorization"), secret)):
            return None
        number = (json_object(call.body) or {}).get("MessageID")
        return Admitted(delivery_key(number if isinstance(number, str) else "", call.body), raw)
    at, token, given = _signature(kind, call.body)
    signed = f"{at}{token}".encode()
    if not token or not signed_by(secrets, lambda secret: same(given, hmac_hex(secret, signed))):
        return None
    return Admitted(delivery_key(token, b""), raw) if is_timely(at, call.at) else None


def mail_in(stored: bytes) -> tuple[bytes, str]:
    """The mail (RFC 5322) in a stored post, and the address that it was delivered to, "" where it is not told.

    Raises what anymail raises for a post that holds no mail.
    """
    kind, _, body = stored.removeprefix(POSTED_LINE).partition(b"\r\n")
    request = _request(kind.decode("latin-1"), body)
    if not _is_form(kind.decode("latin-1")):
        posted = json.loads(body)
        view, told, raw = PostmarkInboundWebhookView, posted.get("OriginalRecipient"), posted.get("RawEmail")
    else:
        view, told = MailgunInboundWebhookView, request.POST.get("recipient") or _envelope(request)
        raw = next((request.POST[name] for name in _RAW_FIELDS if name in request.POST), None)
    if raw is None:
        (event,) = view(**_NO_SECRETS[view]).parse_events(request)
        return event.message.as_bytes(), str(told or "").strip().lower()
    return str(raw).encode("utf-8", "surrogateescape"), str(told or "").strip().lower()


def _signature(kind: str, body: bytes) -> tuple[str, str, str]:
    """Mailgun's time, token and signature in a form; empty ones where it is none."""
    if not _is_form(kind):
        return "", "", ""
    try:
        form = _request(kind, body).POST
    except (MultiPartParserError, BadRequest, SuspiciousOperation):
        return "", "", ""
    return form.get("timestamp", ""), form.get("token", ""), form.get("signature", "")


def _request(kind: str, body: bytes) -> WSGIRequest:
    """A request with this body, for whoever parses requests."""
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    return WSGIRequest(environ)


def _is_form(kind: str) -> bool:
    return kind.strip().lower().startswith(("multipart/form-data", "application/x-www-form-urlencoded"))


def _is_password(header: str, secret: str) -> bool:
    """Whether basic auth shows the secret: as its password, or as "user:password" where the secret has both."""
    scheme, _, given = header.partition(" ")
    try:
        shown = base64.b64decode(given.strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return False
    as_password, as_both = same(shown.partition(":")[2], secret), same(shown, secret)
    return scheme.lower() == "basic" and (as_password or as_both)


def _envelope(request: WSGIRequest) -> str:
    try:
        to = json.loads(request.POST.get("envelope", "{}")).get("to")
    except (ValueError, AttributeError):
        return ""
    return str(to[0]) if isinstance(to, list) and to else ""
