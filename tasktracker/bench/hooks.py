"""A webhook at 300 calls a second, sent at that pace whatever the answers do: how long until each is stored."""

import json
import os
import time
from contextlib import closing
from statistics import median, quantiles

from ingestion.models import Delivery, Source
from ingestion.webhooks.calls import hmac_hex
from tasktracker.bench import Result
from tasktracker.bench.load import Address, Callers, Make, Pace, request, running
from tasktracker.core.models import Workspace

RATE = 300  # a second
SECONDS = int(os.environ.get("TT_BENCH_SECONDS", "20"))
WARM_UP = 100
CONNECTIONS = 64
AIM = 0.050  # seconds
LATE = 0.010  # seconds by which the sender itself may be late before the figure says so
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105  # of a workspace that is thrown away


def run(workspace: Workspace) -> list[Result]:
    """Events of Slack, signed, with a worker that makes messages of them meanwhile, and with none."""
    return [measured(workspace, worker=True), measured(workspace, worker=False)]


def measured(workspace: Workspace, *, worker: bool) -> Result:
    source = Source(workspace=workspace, name=f"team-{worker}", kind="slack")
    source.set_secret(SECRET)
    source.save()
    count = RATE * SECONDS
    with running(worker=worker) as address, closing(Callers(address, CONNECTIONS, b"200")) as callers:
        make = event(address, source)
        callers.all_at_once(make, 0, WARM_UP)
        pace = callers.at_pace(make, WARM_UP, count, RATE)
    stored = Delivery.objects.filter(source=source).count()
    if stored != WARM_UP + count:
        raise RuntimeError(f"of {WARM_UP + count} calls that were answered, {stored} are stored")
    p99 = quantiles(pace.answered, n=100)[98]
    who = "while a worker works them off" if worker else "alone"
    return Result(
        f"p99 of a signed webhook at {RATE}/s for {SECONDS} s, {who} (median {median(pace.answered) * 1000:.0f} ms)"
        + sender(pace),
        f"{p99 * 1000:.0f} ms",
        f"{AIM * 1000:.0f} ms",
        p99 / AIM,
        "≤ 1",
        p99 <= AIM,
    )


def sender(pace: Pace) -> str:
    """What to say where the sender could not keep the pace: then the figure is not the server's alone."""
    return f"; the sender itself was late by up to {pace.late * 1000:.0f} ms" if pace.late > LATE else ""


def event(address: Address, source: Source) -> Make:
    def make(number: int) -> bytes:
        said = {
            "type": "message",
            "channel": "C1",
            "user": f"U{number % 20}",
            "text": f"the export of invoice {number} fails since the release",
            "ts": f"{1767340800 + number}.000100",
        }
        body = json.dumps({"type": "event_callback", "event_id": f"Ev{number}", "event": said}).encode()
        at = str(int(time.time()))
        signature = f"v0={hmac_hex(SECRET, f'v0:{at}:'.encode() + body)}"
        headers = {"X_Slack_Request_Timestamp": at, "X_Slack_Signature": signature}
        return request(address, f"/webhook/slack/{source.uid}", body, **headers)

    return make
