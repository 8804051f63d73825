"""Who may come in by which address: one verifier for each platform. Pure.

A new one is a function and a line in DOORS; Telegram's updates come by an address of their own.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

from ingestion.mail.posted import verify_posted
from ingestion.models import Source
from ingestion.webhooks import standard
from ingestion.webhooks.calls import (
    Admitted,
    Call,
    Door,
    delivery_key,
    form_fields,
    hmac_hex,
    is_timely,
    json_object,
    same,
    signed_by,
)

LONGEST_CHALLENGE = 500


def slack_secrets(secret: str) -> tuple[str, str]:
    """Signing secret and bot token ("" without one) of a Slack source: JSON with both, or the first one bare."""
    if not secret.lstrip().startswith("{"):
        return secret.strip(), ""
    try:
        given = json.loads(secret)
    except (ValueError, RecursionError):
        return "", ""
    values = (given.get("signing_secret"), given.get("bot_token"))
    signing, token = (value.strip() if isinstance(value, str) else "" for value in values)
    return signing, token


def verify_slack(call: Call, secrets: Sequence[str]) -> Admitted | None:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack; the challenge is answered when signed."""
    at, given = call.header("x-slack-request-timestamp"), call.header("x-slack-signature")
    signed = b"v0:" + at.encode("utf-8", "replace") + b":" + call.body
    signing = [slack_secrets(secret)[0] for secret in secrets]
    if not signed_by(signing, lambda secret: same(given, f"v0={hmac_hex(secret, signed)}")):
        return None
    if not is_timely(at, call.at):
        return None
    body = json_object(call.body) or {}
    challenge, number = body.get("challenge"), body.get("event_id")
    if body.get("type") == "url_verification" and isinstance(challenge, str):
        return Admitted("", call.body, reply=challenge[:LONGEST_CHALLENGE])
    return Admitted(delivery_key(number if isinstance(number, str) else "", call.body), call.body)


def verify_github(call: Call, secrets: Sequence[str]) -> Admitted | None:
    """https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries; the SHA-1 header is not read."""
    given = call.header("x-hub-signature-256")
    if not signed_by(secrets, lambda secret: same(given, f"sha256={hmac_hex(secret, call.body)}")):
        return None
    return Admitted(delivery_key(call.header("x-github-delivery"), call.body), call.body)


def verify_gitlab(call: Call, secrets: Sequence[str]) -> Admitted | None:
    """A token in a header. An event that another one sets off has the same UUID, so the body counts as well."""
    given = call.header("x-gitlab-token")
    if not signed_by(secrets, lambda secret: same(given, secret)):
        return None
    event = call.header("idempotency-key") or call.header("x-gitlab-event-uuid")
    digest = hashlib.sha256(call.body).hexdigest()[:32]
    return Admitted(delivery_key(f"{event}:{digest}", call.body), call.body)


def verify_mattermost(call: Call, secrets: Sequence[str]) -> Admitted | None:
    """The token of an outgoing webhook stands in its body, JSON or a form; it is not stored."""
    fields: Mapping[str, object] = json_object(call.body) or form_fields(call.body)
    given, post = fields.get("token"), fields.get("post_id")
    token = given if isinstance(given, str) else ""
    if not signed_by(secrets, lambda secret: same(token, secret)):
        return None
    raw = json.dumps({name: value for name, value in fields.items() if name != "token"}).encode()
    return Admitted(delivery_key(post if isinstance(post, str) else "", call.body), raw)


DOORS: Mapping[str, Door] = {
    "slack": Door(Source.Kind.SLACK, verify_slack),
    "email": Door(Source.Kind.EMAIL, verify_posted),
    "generic": Door(Source.Kind.WEBHOOK, standard.verify, "generic"),
    "github": Door(Source.Kind.WEBHOOK, verify_github, "github"),
    "gitlab": Door(Source.Kind.WEBHOOK, verify_gitlab, "gitlab"),
    "mattermost": Door(Source.Kind.MATTERMOST, verify_mattermost),
}
