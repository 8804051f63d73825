"""From a chat to findings with the offline engine, step by step in this process."""

import pytest

from analysis import execution, services
from analysis.models import Finding, Window
from analysis.offline import classify
from analysis.tests import factories
from ingestion.models import Message
from tasktracker.core.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_chat_becomes_findings_and_the_run_completes() -> None:
    workspace = factories.make_workspace()
    factories.make_chat(workspace, 3)
    run = services.create_run(workspace=workspace, stage="knowledge")
    assert run.status == "pending"
    assert run.forecast["windows"] == 3
    services.start_run(run_id=run.pk)
    execution.begin(run_id=run.pk)
    execution.run_lane(run_id=run.pk)
    run.refresh_from_db()
    assert run.status == "completed"
    assert run.finished_at is not None
    assert Window.objects.filter(run=run, status="done").count() == 3
    findings = Finding.objects.filter(run=run)
    assert {"topic", "atom"} <= set(findings.values_list("kind", flat=True))
    for finding in findings:
        assert finding.quotes.exists() != finding.unproven
    rows = Event.objects.filter(object_kind="run", object_id=run.pk).order_by("id")
    types = list(rows.values_list("type", flat=True))
    assert types[0] == "run.started"
    assert types[-1] == "run.completed"
    assert types.count("run.completed") == 1


def test_messages_get_their_category_and_a_known_one_stays() -> None:
    workspace = factories.make_workspace()
    factories.make_chat(workspace, 2)
    first = Message.objects.filter(workspace=workspace).order_by("pk").first()
    assert first is not None
    Message.objects.filter(pk=first.pk).update(category="decision")
    run = services.create_run(workspace=workspace, stage="knowledge")
    services.start_run(run_id=run.pk)
    execution.begin(run_id=run.pk)
    execution.run_lane(run_id=run.pk)
    first.refresh_from_db()
    assert first.category == "decision"
    read = Message.objects.filter(workspace=workspace).exclude(verdict="noise").exclude(pk=first.pk)
    assert read.exists()
    for message in read:
        assert message.category == classify(message.text)[0]
