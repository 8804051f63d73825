"""The environment: what is read, what is refused, and in which words."""

import base64
from pathlib import Path

import pytest

from tasktracker import env
from tasktracker.env import EnvError, broker_url, channel_host, load
from tasktracker.envvalues import mailers

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
REAL = {
    "DATABASE_URL": "postgresql://tt:pw@db:5432/tt",
    "REDIS_URL": "redis://:pw@valkey:6379/0",
    "SECRET_KEY": "abcdefghij" * 6,
    "FIELD_ENCRYPTION_KEYS": KEY,
}


def refusal(**changes: str) -> str:
    with pytest.raises(EnvError) as caught:
        load(REAL | changes)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_real_servers_are_taken_as_they_are() -> None:
    found = load(REAL)
    assert not found.embedded
    assert (found.database_url, found.redis_url) == (REAL["DATABASE_URL"], REAL["REDIS_URL"])
    assert found.field_encryption_keys == [KEY]
    assert (found.debug, found.log_format, found.embedding_model) == (False, "text", "offline")
    assert found.allowed_hosts == ["localhost", "127.0.0.1", "[::1]"]


def test_without_urls_the_embedded_engines_and_their_secrets_are_used(tmp_path: Path) -> None:
    first, second = (load({"DATA_DIR": str(tmp_path)}) for _ in range(2))
    assert first.embedded
    assert first.database_url.startswith("postgresql://")
    assert first.redis_url.startswith("unix://")
    assert len(first.secret_key) >= 50
    assert first == second


def test_a_relative_data_dir_is_below_the_repository() -> None:
    assert load(REAL | {"DATA_DIR": "x/y"}).data_dir == Path(env.__file__).resolve().parent.parent / "x" / "y"


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS"])
def test_a_secret_may_come_from_a_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(REAL[name] + "\n")
    environ = {key: value for key, value in REAL.items() if key != name} | {f"{name}_FILE": str(file)}
    assert load(environ) == load(REAL)


def test_a_secret_file_that_cannot_be_read_or_is_empty_is_named(tmp_path: Path) -> None:
    assert "SECRET_KEY and SECRET_KEY_FILE are both set" in refusal(SECRET_KEY_FILE="/x")
    missing = {key: value for key, value in REAL.items() if key != "SECRET_KEY"}
    with pytest.raises(EnvError, match=r"/nowhere/key.*No such file"):
        load(missing | {"SECRET_KEY_FILE": "/nowhere/key"})
    (tmp_path / "empty").touch()
    with pytest.raises(EnvError, match="empty"):
        load(missing | {"SECRET_KEY_FILE": str(tmp_path / "empty")})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DATABASE_URL": ""}, "REDIS_URL is set but DATABASE_URL is not"),
        ({"REDIS_URL": ""}, "DATABASE_URL is set but REDIS_URL is not"),
        ({"DATABASE_URL": "sqlite:///db.sqlite3"}, "PostgreSQL only"),
        ({"DATABASE_URL": "postgresql://tt:pw@db:5432/"}, "DATABASE_URL must look like"),
        ({"DATABASE_URL": "postgresql://tt:p/w@db:x/tt"}, "DATABASE_URL"),
        ({"REDIS_URL": "amqp://x"}, "REDIS_URL must look like"),
        ({"REDIS_URL": "redis://x/cache"}, "must be a number"),
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
        ({"SECRET_KEY": "short"}, "at least 50"),
        ({"SECRET_KEY": "a" * 60}, "at least 50"),
        ({"SECRET_KEY_FALLBACKS": f"{REAL['SECRET_KEY']} short"}, "SECRET_KEY_FALLBACKS, key 2, is too weak"),
        ({"FIELD_ENCRYPTION_KEYS": ""}, "FIELD_ENCRYPTION_KEYS is missing"),
        ({"FIELD_ENCRYPTION_KEYS": f"{KEY},abc"}, "key 2"),
        ({"FIELD_ENCRYPTION_KEYS": "ключ"}, "key 1"),
        ({"CSRF_TRUSTED_ORIGINS": "tasks.example.com"}, "CSRF_TRUSTED_ORIGINS has 'tasks.example.com'"),
        ({"CSRF_TRUSTED_ORIGINS": "https://a.example/path"}, "CSRF_TRUSTED_ORIGINS"),
        ({"DEBUG": "maybe"}, "DEBUG is 'maybe'"),
        ({"LOG_FORMAT": "xml"}, "use text or json"),
        ({"OLLAMA_URL": "localhost:11434"}, "OLLAMA_URL"),
        ({"OLLAMA_URL": "http://localhost:99999999"}, "OLLAMA_URL"),
        ({"LLM_ALLOWED_HOSTS": "192.168.1.20"}, "host:port"),
        ({"LLM_ALLOWED_HOSTS": "h:70000"}, "host:port"),
        ({"MAIL_ALLOWED_HOSTS": "10.0.0.5"}, "MAIL_ALLOWED_HOSTS has '10.0.0.5': use host:port"),
        ({"EMBEDDING_MODEL": "two words"}, "EMBEDDING_MODEL"),
        ({"TELEGRAM_BOT_TOKEN": "nonsense"}, "TELEGRAM_BOT_TOKEN"),
        ({"EMAIL_URL": "mail.example.com"}, "EMAIL_URL must look like"),
        ({"EMAIL_URL": "consolemail://"}, "EMAIL_URL must look like"),
        ({"EMAIL_URL": "smtp://u:p@h:x", "DEFAULT_FROM_EMAIL": "a@b.example"}, "EMAIL_URL cannot be read"),
        ({"EMAIL_URL": "smtp://h"}, "DEFAULT_FROM_EMAIL is missing"),
        ({"DEFAULT_FROM_EMAIL": "nobody"}, "DEFAULT_FROM_EMAIL"),
        ({"SECOND_STEP_FOR": "everybody"}, "SECOND_STEP_FOR"),
        ({"TT_LEASE_SECONDS": "soon"}, "TT_LEASE_SECONDS"),
        ({"TT_LEASE_SECONDS": "-1"}, "TT_LEASE_SECONDS"),
        ({"TT_LEASE_SECONDS": "nan"}, "TT_LEASE_SECONDS"),
    ],
)
def test_a_bad_value_is_one_clear_line(changes: dict[str, str], words: str) -> None:
    assert words in refusal(**changes)


def test_no_refusal_repeats_a_secret() -> None:
    assert "hunter2" not in refusal(DATABASE_URL="mysql://tt:hunter2@db/tt")
    assert "hunter2" not in refusal(REDIS_URL="http://:hunter2@x/0")
    assert "hunter2" not in refusal(EMAIL_URL="http://me:hunter2@x")
    assert "hunter2" not in repr(
        load(REAL | {"EMAIL_URL": "smtp://me:hunter2@x", "DEFAULT_FROM_EMAIL": "Tasks <a@b.example>"})
    )
    assert "hunter2" not in refusal(SECRET_KEY="hunter2")
    assert "hunter2" not in refusal(SECRET_KEY_FALLBACKS="hunter2")
    assert "hunter2" not in repr(load(REAL | {"SECRET_KEY_FALLBACKS": "hunter2-" * 8}))
    assert "hunter2" not in refusal(TELEGRAM_BOT_TOKEN="hunter2")
    assert "hunter2" not in refusal(FIELD_ENCRYPTION_KEYS="hunter2")
    assert "hunter2" not in repr(load(REAL | {"DATABASE_URL": "postgresql://tt:hunter2@db/tt"}))


def test_lists_take_commas_and_spaces() -> None:
    found = load(
        REAL | {"ALLOWED_HOSTS": "a.example, b.example c.example", "CSRF_TRUSTED_ORIGINS": "https://a.example/"}
    )
    assert found.allowed_hosts == ["a.example", "b.example", "c.example"]
    assert found.csrf_trusted_origins == ["https://a.example"]


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://me%40x:p%2Fw@mail.example.com", 587, True, False),
        ("smtps://me%40x:p%2Fw@mail.example.com", 465, False, True),
        ("smtp+plain://me%40x:p%2Fw@mail.example.com:2525", 2525, False, False),
    ],
)
def test_a_mail_url_says_all_of_a_server(url: str, port: int, tls: bool, ssl: bool) -> None:
    options = mailers(url)["default"]["OPTIONS"]
    assert (options["host"], options["port"]) == ("mail.example.com", port)
    assert (options["username"], options["password"]) == ("me@x", "p/w")
    assert (options["use_tls"], options["use_ssl"]) == (tls, ssl)
    assert mailers("") == {}


def test_the_address_of_ollama_is_always_allowed() -> None:
    assert load(REAL).llm_allowed_hosts == ["localhost:11434"]
    given = load(REAL | {"LLM_ALLOWED_HOSTS": "10.0.0.5:8080", "OLLAMA_URL": "https://[fd00::1]/"})
    assert given.llm_allowed_hosts == ["10.0.0.5:8080", "[fd00::1]:443"]


@pytest.mark.parametrize(
    ("redis_url", "broker", "channels"),
    [
        ("redis://h:6379", "redis://h:6379", "redis://h:6379/1"),
        ("redis://:p%40w@h:6379/4", "redis://:p%40w@h:6379/4", "redis://:p%40w@h:6379/5"),
        ("redis://h:6379?db=3", "redis://h:6379?db=3", "redis://h:6379/4"),
        ("rediss://h/0", "rediss://h/0?ssl_cert_reqs=required", "rediss://h/1"),
        ("rediss://h/0?ssl_cert_reqs=none", "rediss://h/0?ssl_cert_reqs=none", "rediss://h/1?ssl_cert_reqs=none"),
        ("unix://:pw@/tmp/x.sock?db=2", "redis+socket://:pw@/tmp/x.sock?virtual_host=2", "unix://:pw@/tmp/x.sock?db=3"),
        ("unix:///tmp/x.sock", "redis+socket:///tmp/x.sock?virtual_host=0", "unix:///tmp/x.sock?db=1"),
    ],
)
def test_one_redis_url_serves_broker_and_channel_layer(redis_url: str, broker: str, channels: str) -> None:
    assert broker_url(redis_url) == broker
    assert channel_host(redis_url) == {"address": channels}
    assert channel_host(redis_url, db=9)["address"] != channels
