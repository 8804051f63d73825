"""The house rules that a program can check."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
APPS = ["tasktracker", "ingestion", "knowledge", "analysis", "proposals"]


def sources(*, tests: bool = False) -> list[Path]:
    found = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
    return [path for path in found if tests or "tests" not in path.parts]


def writes_status(tree: ast.AST) -> list[int]:
    """Lines that set an attribute `.status`, or update rows with `status=`."""
    lines = []
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            names = [part for target in targets if target is not None for part in ast.walk(target)]
            lines += [
                part.lineno
                for part in names
                if isinstance(part, ast.Attribute) and part.attr == "status" and isinstance(part.ctx, ast.Store)
            ]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
            lines += [node.lineno for keyword in node.keywords if keyword.arg == "status"]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
            second = node.args[1] if len(node.args) > 1 else None
            if isinstance(second, ast.Constant) and second.value == "status":
                lines.append(node.lineno)
    return lines


def test_status_is_written_only_in_transitions() -> None:
    guilty = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        if path.name != "transitions.py"
        and path.name != "wire.py"  # there it is the status of an HTTP answer
        and "status" in (text := path.read_text())
        for line in writes_status(ast.parse(text))
    ]
    assert guilty == []


@pytest.mark.parametrize(
    "code", ["row.status = 'x'", "rows.update(status='x')", "setattr(row, 'status', 'x')", "a, row.status = 1, 2"]
)
def test_the_check_above_sees_each_way_to_write_a_status(code: str) -> None:
    assert writes_status(ast.parse(code)) == [1]


def test_no_test_and_no_setting_knows_an_eager_celery_or_a_layer_in_memory() -> None:
    words = re.compile("ALWAYS_" + "EAGER|InMemory" + "ChannelLayer|task_always_" + "eager|locmem" + r"\.LocMemCache")
    guilty = [str(path.relative_to(ROOT)) for path in sources(tests=True) if words.search(path.read_text())]
    assert guilty == []


def test_chat_text_is_never_marked_safe() -> None:
    code = [path for path in sources() if re.search(r"mark_safe|SafeString\(|autoescape\s+off", path.read_text())]
    pages = [
        path
        for path in (ROOT / "templates").rglob("*.html")
        if re.search(r"\|\s*safe\b|autoescape\s+off|<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)", path.read_text())
    ]
    assert [str(path.relative_to(ROOT)) for path in code + pages] == []


def test_only_the_gateway_imports_the_model_libraries() -> None:
    guilty = []
    for path in sources(tests=True):
        text = path.read_text()
        if (ROOT / "tasktracker/core/llm") in path.parents or not re.search("litellm|instructor", text):
            continue
        for node in ast.walk(ast.parse(text)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            guilty += [str(path.relative_to(ROOT)) for name in names if name.split(".")[0] in ("litellm", "instructor")]
    assert guilty == []


@pytest.mark.long
def test_starting_django_loads_neither_litellm_nor_aiogram() -> None:
    code = (
        "import django, sys; django.setup(); import tasktracker.urls, tasktracker.asgi;"
        "print([m for m in ('litellm', 'instructor', 'aiogram', 'openai') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_every_model_has_its_admin_page() -> None:
    from django.apps import apps
    from django.contrib import admin

    admin.autodiscover()  # whatever other test has loaded it
    ours = [model for model in apps.get_models() if model.__module__.split(".")[0] in APPS]
    assert [model.__name__ for model in ours if model not in admin.site._registry] == []


def test_constraints_and_indexes_are_named_by_us() -> None:
    from django.apps import apps

    for model in apps.get_models():
        if model.__module__.split(".")[0] in APPS:
            for part in [*model._meta.constraints, *model._meta.indexes]:
                assert part.name, model
                assert not re.search(r"_[0-9a-f]{6,8}_idx$", part.name), part.name
