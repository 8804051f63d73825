"""Passkeys (WebAuthn): registered by somebody who is logged in, asked for at the next login.

After the password one is the second step. Alone it is both steps in one: the device says whose it is, and has asked
for a fingerprint, a face or a PIN by itself.
"""

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

# In the session: the challenge that was given, one for each use. An answer to one is none to another.
STATE = "passkey"
STATE_ALONE = "passkey_alone"
STATE_AGAIN = "passkey_again"
ALONE_LASTS = 600  # seconds that a session of nobody is kept for a challenge
MOST = 20
LIMIT = 64 * 1024  # characters of an answer
NO_ANSWER = (ValueError, TypeError, KeyError, AttributeError, RecursionError)  # what reading a broken one raises


def _server(request: HttpRequest) -> Fido2Server:
    """Bound to the name by which the page was reached, which ALLOWED_HOSTS has checked."""
    name, _ = split_domain_port(request.get_host())
    return Fido2Server(PublicKeyCredentialRpEntity(name=ISSUER, id=name))


def _credentials(user: User) -> list[AttestedCredentialData]:
    return [AttestedCredentialData(bytes(row.credential)) for row in user.passkeys.order_by("id")]


def _handle(user: User) -> bytes:
    return f"user:{user.pk}".encode()


def begin(request: HttpRequest, user: User) -> str:
    """What a browser needs to make a passkey, as JSON; the challenge is remembered in the session."""
    handle = PublicKeyCredentialUserEntity(id=_handle(user), name=user.get_username(), display_name=user.get_username())
    options, request.session[STATE] = _server(request).register_begin(
        handle,
        _credentials(user),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,  # so that it can be used alone
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


def ask(request: HttpRequest, user: User, *, state: str = STATE) -> str:
    """What a browser needs to use one of the person's passkeys, as JSON; "" where there is none."""
    known = _credentials(user)
    if not known:
        return ""
    options, request.session[state] = _server(request).authenticate_begin(
        known, user_verification=UserVerificationRequirement.PREFERRED
    )
    return json.dumps(dict(options.public_key))


def check(request: HttpRequest, *, user: User, answer: str, state: str = STATE) -> bool:
    """Whether a passkey of the person signed the challenge; each challenge is good for one answer."""
    asked = request.session.pop(state, None)
    try:
        given = AuthenticationResponse.from_dict(_read(answer))
        used = _server(request).authenticate_complete(asked, _credentials(user), given)
    except NO_ANSWER:
        return False
    return _count(user, used.credential_id, given.response.authenticator_data.counter)


def ask_anybody(request: HttpRequest) -> dict[str, Any]:
    """What a browser needs to use a passkey that it has for us, whosever it is."""
    options, request.session[STATE_ALONE] = _server(request).authenticate_begin(
        user_verification=UserVerificationRequirement.REQUIRED
    )
    request.session.set_expiry(ALONE_LASTS)
    return dict(options.public_key)


def check_anybody(request: HttpRequest, *, answer: str) -> User | None:
    """Whose passkey signed the challenge, if it is one of an open account; each challenge is good for one answer."""
    asked = request.session.pop(STATE_ALONE, None)
    try:
        given = AuthenticationResponse.from_dict(_read(answer))
        row = Passkey.objects.select_related("user").get(credential_id=websafe_encode(given.raw_id))
        if given.response.user_handle != _handle(row.user) or not row.user.is_active:
            return None
        used = _server(request).authenticate_complete(asked, [AttestedCredentialData(bytes(row.credential))], given)
    except (*NO_ANSWER, Passkey.DoesNotExist):
        return None
    counted = _count(row.user, used.credential_id, given.response.authenticator_data.counter)
    return row.user if counted else None


@transaction.atomic
def _count(user: User, credential_id: bytes, counter: int) -> bool:
    """Whether the key counted on from its last use; that is remembered."""
    row = user.passkeys.select_for_update().filter(credential_id=websafe_encode(credential_id)).first()
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
