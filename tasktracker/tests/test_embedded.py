"""The embedded engines, started for real: durable, private, found again after any crash."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tasktracker import embedded
from tasktracker.embedded import Layout, postgres, process
from tasktracker.embedded.launch import CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
from tasktracker.tests.support import wait_for

REPOSITORY = Path(embedded.__file__).resolve().parents[2]


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "data"
    yield path
    for name, number in (("postgres", signal.SIGQUIT), ("valkey", signal.SIGTERM)):
        process.end_leftover(Layout.of(path).pid_file(name), number, 10)
    Layout.of(path).tidy()


def starting(data_dir: Path) -> "subprocess.Popen[str]":
    """Another process that starts the engines, says so, and stays."""
    code = (
        "import pathlib, signal, sys; from tasktracker import embedded; "
        "embedded.start(pathlib.Path(sys.argv[1])); print('up', flush=True); signal.pause()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(data_dir)], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "up\n"
    return other


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.long
def test_both_engines_answer_and_are_gone_after_stop(data_dir: Path) -> None:
    running = embedded.start(data_dir)
    try:
        assert embedded.is_running(data_dir)
        assert embedded.engines(data_dir) == running.engines
        assert rows(running.engines.database_url, "SHOW server_version")[0][0].startswith(postgres.VERSION)  # type: ignore[attr-defined]
        rows(running.engines.database_url, "CREATE EXTENSION vector")
        assert rows(running.engines.database_url, "SELECT '[1,2]'::vector <=> '[1,2]'::vector") == [(0.0,)]
        assert redis.Redis.from_url(running.engines.redis_url).ping()
    finally:
        running.stop()
    assert not embedded.is_running(data_dir)
    assert [child.pid for child in running.children] == [None, None]


def test_settings_that_keep_data_are_on(data_dir: Path) -> None:
    running = embedded.start(data_dir)
    try:
        assert rows(running.engines.database_url, "SHOW fsync") == [("on",)]
        assert rows(running.engines.database_url, "SHOW max_connections") == [("200",)]
        found = redis.Redis.from_url(running.engines.redis_url, decode_responses=True).config_get(
            "appendonly", "appendfsync", "maxmemory", "maxmemory-policy", "protected-mode"
        )
    finally:
        running.stop()
    assert found == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory": str(512 * 1024 * 1024),
        "maxmemory-policy": "noeviction",
        "protected-mode": "yes",
    }


def test_nobody_gets_in_without_the_password_or_over_the_network(data_dir: Path) -> None:
    running = embedded.start(data_dir)
    try:
        sockets = running.layout.sockets
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert rows(running.engines.database_url, "SHOW listen_addresses") == [("",)]
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host=str(sockets), port=5432, user="tasktracker", dbname="tasktracker")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(unix_socket_path=str(running.layout.valkey_socket), retry=Retry(NoBackoff(), 0)).ping()
        client = redis.Redis.from_url(running.engines.redis_url, decode_responses=True)
        assert client.config_get("port") == {"port": "0"}
    finally:
        running.stop()


@pytest.mark.long
def test_no_password_is_seen_in_the_list_of_processes(data_dir: Path) -> None:
    running = embedded.start(data_dir)
    try:
        pids = ",".join(str(child.pid) for child in running.children)
        listed = subprocess.run(["ps", "-ww", "-o", "args=", "-p", pids], capture_output=True, text=True, check=True)
    finally:
        running.stop()
    made = embedded.secrets(data_dir)
    assert "valkey" in listed.stdout
    assert made.postgres_password not in listed.stdout
    assert made.valkey_password not in listed.stdout


def test_a_second_start_on_the_same_directory_is_refused_in_one_line(data_dir: Path) -> None:
    running = embedded.start(data_dir)
    try:
        with pytest.raises(embedded.AlreadyRunning, match=f"already running from .*process {os.getpid()}") as caught:
            embedded.start(data_dir)
        assert "\n" not in str(caught.value)
        assert embedded.is_running(data_dir)
    finally:
        running.stop()
    embedded.start(data_dir).stop()


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_engines_end_when_their_starter_is_killed_and_nothing_is_lost(data_dir: Path) -> None:
    other = starting(data_dir)
    urls = embedded.engines(data_dir)
    rows(urls.database_url, "CREATE TABLE kept (n int)")
    rows(urls.database_url, "INSERT INTO kept VALUES (7)")
    redis.Redis.from_url(urls.redis_url).set("kept", "7")
    other.kill()
    other.wait()
    wait_for(lambda: not embedded.is_running(data_dir))
    running = embedded.start(data_dir)
    try:
        assert rows(urls.database_url, "SELECT n FROM kept") == [(7,)]
        assert redis.Redis.from_url(urls.redis_url).get("kept") == b"7"
    finally:
        running.stop()


def test_after_kill_9_of_everything_a_new_start_has_all_that_was_committed(data_dir: Path) -> None:
    other = starting(data_dir)
    urls = embedded.engines(data_dir)
    rows(urls.database_url, "CREATE TABLE kept (n int)")
    rows(urls.database_url, "INSERT INTO kept SELECT generate_series(1, 1000)")
    pids = [json.loads(Layout.of(data_dir).pid_file(name).read_text())["pid"] for name in ("postgres", "valkey")]
    for pid in (*pids, other.pid):
        os.kill(pid, signal.SIGKILL)
    other.wait()
    assert (Layout.of(data_dir).postgres / "postmaster.pid").exists()  # stale
    running = embedded.start(data_dir)
    try:
        assert rows(urls.database_url, "SELECT count(*) FROM kept") == [(1000,)]
    finally:
        running.stop()


@pytest.mark.long
def test_a_stale_pid_file_with_the_number_of_a_living_stranger_does_not_stop_the_start(data_dir: Path) -> None:
    embedded.start(data_dir).stop()
    layout = Layout.of(data_dir)
    pid_file = layout.postgres / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{layout.postgres}\n1\n5432\n{layout.sockets}\n\n1 1\nready\n")
    layout.pid_file("valkey").write_text(json.dumps({"pid": os.getpid(), "birth": "long ago"}))
    running = embedded.start(data_dir)  # and we are still here: the stranger was not killed
    try:
        assert rows(running.engines.database_url, "SELECT 1") == [(1,)]
    finally:
        running.stop()


@pytest.mark.long
def test_a_cluster_that_was_half_made_is_made_anew(data_dir: Path) -> None:
    layout = Layout.of(data_dir)
    layout.prepare()
    (layout.root / "postgres.new" / "base").mkdir(parents=True)
    running = embedded.start(data_dir)
    running.stop()
    assert not (layout.root / "postgres.new").exists()


def test_a_folder_of_another_version_is_refused_with_what_to_do(data_dir: Path) -> None:
    layout = Layout.of(data_dir)
    layout.prepare()
    layout.postgres.mkdir()
    (layout.postgres / "PG_VERSION").write_text("15\n")
    with pytest.raises(embedded.EngineError, match="PostgreSQL 15, this is 18: dump it"):
        embedded.start(data_dir)


@pytest.mark.long
def test_a_long_or_strange_path_still_gets_sockets(tmp_path: Path) -> None:
    data_dir = tmp_path / ("a long name, with spaces and ümläuts " * 4) / "data"
    layout = Layout.of(data_dir)
    assert layout == Layout.of(data_dir)
    assert layout.sockets.parent != layout.root
    running = embedded.start(data_dir)
    try:
        assert len(os.fsencode(layout.postgres_socket)) <= 103
        assert rows(running.engines.database_url, "SELECT 1") == [(1,)]
        assert redis.Redis.from_url(running.engines.redis_url).ping()
    finally:
        running.stop()
    assert not layout.sockets.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_under_root_engines_run_as_somebody_else_also_below_a_closed_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    # Programs as well: a fresh clone in a folder of mktemp -d has its .venv in there.
    installed = postgres.program("postgres").parents[1]
    copied = closed / installed.parent.name / installed.name
    shutil.copytree(installed, copied, symlinks=True)
    libraries = installed.parent.with_suffix(".libs")  # where the wheel keeps libpq and the like
    if libraries.exists():
        shutil.copytree(libraries, closed / libraries.name, symlinks=True)
    monkeypatch.setattr(postgres, "program", lambda name: copied / "bin" / name)
    running = embedded.start(closed / "data")
    try:
        for child in running.children:
            lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
            uid = next(line.split()[1] for line in lines if line.startswith("Uid:"))
            assert uid != "0"
            kept = next(line.split()[1] for line in lines if line.startswith("CapPrm:"))
            assert int(kept, 16) in {1 << CAP_DAC_READ_SEARCH, 1 << CAP_DAC_OVERRIDE}
        assert rows(running.engines.database_url, "SELECT 1") == [(1,)]
    finally:
        running.stop()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700  # nobody opened it to the world


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_under_root_engines_keep_no_right_that_they_do_not_need(data_dir: Path) -> None:
    for folder in data_dir.parents:
        if folder.name.startswith(("pytest", "popen-")):  # what pytest and its workers made
            folder.chmod(0o711)
    data_dir.parent.chmod(0o711)
    running = embedded.start(data_dir)
    try:
        for child in running.children:
            status = Path(f"/proc/{child.pid}/status").read_text()
            assert re.search(r"^CapPrm:\s0+$", status, re.MULTILINE), child.name
    finally:
        running.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; from tasktracker import embedded\n"
        "try: embedded.start(pathlib.Path(sys.argv[1]))\n"
        "except embedded.EngineError as error: print(error)\n"
    )
    script = 'mount -t tmpfs -o size=12m none "$1" && exec "$2" -c "$3" "$1/data"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", str(tmp_path), sys.executable, code],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("this container may not mount")
    assert "disk is" in done.stdout, done
    assert done.stdout.count("\n") == 1


def test_secrets_are_made_once_even_when_many_ask_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: embedded.secrets(tmp_path / "data"), range(64)))
    assert len(set(made)) == 1
    path = Layout.of(tmp_path / "data").secrets_file
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["secrets.json"]
    assert "secret_key" not in repr(made[0])


@pytest.mark.parametrize("content", ["", "{", "[]", '{"secret_key": "x"}'])
def test_damaged_secrets_are_never_replaced(content: str, tmp_path: Path) -> None:
    embedded.secrets(tmp_path)
    path = Layout.of(tmp_path).secrets_file
    path.write_text(content)
    with pytest.raises(embedded.EngineError, match="backup"):
        embedded.secrets(tmp_path)
    assert path.read_text() == content


def test_a_file_in_place_of_the_data_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(embedded.EngineError, match="is a file"):
        embedded.start(tmp_path / "data")


def test_importing_it_needs_neither_django_nor_psycopg() -> None:
    code = (
        "import sys, types; sys.modules['tasktracker'] = p = types.ModuleType('tasktracker'); "
        "p.__path__ = ['tasktracker']; import tasktracker.embedded; "
        "print([name for name in ('django', 'psycopg', 'redis', 'celery') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert done.stdout == "[]\n"
