"""For tests: a passkey as a device holds it, which signs what it is told to."""

import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import Aaguid, AttestedCredentialData, AuthenticatorData

from tasktracker.core.account_models import Passkey
from tasktracker.core.models import User
from tasktracker.core.passkeys import STATE

STEP = "/login/second-step/"
PRESENT = AuthenticatorData.FLAG.UP
FLAGS = PRESENT | AuthenticatorData.FLAG.UV


class Key:
    """A passkey of a person; its last use counted 5."""

    def __init__(self, user: User, name: str = "key") -> None:
        self.secret = ec.generate_private_key(ec.SECP256R1())
        self.id = f"{name} of {user.username}".encode()
        self.handle = f"user:{user.pk}".encode()
        public = ES256.from_cryptography_key(self.secret.public_key())  # type: ignore[no-untyped-call]
        data = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        self.row = Passkey.objects.create(
            user=user, name="key", credential=bytes(data), credential_id=websafe_encode(self.id), sign_count=5
        )

    def answer(self, client: Client, *, counter: int = 6, at: str = STEP, state: str = STATE, **other: Any) -> str:
        """What the device says to the challenge given `at` a page; `other` bytes stand for a part of it.

        With `at=""` the challenge is that of a page seen before.
        """
        if at:
            client.get(at)
        told = {"type": "webauthn.get", "challenge": client.session[state]["challenge"], "origin": "https://localhost"}
        said = other.get("said", json.dumps(told).encode())
        flags = other.get("flags", FLAGS)
        data = other.get("data", bytes(AuthenticatorData.create(sha256(b"localhost"), flags, counter)))
        signature = other.get("signature", self.secret.sign(data + sha256(said), ec.ECDSA(hashes.SHA256())))
        handle = {"userHandle": websafe_encode(other["handle"])} if other.get("handle") else {}
        return json.dumps(
            {
                "id": websafe_encode(other.get("id", self.id)),
                "rawId": websafe_encode(other.get("id", self.id)),
                "type": "public-key",
                "response": {
                    "clientDataJSON": websafe_encode(said),
                    "authenticatorData": websafe_encode(data),
                    "signature": websafe_encode(signature),
                    **handle,
                },
            }
        )
