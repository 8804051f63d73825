"""The config of a source: what may stand in it, whoever writes it."""

from collections.abc import Mapping
from typing import Any

from ingestion import mapping
from ingestion.mail.accounts import TLS
from ingestion.models import Source

FORMATS = ("generic", "github", "gitlab")  # of a webhook
_TEXTS = ("host", "user", "address", "tls", "team_domain", "bot_username", "webhook", "through", "seed")
_NUMBERS = ("port", "history_days", "bot_id")
NO_OBJECT = "This is an object, such as {}."


def wrong_config(kind: str, config: Any) -> str:
    """What keeps the config of a source of this kind from being saved, in a line; "" where nothing does."""
    if not isinstance(config, dict):
        return NO_OBJECT
    for name in _TEXTS:
        if not isinstance(config.get(name, ""), str):
            return f"{name}: This is a text."
    for name in _NUMBERS:
        value = config.get(name, 0)
        if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, str) and value.isdecimal())):
            return f"{name}: This is a number."
    folders = config.get("folders", [])
    if not isinstance(folders, list) or not all(isinstance(one, str) for one in folders):
        return 'folders: This is a list of names, such as ["INBOX"].'
    if config.get("tls", "") not in ("", *TLS):
        return f"tls: This is one of {', '.join(TLS)}."
    return _wrong_webhook(config) if kind == Source.Kind.WEBHOOK else ""


def _wrong_webhook(config: Mapping[str, Any]) -> str:
    sends = config.get("format", FORMATS[0])
    if sends not in FORMATS:
        return f"format: This is one of {', '.join(FORMATS)}."
    if sends != FORMATS[0]:
        return ""  # the others need no mapping, and use none
    wrong = mapping.mistakes(config.get("mapping") or {})
    return " ".join(f"{name}: {why}" for name, why in wrong.items())
