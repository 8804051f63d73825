"""What a server runs: containers without rights, secrets as files, settings that Django's own check accepts."""

import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasktracker import env, stack

ROOT = stack.BASE_DIR
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker", "beat", "bot", "mail", "migrate")

PUBLIC_VARIABLES = {
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "DEBUG",
    "DATA_DIR",
    "UPLOADS_DIR",
    "UPLOAD_LIMIT_MB",
    "FIELD_ENCRYPTION_KEYS",
    "TELEGRAM_BOT_TOKEN",
    "EMBEDDING_MODEL",
    "OLLAMA_URL",
    "LLM_ALLOWED_HOSTS",
    "MAIL_ALLOWED_HOSTS",
    "EMAIL_URL",
    "DEFAULT_FROM_EMAIL",
    "SECOND_STEP_FOR",
    "LOG_FORMAT",
}


@pytest.fixture
def made_secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    subprocess.run([str(ROOT / "deploy" / "make-secrets"), str(folder)], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_s30_each_container_runs_without_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert service["stop_grace_period"] == "40s"
    assert service["healthcheck"]
    limits = service["deploy"]["resources"]["limits"]
    assert limits.keys() == {"cpus", "memory", "pids"}
    assert not any("docker.sock" in str(volume) for volume in service.get("volumes", []))
    if name != "ollama":  # its image keeps models in root's home
        assert not service["user"].startswith("0")


def test_s30_only_nginx_publishes_a_port_and_engines_are_on_the_inner_network() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert SERVICES["postgres"]["networks"] == SERVICES["valkey"]["networks"] == ["inside"]
    assert "inside" not in SERVICES["nginx"]["networks"]


def test_every_name_that_a_service_uses_is_defined() -> None:
    for service in SERVICES.values():
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).is_file(), source


def test_programs_of_ours_start_after_the_migrations_and_take_secrets_from_files_only() -> None:
    for name in OURS:
        service = SERVICES[name]
        assert service["user"] == "10001:10001"
        if name != "migrate":
            assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        for variable, value in service["environment"].items():
            if variable.endswith("_FILE"):
                assert Path(value).name in service["secrets"]
            assert variable not in {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS"}


def test_commands_of_containers_exist() -> None:
    commands = ROOT / "tasktracker" / "management" / "commands"
    for name in OURS:
        command = SERVICES[name]["command"][0]
        assert command == "migrate" or (commands / f"{command}.py").exists(), command


def test_pgvector_is_new_enough_not_to_corrupt_an_index() -> None:
    version = re.search(r":(\d+)\.(\d+)\.(\d+)-pg18", SERVICES["postgres"]["image"])
    assert version is not None
    assert tuple(int(part) for part in version.groups()) >= (0, 8, 6)


def test_the_broker_of_the_containers_never_evicts() -> None:
    lines = (ROOT / "deploy" / "valkey.conf").read_text().splitlines()
    assert {"maxmemory-policy noeviction", "appendonly yes", "appendfsync everysec", "protected-mode yes"} <= set(lines)


def test_made_secrets_start_the_program(made_secrets: Path) -> None:
    assert {path.name for path in made_secrets.iterdir()} == set(COMPOSE["secrets"])
    assert stat.S_IMODE(made_secrets.stat().st_mode) == 0o700
    names = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS")
    found = env.load({f"{name}_FILE": str(made_secrets / name.lower()) for name in names})
    assert found.database_url.endswith("@postgres:5555/tasktracker")
    assert SERVICES["postgres"]["environment"]["PGPORT"] == "5555"
    assert (made_secrets / "valkey_password").read_text().strip() in found.redis_url


def test_secrets_made_again_stay_the_same(made_secrets: Path) -> None:
    before = {path.name: path.read_text() for path in made_secrets.iterdir()}
    subprocess.run([str(ROOT / "deploy" / "make-secrets"), str(made_secrets)], check=True, capture_output=True)
    assert {path.name: path.read_text() for path in made_secrets.iterdir()} == before


def test_secrets_and_data_can_neither_be_committed_nor_copied_into_the_image() -> None:
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    kept_out = {line.strip("/") for line in (ROOT / ".dockerignore").read_text().splitlines()}
    for name in ("secrets", ".env", ".data"):
        assert name in ignored
        assert name in kept_out


def test_the_example_names_every_public_variable_and_no_other() -> None:
    text = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^#?([A-Z][A-Z_]+)=", text, flags=re.MULTILINE))
    assert named - {"PORT", "WORKER_CONCURRENCY"} == PUBLIC_VARIABLES


def test_the_image_runs_as_nobody_in_particular() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "\nUSER 10001:10001\n" in text
    assert "--require-hashes" in text
    assert text.index("USER 10001") > text.index("collectstatic")


def production(made_secrets: Path) -> dict[str, str]:
    names = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS")
    kept = {name: value for name, value in os.environ.items() if name not in PUBLIC_VARIABLES}
    return (
        kept
        | {f"{name}_FILE": str(made_secrets / name.lower()) for name in names}
        | {"ALLOWED_HOSTS": "tasks.example.com", "CSRF_TRUSTED_ORIGINS": "https://tasks.example.com"}
    )


def test_s28_django_finds_nothing_to_say_about_production_settings(made_secrets: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=production(made_secrets),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_bad_environment_ends_a_container_with_one_line(made_secrets: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "web"],
        cwd=ROOT,
        env=production(made_secrets) | {"LOG_FORMAT": "xml"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "tasktracker: LOG_FORMAT is 'xml': use text or json.\n"


@pytest.fixture
def health_server() -> Iterator[tuple[str, list[bytes]]]:
    """Plays the web service; the list's one item is what it answers."""
    answers = [b"{}"]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.headers["Host"] == "tasks.example.com" else 400)
            self.end_headers()
            self.wfile.write(answers[0])

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", answers
    server.shutdown()
    server.server_close()


@pytest.mark.long
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"status": "ok", "checks": {"worker": "ok"}}', 0),
        (b'{"status": "degraded", "checks": {"worker": "down"}}', 1),
        (b'{"status": "ok", "checks": {}}', 1),
        (b"<html>", 1),
    ],
)
def test_the_healthcheck_of_a_container_says_what_health_says(
    body: bytes, code: int, health_server: tuple[str, list[bytes]]
) -> None:
    url, answers = health_server
    answers[0] = body
    done = subprocess.run(
        [sys.executable, "deploy/healthcheck.py", "worker"],
        cwd=ROOT,
        env={"TT_HEALTH_URL": url, "ALLOWED_HOSTS": "tasks.example.com,localhost", "PATH": os.environ["PATH"]},
        capture_output=True,
        check=False,
    )
    assert done.returncode == code, done.stderr


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_knows_the_targets_of_the_contract() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("demo", "test", "test-long", "dev", "lint", "bench", "lock"):
        assert re.search(rf"^  make {target} ", listed, flags=re.MULTILINE), target


def test_without_a_python_new_enough_one_paragraph_says_what_to_do(tmp_path: Path) -> None:
    for name in ("sh", "cat", "env", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    done = subprocess.run(
        ["/bin/sh", str(ROOT / ".ci" / "python"), str(tmp_path / "venv"), "requirements.txt"],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "needs Python 3.12 or newer" in done.stderr
    assert "\n\n" not in done.stderr
