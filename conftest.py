"""Real engines for the tests: PostgreSQL and Valkey, once for all workers, in a directory that goes away after.

They are started when this file is imported, before any other conftest: settings read their addresses. A worker of
pytest-xdist is a child of the controller, finds the addresses in its environment and takes its own test database
(pytest-django makes that) and its own two databases of Valkey. With DATABASE_URL and REDIS_URL set, those are used.
"""

import contextlib
import gc
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import django
import hypothesis
import psycopg
import pytest
from django.conf import Settings, settings
from django.contrib.auth.hashers import ScryptPasswordHasher
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test.client import ClientHandler
from xdist.scheduler.loadscope import LoadScopeScheduling

from tasktracker import embedded
from tasktracker.tests.support import LONG, LiveStack, count, empty_valkey, wait_for

ROOT = Path(__file__).parent
TEMP_PREFIX = "tasktracker-tests-"
_running: embedded.Running | None = None


def _start_engines() -> embedded.Running:
    temp = Path(tempfile.gettempdir())
    for old in temp.glob(f"{TEMP_PREFIX}*"):
        # Left by a run that was killed; the lock tells which are still in use by somebody else's run.
        with contextlib.suppress(embedded.EngineError):
            embedded.DirectoryLock.take(embedded.Layout.of(old).lock_file("engines")).release()
            shutil.rmtree(old, ignore_errors=True)
    data_dir = Path(tempfile.mkdtemp(prefix=TEMP_PREFIX))
    data_dir.chmod(0o711)
    running = embedded.start(data_dir, fsync=False)
    made = embedded.secrets(data_dir)
    os.environ.update(
        DATA_DIR=str(data_dir),
        DATABASE_URL=running.engines.database_url,
        REDIS_URL=running.engines.redis_url,
        SECRET_KEY=made.secret_key,
        FIELD_ENCRYPTION_KEYS=",".join(made.field_encryption_keys),
        TT_OWN_ENGINES="1",
    )
    return running


def _take_own_valkey_databases(worker: str) -> None:
    """Databases 2n+2 (broker, cache) and 2n+3 (channel layer) for worker n; the controller keeps 0 and 1."""
    number = 2 * int(worker.removeprefix("gw")) + 2
    parts = urlsplit(os.environ["REDIS_URL"])
    changed = {"query": f"db={number}"} if parts.scheme == "unix" else {"path": f"/{number}"}
    os.environ["REDIS_URL"] = urlunsplit(parts._replace(**changed))


# How long an example takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile(
    "tests",
    deadline=None,
    max_examples=count(25, 100),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("tests")

os.environ["DJANGO_SETTINGS_MODULE"] = "tasktracker.settings"
# Waits are short here; a value from outside wins.
for _name, _value in {"TT_LEASE_SECONDS": "3", "TT_SWEEP_SECONDS": "1", "TT_API_RATE": "100000/min"}.items():
    os.environ.setdefault(_name, _value)
if "PYTEST_XDIST_WORKER" in os.environ:
    _take_own_valkey_databases(os.environ["PYTEST_XDIST_WORKER"])
elif "DATABASE_URL" not in os.environ:
    for _name in ("REDIS_URL", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "TELEGRAM_BOT_TOKEN", "LOG_FORMAT"):
        os.environ.pop(_name, None)  # somebody's shell is not what is tested
    _running = _start_engines()

# Now that the addresses are known: test files import models when they are collected.
django.setup()
if os.environ["REDIS_URL"] != settings.REDIS_URL:
    raise RuntimeError("The settings were read before this process had databases of its own.")
# Each test client builds the middleware anew, and WhiteNoise would look through all static files each time.
settings.WHITENOISE_AUTOREFRESH = True
# A password that took a twentieth of a second to hash is checked by the other processes as well as one that took none.
ScryptPasswordHasher.work_factor = 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Before the workers start: where they inherit this, pytest-django reads the settings before this file is there.

    While they collect, the migrations run once for all of them, as `manage.py migrate` runs them anywhere.
    """
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    if _running is not None:
        threading.Thread(target=_make_template, name="template", daemon=True).start()


TEMPLATE = "tests_template"


def _make_template() -> None:
    """A migrated database under its name; none where the migrations fail, and then each worker meets that itself."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    variables = os.environ | {"DATABASE_URL": urlunsplit(parts._replace(path=f"/{TEMPLATE}_new"))}
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f"CREATE DATABASE {TEMPLATE}_new")
        done = subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=variables, check=False, cwd=ROOT)
        server.execute(f"ALTER DATABASE {TEMPLATE}_new RENAME TO {TEMPLATE}{'_failed' if done.returncode else ''}")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A worker's own database is a copy of the one that was migrated for all."""
    if "PYTEST_XDIST_WORKER" not in os.environ or os.environ.get("TT_OWN_ENGINES") != "1":
        return

    def is_made() -> str:
        with psycopg.connect(os.environ["DATABASE_URL"]) as server:
            names = [str(row[0]) for row in server.execute("SELECT datname FROM pg_database")]
        return next((name for name in names if name in {TEMPLATE, f"{TEMPLATE}_failed"}), "")

    if wait_for(is_made, timeout=120) == TEMPLATE:
        connection.settings_dict["TEST"].update(TEMPLATE=TEMPLATE, MIGRATE=False)


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Nothing that is collected is garbage; see below."""
    gc.disable()


# What is dear to begin with is begun in one process only; what takes long is begun first, so none waits at the end.
_KEPT_TOGETHER = {
    "stack": re.compile(
        r"test_(kill|run_live|up_live_stack|up_deployment|grouped_posts|socket|presence|source_walls|webhooks_live|"
        r"browser_\w+|tg_in_browser)\.py"
    ),
    "model": re.compile(
        r"test_(llm|run_(?!mail)|prompt_|sifting|judging|evaluate|compare|ssrf|api_providers|page_(agents|providers)|"
        r"failures_are|task_conf|local_only|telegram_sorting)"
    ),
    "bot": re.compile(r"test_(bot_(answers|bears|process)|telegram_webhook|every_word_cases)\w*\.py"),
    "demo": re.compile(r"test_offline_(knowledge|plan|tasks)\.py"),
}
_LONG = re.compile(r"test_(up|up_deployment|bot_\w+|embedded|deploy|access_matrix)\.py")


def group_of(nodeid: str) -> str:
    """Tests of one group run in one process, one after the other; most are a group of their own."""
    return next((name for name, pattern in _KEPT_TOGETHER.items() if pattern.search(nodeid)), nodeid)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The groups first, then what takes long; what is for `make test-long` alone is left out of `make test`."""
    ranks = [*_KEPT_TOGETHER]
    if not LONG:
        left_out = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)

    def rank(item: pytest.Item) -> int:
        group = group_of(item.nodeid)
        return ranks.index(group) if group in ranks else len(ranks) + (not _LONG.search(item.nodeid))

    items.sort(key=rank)


class Groups(LoadScopeScheduling):
    """Hands groups of tests to the processes of pytest-xdist, in their order."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    """Its own ways would start Chromium, the libraries of models and the processes of `up` in each of them."""
    config.option.loadscopereorder = False
    return Groups(config, log)


def pytest_collection_finish() -> None:
    """What was imported and collected lives to the end: looking through it for garbage took an eighth of all time."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def pytest_unconfigure() -> None:
    """Stop what this process started; workers started nothing."""
    global _running
    if _running is not None:
        _running.stop()
        shutil.rmtree(_running.layout.root, ignore_errors=True)
        _running = None


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """No test database is dropped at the end where the whole server goes away a moment later."""
    return os.environ.get("TT_OWN_ENGINES") == "1"


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """No test of this process may leave the machine: connecting to anything but loopback fails at once."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            if not (host.startswith("127.") or host in {"localhost", "::1"}):
                raise OSError(f"tests may not connect to {host}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


# What refuses TRUNCATE of audited tables to everybody else.
UNSEAL = """
DO $$ DECLARE audited regclass; BEGIN
    FOR audited IN SELECT tgrelid FROM pg_trigger WHERE tgname = 'seal_all' LOOP
        EXECUTE 'ALTER TABLE ' || audited || ' {} TRIGGER seal_all';
    END LOOP;
END $$
"""


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[None]:
    """Empty the database after a test by DELETE, in one go: TRUNCATE makes new files for each of 50 tables, in 0.1 s.

    What migrations made stays, so nothing of it has to be made again: that took most of the time of a flush.
    """

    def deletes(self: DatabaseOperations, style: Any, tables: list[str], **_: Any) -> list[str]:
        kept = {"django_content_type", "auth_permission"}  # they are made by migrations, and by nothing else
        unchecked = "SET LOCAL session_replication_role = replica"  # no order of tables suits all foreign keys
        return ["; ".join([unchecked, *(f"DELETE FROM {self.quote_name(name)}" for name in set(tables) - kept)])]  # noqa: S608

    truncate = DatabaseOperations.sql_flush

    def unsealed(self: DatabaseOperations, *args: Any, **more: Any) -> list[str]:
        return [UNSEAL.format("DISABLE"), *truncate(self, *args, **more), UNSEAL.format("ENABLE")]

    with pytest.MonkeyPatch.context() as patch:
        if os.environ.get("TT_OWN_ENGINES") == "1":  # elsewhere we may not be a superuser
            patch.setattr(DatabaseOperations, "sql_flush", deletes)
            patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
        else:
            patch.setattr(DatabaseOperations, "sql_flush", unsealed)
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_middleware() -> Iterator[None]:
    """All test clients of a process share the middleware that the first has made: to make it took 16 ms for each.

    Where a test has settings of its own, its clients make their own.
    """
    load, made = ClientHandler.load_middleware, dict[str, Any]()
    parts = ("_view_middleware", "_template_response_middleware", "_exception_middleware", "_middleware_chain")

    def shared(self: ClientHandler, is_async: bool = False) -> None:
        if is_async or not isinstance(settings._wrapped, Settings):
            load(self, is_async)
        elif made:
            vars(self).update(made)
        else:
            load(self, is_async)
            made.update({name: getattr(self, name) for name in parts})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientHandler, "load_middleware", shared)
        yield


@pytest.fixture(autouse=True)
def _empty_valkey() -> Iterator[None]:
    """What a test left in the broker, the cache or the channel layer is not seen by the next one."""
    yield
    empty_valkey()


@pytest.fixture(scope="session")
def standing_stack(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """The processes of this pytest process, started when a test needs them: each start costs seconds."""
    with LiveStack.standing_by(tmp_path_factory.mktemp("live")) as stack:
        yield stack


@pytest.fixture
def start_stack(transactional_db: None, standing_stack: LiveStack) -> Iterator[Callable[..., LiveStack]]:
    """Real processes with choices: `start_stack(beat=False)`, `start_stack(variables={"TT_LEASE_SECONDS": "1"})`."""

    def start(**choices: Any) -> LiveStack:
        standing_stack.use(**choices)
        return standing_stack

    yield start
    standing_stack.pause()


@pytest.fixture
def live_stack(start_stack: Callable[..., LiveStack]) -> LiveStack:
    """Real uvicorn, Celery worker and beat against this pytest process's test database and Valkey databases."""
    return start_stack()


@pytest.fixture
def web(start_stack: Callable[..., LiveStack]) -> LiveStack:
    """The web process alone, for pages that need no worker."""
    return start_stack(worker=False, beat=False)


# Three fixed people. Their factory is imported late: this file is read before Django is set up.


@pytest.fixture
def owner(db: None) -> Any:
    """The admin of the workspace `acme`."""
    from tasktracker.core.tests.factories import make_person

    return make_person("owner", role="admin")


@pytest.fixture
def colleague(db: None) -> Any:
    """A reviewer in the workspace `acme`."""
    from tasktracker.core.tests.factories import make_person

    return make_person("colleague", role="reviewer")


@pytest.fixture
def stranger(db: None) -> Any:
    """The admin of another workspace."""
    from tasktracker.core.tests.factories import make_person

    return make_person("stranger", workspace="elsewhere", role="admin")


# Two reviewers for what shows who did something.


@pytest.fixture
def rita(db: None) -> Any:
    """A reviewer in the workspace `acme`."""
    from tasktracker.core.tests.factories import make_person

    return make_person("rita", role="reviewer")


@pytest.fixture
def omar(db: None) -> Any:
    """Another one."""
    from tasktracker.core.tests.factories import make_person

    return make_person("omar", role="reviewer")
