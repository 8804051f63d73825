"""The secrets that one data directory makes for itself on first use and keeps for good."""

import base64
import json
import os
import secrets as randomness
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tasktracker.embedded.errors import EngineError, from_os_error
from tasktracker.embedded.layout import Layout, make_root


@dataclass(frozen=True)
class Secrets:
    """All of them random. `field_encryption_keys` are Fernet keys, the first encrypts."""

    secret_key: str = field(repr=False)
    field_encryption_keys: tuple[str, ...] = field(repr=False)
    postgres_password: str = field(repr=False)
    valkey_password: str = field(repr=False)


def secrets(data_dir: Path) -> Secrets:
    """Read `secrets.json`, or make it (mode 600, whole or not at all; of two who make it at once the first wins)."""
    path = Layout.of(data_dir).secrets_file
    try:
        if not path.exists():
            make_root(path.parent)
            _write_once(path, _new())
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise from_os_error(error, "read or make the secrets") from error
    except ValueError as error:
        raise EngineError(f"{path} is damaged: put it back from a backup; without it stored keys are lost.") from error
    try:
        return Secrets(**{**values, "field_encryption_keys": tuple(values["field_encryption_keys"])})
    except (KeyError, TypeError) as error:
        raise EngineError(f"{path} lacks an entry or has one too many: put it back from a backup.") from error


def _new() -> Secrets:
    return Secrets(
        secret_key=randomness.token_urlsafe(64),
        field_encryption_keys=(base64.urlsafe_b64encode(randomness.token_bytes(32)).decode(),),
        postgres_password=randomness.token_hex(24),
        valkey_password=randomness.token_hex(24),
    )


def _write_once(path: Path, made: Secrets) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")  # mode 600 from the first byte
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(made), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)  # fails where another process was first, unlike a rename
        except FileExistsError:
            return
    finally:
        Path(name).unlink(missing_ok=True)
