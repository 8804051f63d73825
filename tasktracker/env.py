"""The environment, read once into one typed object; a bad or missing value is one clear line (`EnvError`).

Every secret may also come from a file named by `NAME_FILE` (Docker and Kubernetes secrets). Variables that start with
`TT_` tune tests and benchmarks and are no part of the public contract.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from tasktracker import embedded, envvalues
from tasktracker.envvalues import EnvError

__all__ = ["Env", "EnvError", "broker_url", "channel_host", "load"]

LogFormat = Literal["text", "json"]


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the environment says. Secrets are left out of `repr`.

    `field_encryption_keys` are Fernet keys, the first one encrypts, all of them decrypt. `secret_key_fallbacks` are
    earlier secret keys: nothing is signed with them, what they signed still counts. `redis_url` is a redis-py
    URL (`redis://`, `rediss://` or `unix://`). `embedded` is true where the engines below `data_dir` are used.
    """

    debug: bool
    secret_key: str = field(repr=False)
    secret_key_fallbacks: list[str] = field(repr=False)
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    data_dir: Path
    uploads_dir: Path
    upload_limit_mb: int
    embedded: bool
    field_encryption_keys: list[str] = field(repr=False)
    telegram_bot_token: str = field(repr=False)
    telegram_api_url: str
    discord_api_url: str
    embedding_model: str
    ollama_url: str
    llm_allowed_hosts: list[str]
    mail_allowed_hosts: list[str]
    email_url: str = field(repr=False)
    default_from_email: str
    second_step_for: str
    log_format: LogFormat
    # Tuning: `process` is "web" in the web process only, the rest shortens waits and keeps test workers apart.
    process: str
    test_database: str
    redis_prefix: str
    beat_schedule_file: str
    lease_seconds: float
    sweep_seconds: float
    run_concurrency: int
    api_rate: str


def load(environ: Mapping[str, str] | None = None) -> Env:
    """Read the environment (`os.environ` unless told); EnvError names the first variable that is wrong."""
    reader = envvalues.Reader(os.environ if environ is None else environ)
    data_dir = reader.path("DATA_DIR", ".data")
    database_url = reader.secret("DATABASE_URL")
    redis_url = reader.secret("REDIS_URL")
    is_embedded = not database_url and not redis_url
    if is_embedded:
        made = _made_secrets(data_dir)
        urls = embedded.engines(data_dir)
        database_url, redis_url = urls.database_url, urls.redis_url
        secret_key = reader.secret("SECRET_KEY") or made.secret_key
        keys = reader.words("FIELD_ENCRYPTION_KEYS", secret=True) or list(made.field_encryption_keys)
    else:
        envvalues.check_engine_urls(database_url, redis_url)
        # Never made up here: containers that each make their own key could not read each other's rows.
        secret_key = reader.required("SECRET_KEY", "openssl rand -base64 48")
        reader.required("FIELD_ENCRYPTION_KEYS", "openssl rand -base64 32 | tr '+/' '-_'")
        keys = reader.words("FIELD_ENCRYPTION_KEYS", secret=True)
    ollama_url = reader.http_url("OLLAMA_URL", "http://localhost:11434")
    return Env(
        debug=reader.flag("DEBUG"),
        secret_key=envvalues.checked_secret_key(secret_key),
        secret_key_fallbacks=[
            envvalues.checked_secret_key(key, f"SECRET_KEY_FALLBACKS, key {place},")
            for place, key in enumerate(reader.words("SECRET_KEY_FALLBACKS", secret=True), start=1)
        ],
        allowed_hosts=reader.words("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"],
        csrf_trusted_origins=envvalues.checked_origins(reader.words("CSRF_TRUSTED_ORIGINS")),
        database_url=database_url,
        redis_url=redis_url,
        data_dir=data_dir,
        uploads_dir=reader.path("UPLOADS_DIR", str(data_dir / "uploads")),
        upload_limit_mb=int(reader.number("UPLOAD_LIMIT_MB", 2048)),
        embedded=is_embedded,
        field_encryption_keys=envvalues.checked_fernet_keys(keys),
        telegram_bot_token=envvalues.checked_bot_token(reader.secret("TELEGRAM_BOT_TOKEN")),
        telegram_api_url=reader.http_url("TELEGRAM_API_URL", "https://api.telegram.org"),
        discord_api_url=reader.http_url("DISCORD_API_URL", "https://discord.com/api/v10"),
        embedding_model=envvalues.checked_model(reader.get("EMBEDDING_MODEL") or "offline"),
        ollama_url=ollama_url,
        llm_allowed_hosts=envvalues.checked_model_hosts(reader.words("LLM_ALLOWED_HOSTS"), ollama_url),
        mail_allowed_hosts=envvalues.checked_hosts("MAIL_ALLOWED_HOSTS", reader.words("MAIL_ALLOWED_HOSTS")),
        email_url=envvalues.checked_email_url(reader.secret("EMAIL_URL")),
        default_from_email=envvalues.checked_sender(reader.get("DEFAULT_FROM_EMAIL"), reader.secret("EMAIL_URL")),
        second_step_for=reader.choice("SECOND_STEP_FOR", ("", "manager", "admin")),
        log_format=cast(LogFormat, reader.choice("LOG_FORMAT", ("text", "json"))),
        process=reader.get("TT_PROCESS"),
        test_database=reader.get("TT_TEST_DATABASE"),
        redis_prefix=reader.get("TT_REDIS_PREFIX"),
        beat_schedule_file=reader.get("TT_BEAT_SCHEDULE"),
        lease_seconds=reader.number("TT_LEASE_SECONDS", 60.0),
        sweep_seconds=reader.number("TT_SWEEP_SECONDS", 30.0),
        run_concurrency=int(reader.number("TT_RUN_CONCURRENCY", 2)),
        api_rate=reader.get("TT_API_RATE") or "6000/min",
    )


def broker_url(redis_url: str) -> str:
    """The same server as kombu names it: `unix://:pw@/x.sock?db=2` -> `redis+socket://:pw@/x.sock?virtual_host=2`."""
    parts = urlsplit(redis_url)
    if parts.scheme == "unix":
        # By hand: urlunsplit drops the two slashes where there is no password.
        return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={envvalues.database_number(redis_url)}"
    if parts.scheme == "rediss" and "ssl_cert_reqs" not in parse_qs(parts.query):
        # kombu does not verify the certificate unless told to, redis-py does.
        query = "&".join(filter(None, (parts.query, "ssl_cert_reqs=required")))
        return urlunsplit(parts._replace(query=query))
    return redis_url


def channel_host(redis_url: str, db: int | None = None) -> dict[str, str]:
    """The channel layer's entry in `hosts`: the same server, database `db` (by default the one after the broker's)."""
    parts = urlsplit(redis_url)
    number = envvalues.database_number(redis_url) + 1 if db is None else db
    if parts.scheme == "unix":
        return {"address": f"unix://{parts.netloc}{parts.path}?db={number}"}
    query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] != "db"])
    return {"address": urlunsplit(parts._replace(path=f"/{number}", query=query))}


def _made_secrets(data_dir: Path) -> embedded.Secrets:
    try:
        return embedded.secrets(data_dir)
    except embedded.EngineError as error:
        raise EnvError(str(error)) from error
