"""One value of the environment at a time: how it is read, and each way in which it can be wrong."""

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})
_HOST_PORT = re.compile(r"^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):(\d{1,5})$")


class EnvError(ValueError):
    """The environment cannot be used; the message is one line that says what is wrong and what to do."""


class Reader:
    """One variable at a time, each with its own way to be wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def get(self, name: str) -> str:
        return self.environ.get(name, "").strip()

    def secret(self, name: str) -> str:
        """The value of NAME, or the content of the file that NAME_FILE names."""
        value, file_name = self.get(name), self.get(f"{name}_FILE")
        if value and file_name:
            raise EnvError(f"{name} and {name}_FILE are both set: keep one of them.")
        if not file_name:
            return value
        try:
            content = Path(file_name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise EnvError(f"{name}_FILE names {file_name}, which cannot be read: {reason}.") from error
        if not content:
            raise EnvError(f"{name}_FILE names {file_name}, which is empty.")
        return content

    def required(self, name: str, recipe: str) -> str:
        value = self.secret(name)
        if not value:
            raise EnvError(f"{name} is missing: with DATABASE_URL it must be set ({recipe}), or {name}_FILE.")
        return value

    def words(self, name: str, *, secret: bool = False) -> list[str]:
        value = self.secret(name) if secret else self.get(name)
        return [word for word in re.split(r"[,\s]+", value) if word]

    def flag(self, name: str) -> bool:
        value = self.get(name).lower()
        if value not in _TRUE | _FALSE:
            raise EnvError(f"{name} is {value!r}: use 1 or 0.")
        return value in _TRUE

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.get(name).lower() or choices[0]
        if value not in choices:
            raise EnvError(f"{name} is {value!r}: use {' or '.join(choices)}.")
        return value

    def number(self, name: str, default: float) -> float:
        value = self.get(name)
        try:
            number = float(value or default)
        except ValueError as error:
            raise EnvError(f"{name} is {value!r}: use a number.") from error
        if not 0 < number < 86_400:
            raise EnvError(f"{name} is {value}: use a number above 0 and below 86400.")
        return number

    def path(self, name: str, default: str) -> Path:
        """A folder; a relative one is below the repository, so that it is the same from every working directory."""
        path = Path(self.get(name) or default).expanduser()
        return (path if path.is_absolute() else BASE_DIR / path).resolve()

    def http_url(self, name: str, default: str) -> str:
        value = (self.get(name) or default).rstrip("/")
        if not _is_http(value):
            raise EnvError(f"{name} is {value!r}: use an address such as {default}.")
        return value


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number below 65536
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def database_number(redis_url: str) -> int:
    parts = urlsplit(redis_url)
    named = parse_qs(parts.query).get("db", [""])[0]
    if not named and parts.scheme != "unix":
        named = unquote(parts.path).strip("/")
    if named and not named.isdigit():
        raise EnvError(f"REDIS_URL names the database {named!r}: it must be a number, as in redis://host:6379/0.")
    return int(named or 0)


def check_engine_urls(database_url: str, redis_url: str) -> None:
    for name, url, other in (("DATABASE_URL", database_url, "REDIS_URL"), ("REDIS_URL", redis_url, "DATABASE_URL")):
        if not url:
            raise EnvError(f"{other} is set but {name} is not: set both, or neither for the embedded engines.")
    database = _split("DATABASE_URL", database_url, "postgresql://user:password@host:5432/name")
    if database.scheme not in {"postgres", "postgresql", "pgsql"} or not database.path.strip("/"):
        raise EnvError("DATABASE_URL must look like postgresql://user:password@host:5432/name (PostgreSQL only).")
    redis = _split("REDIS_URL", redis_url, "redis://:password@host:6379/0")
    if redis.scheme not in {"redis", "rediss", "unix"}:
        raise EnvError("REDIS_URL must look like redis://:password@host:6379/0 (or rediss://, unix://).")
    database_number(redis_url)


def _split(name: str, url: str, example: str) -> SplitResult:
    # The URL itself stays out of every message: there is a password in it.
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise EnvError(f"{name} cannot be read: it must look like {example}, special characters as %XX.") from error
    return parts


def checked_secret_key(key: str, name: str = "SECRET_KEY") -> str:
    if len(key) < 50 or len(set(key)) < 5:
        raise EnvError(f"{name} is too weak: use at least 50 random characters (openssl rand -base64 48).")
    return key


def checked_origins(origins: list[str]) -> list[str]:
    for origin in origins:
        if not _is_http(origin) or urlsplit(origin).path not in {"", "/"}:
            raise EnvError(f"CSRF_TRUSTED_ORIGINS has {origin!r}: use origins such as https://tasks.example.com.")
    return [origin.rstrip("/") for origin in origins]


def checked_fernet_keys(keys: list[str]) -> list[str]:
    for position, key in enumerate(keys, start=1):
        try:
            size = len(base64.urlsafe_b64decode(key.encode()))
        except (binascii.Error, ValueError):
            size = 0
        if size != 32:
            raise EnvError(
                f"FIELD_ENCRYPTION_KEYS, key {position}: not 32 bytes in URL-safe base64 "
                "(openssl rand -base64 32 | tr '+/' '-_')."
            )
    return keys


def checked_bot_token(token: str) -> str:
    # The value stays out of the message: it may be a real token with a typing error.
    if token and not re.fullmatch(r"\d+:[A-Za-z0-9_-]{20,}", token):
        raise EnvError("TELEGRAM_BOT_TOKEN does not look like a token from @BotFather (123456:ABC…).")
    return token


def checked_model(name: str) -> str:
    if re.search(r"\s", name):
        raise EnvError(f"EMBEDDING_MODEL is {name!r}: use offline or a LiteLLM name such as ollama/nomic-embed-text.")
    return name


def checked_hosts(name: str, hosts: list[str], example: str = "192.168.1.20:993") -> list[str]:
    for host in hosts:
        match = _HOST_PORT.match(host)
        if not match or not 0 < int(match[2]) < 65_536:
            raise EnvError(f"{name} has {host!r}: use host:port, as in {example}.")
    return hosts


def checked_model_hosts(hosts: list[str], ollama_url: str) -> list[str]:
    checked_hosts("LLM_ALLOWED_HOSTS", hosts, "192.168.1.20:11434")
    ollama = urlsplit(ollama_url)
    name = f"[{ollama.hostname}]" if ":" in (ollama.hostname or "") else ollama.hostname
    always = f"{name}:{ollama.port or (443 if ollama.scheme == 'https' else 80)}"
    return list(dict.fromkeys([*hosts, always]))


MAIL_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


def checked_email_url(url: str) -> str:
    """`smtp://` speaks STARTTLS, `smtps://` TLS from the start, `smtp+plain://` neither, for a relay beside us."""
    if url:
        parts = _split("EMAIL_URL", url, "smtp://USER:PASSWORD@mail.example.com:587")
        if parts.scheme not in MAIL_PORTS or not parts.hostname:
            raise EnvError("EMAIL_URL must look like smtp://USER:PASSWORD@host:587 (or smtps://, smtp+plain://).")
    return url


def checked_sender(sender: str, email_url: str) -> str:
    if email_url and not sender:
        raise EnvError("DEFAULT_FROM_EMAIL is missing: with EMAIL_URL say from whom mails come.")
    if sender and not re.fullmatch(r"[^@\r\n]*[^@\s<]@[^@\s>]+>?", sender):
        raise EnvError(f"DEFAULT_FROM_EMAIL is {sender!r}: use an address such as tasks@example.com.")
    return sender


def mailers(email_url: str) -> dict[str, dict[str, Any]]:
    """Django's MAILERS for a checked URL; none where there is none: a mail is never printed instead."""
    if not email_url:
        return {}
    parts = urlsplit(email_url)
    options = {
        "host": parts.hostname,
        "port": parts.port or MAIL_PORTS[parts.scheme],
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": parts.scheme == "smtp",
        "use_ssl": parts.scheme == "smtps",
        "timeout": 15,
    }
    return {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
