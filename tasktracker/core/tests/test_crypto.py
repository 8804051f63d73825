"""S10: secrets at rest are bound to their row and fail closed."""

from typing import Any

import pytest
from cryptography.fernet import Fernet

from tasktracker.core import crypto


def test_a_sealed_value_opens_with_its_own_binding_only() -> None:
    sealed = crypto.seal("sk-secret", bind="provider.api_key:1")
    assert "sk-secret" not in sealed
    assert crypto.unseal(sealed, bind="provider.api_key:1") == "sk-secret"
    with pytest.raises(crypto.DecryptionError):
        crypto.unseal(sealed, bind="provider.api_key:2")


def test_a_lost_key_is_an_error_and_never_the_ciphertext(settings: Any) -> None:
    sealed = crypto.seal("sk-secret", bind="x")
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(crypto.DecryptionError):
        crypto.unseal(sealed, bind="x")
    with pytest.raises(crypto.DecryptionError):
        crypto.reseal(sealed)


def test_text_that_was_never_sealed_is_an_error() -> None:
    with pytest.raises(crypto.DecryptionError):
        crypto.unseal("sk-plain", bind="x")
    with pytest.raises(crypto.DecryptionError):
        crypto.unseal(crypto.PREFIX + "damaged", bind="x")


def test_a_new_first_key_seals_and_the_old_one_still_opens(settings: Any) -> None:
    sealed = crypto.seal("sk-secret", bind="x")
    old = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *old]
    assert crypto.unseal(sealed, bind="x") == "sk-secret"
    moved = crypto.reseal(sealed)
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert crypto.unseal(moved, bind="x") == "sk-secret"
