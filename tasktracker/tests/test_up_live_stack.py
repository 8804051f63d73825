"""The fixture `live_stack`: real processes against the database of the test."""

from collections.abc import Callable

import httpx
import pytest

from tasktracker.core import services
from tasktracker.core.models import Heartbeat
from tasktracker.embedded import process
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = pytest.mark.live


@pytest.mark.long
def test_web_and_worker_see_what_the_test_writes_and_the_worker_comes_back(live_stack: LiveStack) -> None:
    member = services.ensure_member(username="ann", workspace_slug="room", role="admin")
    token = services.create_token(user=member.user, workspace=member.workspace)
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{live_stack.url}/api/config", headers=headers).json()["workspace"]

    worker = live_stack.children["worker"].pid
    live_stack.kill_worker()
    assert live_stack.children["worker"].pid is None
    Heartbeat.objects.filter(name="worker").delete()
    assert httpx.get(f"{live_stack.url}/api/health").json()["status"] == "degraded"
    live_stack.restart_worker()
    live_stack.wait_ready()
    assert live_stack.children["worker"].pid != worker


@pytest.mark.long
def test_no_process_is_left_after_the_fixture(start_stack: Callable[..., LiveStack]) -> None:
    stack = start_stack(worker=False, beat=False)
    assert set(stack.used) == {"web"}
    pid = stack.children["web"].pid
    assert pid is not None
    assert stack.terminate("web") < 20
    wait_for(lambda: not process.birth(pid))
