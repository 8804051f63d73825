"""Settings that keep a known trap shut."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from kombu.exceptions import ContentDisallowed
from kombu.serialization import dumps, loads

from tasktracker.celery import app

ROOT = Path(settings.BASE_DIR)


def test_a_job_that_lost_its_worker_comes_back_and_no_result_is_kept() -> None:
    conf = app.conf
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.task_ignore_result
    assert conf.result_backend is None
    assert conf.worker_prefetch_multiplier == 1
    assert conf.broker_connection_max_retries is None


def test_a_job_ends_before_the_broker_gives_it_to_another_worker() -> None:
    conf = app.conf
    options = conf.broker_transport_options
    assert conf.task_soft_time_limit < conf.task_time_limit < options["visibility_timeout"]
    assert options["unacked_restore_interval"] == 5
    assert options["health_check_interval"] == 10


def test_s26_a_forged_job_is_refused() -> None:
    assert app.conf.accept_content == ["json"]
    content_type, encoding, body = dumps({"x": 1}, serializer="pickle")
    with pytest.raises(ContentDisallowed):
        loads(body, content_type, encoding, accept=app.conf.accept_content)


def test_workers_do_not_pool_and_no_connection_outlives_a_request() -> None:
    database = settings.DATABASES["default"]
    assert "pool" not in database["OPTIONS"]
    assert database["CONN_MAX_AGE"] == 0


def test_the_schema_and_the_docs_ask_for_a_login() -> None:
    assert settings.SPECTACULAR_SETTINGS["SERVE_PERMISSIONS"] == ["rest_framework.permissions.IsAuthenticated"]


def test_passwords_are_hashed_by_scrypt_and_the_policy_has_no_inline_code() -> None:
    assert settings.PASSWORD_HASHERS == ["django.contrib.auth.hashers.ScryptPasswordHasher"]
    policy = settings.SECURE_CSP
    assert not any("unsafe" in str(source) for sources in policy.values() for source in sources)
    assert [str(source) for source in policy["frame-ancestors"]] == ["'none'"]


def test_every_task_that_is_named_somewhere_exists() -> None:
    app.loader.import_default_modules()
    named = {str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    named |= {name for names in settings.EVENT_TASKS.values() for name in names}
    assert sorted(named - set(app.tasks)) == []


def test_what_beat_sends_does_not_pile_up_while_no_worker_takes_it() -> None:
    schedule: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    for name, entry in schedule.items():
        period = entry["schedule"].total_seconds()
        assert period <= entry["options"]["expires"] <= max(30, period), name


@pytest.mark.long
def test_s28_the_deployment_check_is_clean() -> None:
    variables = os.environ | {
        "DEBUG": "0",
        "ALLOWED_HOSTS": "tasks.example.com",
        "CSRF_TRUSTED_ORIGINS": "https://tasks.example.com",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_s27_every_requirement_is_locked_by_hash() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        lines = text.replace("\\\n", " ").splitlines()
        blocks = [line for line in lines if line and not line.startswith(("#", " "))]
        assert len(blocks) > 50
        assert [block[:60] for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []


def test_s27_no_known_bad_release_and_nothing_that_runs_at_every_start() -> None:
    text = (ROOT / "requirements.txt").read_text()
    assert "litellm==1.82.7" not in text
    assert "litellm==1.82.8" not in text
    site = Path(json.__file__).parents[0]
    packages = [Path(path) for path in sys.path if path.endswith("site-packages")]
    known = {"distutils-precedence.pth", "_virtualenv.pth", "a1_coverage.pth"}
    found = {path.name for folder in packages for path in folder.glob("*.pth")}
    assert found - known == set(), site
