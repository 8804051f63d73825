"""Passkeys (WebAuthn) as a second step: registered by somebody who is logged in, asked for at the next login."""

import json
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils import timezone
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tasktracker.core.account_models import Passkey
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.models import User
from tasktracker.core.totp import ISSUER

STATE = "passkey"  # in the session: the challenge that was given
MOST = 20
LIMIT = 64 * 1024  # characters of an answer
NO_ANSWER = (ValueError, TypeError, KeyError, AttributeError, RecursionError)  # what reading a broken one raises


def _server(request: HttpRequest) -> Fido2Server:
    """Bound to the name by which the page was reached, which ALLOWED_HOSTS has checked."""
    name, _ = split_domain_port(request.get_host())
    return Fido2Server(PublicKeyCredentialRpEntity(name=ISSUER, id=name))


def _credentials(user: User) -> list[AttestedCredentialData]:
    return [AttestedCredentialData(bytes(row.credential)) for row in user.passkeys.order_by("id")]


def begin(request: HttpRequest, user: User) -> str:
    """What a browser needs to make a passkey, as JSON; the challenge is remembered in the session."""
    handle = PublicKeyCredentialUserEntity(
        id=f"user:{user.pk}".encode(), name=user.get_username(), display_name=user.get_username()
    )
    options, request.session[STATE] = _server(request).register_begin(
        handle,
        _credentials(user),
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return json.dumps(dict(options.public_key))


def add(request: HttpRequest, *, user: User, name: str, answer: str) -> Passkey:
    """Keep the passkey that a browser made. Raises `Invalid` for one that does not answer our challenge."""
    if user.passkeys.count() >= MOST:
        raise Conflict(f"{MOST} passkeys are enough. Remove one first.", code="too_many")
    state = request.session.pop(STATE, None)
    try:
        made = _server(request).register_complete(state, _read(answer))
    except NO_ANSWER:
        raise Invalid("The passkey could not be kept. Load the page anew, and try again.") from None
    credential = made.credential_data
    if credential is None:
        raise Invalid("The passkey holds no key. Try another device.")
    try:
        with transaction.atomic():
            return Passkey.objects.create(
                user=user,
                name=name,
                credential=bytes(credential),
                credential_id=websafe_encode(credential.credential_id),
                sign_count=made.counter,
            )
    except IntegrityError:
        raise Conflict("This passkey is registered already.", code="exists") from None


def ask(request: HttpRequest, user: User) -> str:
    """What a browser needs to use one of the person's passkeys, as JSON; "" where there is none."""
    known = _credentials(user)
    if not known:
        return ""
    options, request.session[STATE] = _server(request).authenticate_begin(
        known, user_verification=UserVerificationRequirement.PREFERRED
    )
    return json.dumps(dict(options.public_key))


def check(request: HttpRequest, *, user: User, answer: str) -> bool:
    """Whether a passkey of the person signed the challenge; each challenge is good for one answer."""
    state = request.session.pop(STATE, None)
    try:
        given = AuthenticationResponse.from_dict(_read(answer))
        used = _server(request).authenticate_complete(state, _credentials(user), given)
    except NO_ANSWER:
        return False
    counter = given.response.authenticator_data.counter
    with transaction.atomic():
        row = user.passkeys.select_for_update().filter(credential_id=websafe_encode(used.credential_id)).first()
        if row is None:
            return False  # removed meanwhile
        if (counter or row.sign_count) and counter <= row.sign_count:
            return False  # a copy of the key was used meanwhile; some keys never count, and say 0 each time
        row.sign_count, row.last_used_at = counter, timezone.now()
        row.save(update_fields=["sign_count", "last_used_at"])
    return True


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > LIMIT:
        raise ValueError("too long")
    found = json.loads(answer)
    if not isinstance(found, dict):
        raise TypeError("not an object")
    return found
