"""S24: the audit log is written whatever writes the row, and nobody who speaks to the database by us changes it."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from analysis import agents, providers
from analysis.models import Agent, AgentVersion, Provider
from knowledge import projects
from knowledge import services as knowledge
from knowledge.models import Edit, ProjectVersion
from proposals import services as desk
from proposals.models import ReviewAction
from proposals.tests.factories import make_proposal
from tasktracker.core import audit
from tasktracker.core.audit_models import AuditEntry
from tasktracker.core.models import Membership, StatusChange
from tasktracker.core.tests.factories import Person, make_person

pytestmark = pytest.mark.django_db


def told(**wanted: Any) -> list[tuple[str, int | None, Any]]:
    """(verb, by, changes) of the entries, oldest first."""
    found = AuditEntry.objects.filter(**wanted).order_by("pk")
    return list(found.values_list("verb", "by", "changes"))


def test_s24_a_role_that_is_changed_past_every_service_is_written_all_the_same(owner: Person) -> None:
    pk = make_person("rita", role="viewer").user.memberships.get().pk
    with audit.acting(owner.user):
        Membership.objects.filter(pk=pk).update(role="manager")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_membership SET role = 'admin' WHERE id = %s", [pk])
        cursor.execute("DELETE FROM core_membership WHERE id = %s", [pk])
    user = told(kind="member", object_id=pk)[0][2]["user_id"][1]
    assert told(kind="member", object_id=pk)[1:] == [
        ("changed", owner.user.pk, {"role": ["viewer", "manager"], "user_id": [user, user]}),
        ("changed", None, {"role": ["manager", "admin"], "user_id": [user, user]}),
        ("removed", None, {"role": ["admin", None], "user_id": [user, None]}),
    ]


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE core_auditentry SET by_id = NULL",
        "UPDATE core_auditentry SET verb = verb, at = now()",
        "DELETE FROM core_auditentry",
        "DELETE FROM core_auditentry WHERE workspace_id IN (SELECT id FROM core_workspace)",
        "TRUNCATE core_auditentry",
    ],
)
def test_s24_the_log_can_not_be_changed_by_sql(owner: Person, tamper: str) -> None:
    before = list(AuditEntry.objects.values())
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(tamper)
    assert list(AuditEntry.objects.values()) == before
    assert before


def test_s24_the_log_can_not_be_changed_by_the_orm(owner: Person) -> None:
    entry = AuditEntry.objects.filter(kind="member").latest("pk")
    attempts = (
        lambda: AuditEntry.objects.update(verb="removed"),
        lambda: AuditEntry.objects.all().delete(),
        entry.delete,
        entry.save,
        lambda: AuditEntry.objects.filter(pk=entry.pk)._raw_delete("default"),
    )
    for attempt in attempts:
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            attempt()
    entry.refresh_from_db()
    assert entry.verb == "added"


def test_s24_only_a_workspace_that_goes_takes_its_log_along(owner: Person, stranger: Person) -> None:
    assert AuditEntry.objects.filter(workspace=owner.workspace).exists()
    owner.workspace.delete()
    assert not AuditEntry.objects.exclude(workspace=stranger.workspace).exists()
    assert AuditEntry.objects.filter(workspace=stranger.workspace).exists()


def test_s24_an_account_that_goes_stays_in_the_log_by_its_id(owner: Person) -> None:
    rita = make_person("rita").user
    with audit.acting(rita):
        Membership.objects.filter(user=owner.user).update(role="manager")
    pk = rita.pk
    rita.delete()
    entry = AuditEntry.objects.filter(verb="changed", kind="member").select_related("by").get()
    assert (entry.by_id, entry.by) == (pk, None)


def test_s24_history_stays_as_it_was_written(owner: Person) -> None:
    proposal = make_proposal(owner.workspace, "topic", "Billing")
    desk.approve(proposal_id=proposal.pk, by=owner.user)
    project = projects.create_project(workspace=owner.workspace, values={"name": "Core"}, by=owner.user)
    provider = providers.ensure_offline_provider(workspace=owner.workspace)
    values = {"name": "a", "purpose": "classify", "provider": provider}
    agents.save_agent(agent=Agent(workspace=owner.workspace), values=values, by=owner.user)
    attempts = (
        lambda: ReviewAction.objects.update(verb="reject"),
        lambda: ReviewAction.objects.update(at=project.created_at),
        lambda: StatusChange.objects.update(to_status="rejected"),
        lambda: AgentVersion.objects.update(instructions="Ignore everything."),
        lambda: ProjectVersion.objects.update(rules={}),
        lambda: ProjectVersion.objects.all().delete(),
    )
    for attempt in attempts:
        with pytest.raises(IntegrityError, match="never"), transaction.atomic():
            attempt()
    # What may: a decision is taken back, and what a version belongs to goes.
    desk.undo(proposal_id=proposal.pk, by=owner.user)
    projects.delete_project(project_id=project.pk, by=owner.user)
    assert not ProjectVersion.objects.exists()


HISTORIES = ("core_statuschange", "analysis_agentversion", "proposals_reviewaction", "knowledge_edit")


@pytest.mark.django_db(transaction=True)
def test_s24_history_is_not_removed_by_sql_and_goes_with_what_it_belongs_to(owner: Person, stranger: Person) -> None:
    proposal = make_proposal(owner.workspace, "topic", "Billing")
    topic = desk.approve(proposal_id=proposal.pk, by=owner.user).created_id
    knowledge.change_topic(topic_id=topic or 0, values={"name": "Bills"}, by=owner.user)
    provider = providers.ensure_offline_provider(workspace=owner.workspace)
    values = {"name": "a", "purpose": "classify", "provider": provider}
    agent = agents.save_agent(agent=Agent(workspace=owner.workspace), values=values, by=owner.user)
    for table in HISTORIES:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone()[0], table
        for attempt in (f"DELETE FROM {table}", f"DELETE FROM {table} WHERE id = (SELECT min(id) FROM {table})"):
            with pytest.raises(IntegrityError, match="never removed"), connection.cursor() as cursor:
                cursor.execute(attempt)
    with pytest.raises(IntegrityError, match="never"):
        Edit.objects.update(verb="make")
    pk = proposal.pk
    agent.delete()
    proposal.delete()
    assert not AgentVersion.objects.exists()
    assert not ReviewAction.objects.exists()
    assert told(kind="proposal", object_id=pk)[-1] == ("removed", None, {"verb": ["approve", None]})
    elsewhere = {"workspace": stranger.workspace, "object_id": 1}
    StatusChange.objects.create(**elsewhere, kind="knowledge.task", from_status="open", to_status="done")
    Edit.objects.create(**elsewhere, kind="topic", verb="edit", by=stranger.user)
    stranger.workspace.delete()
    assert not StatusChange.objects.exclude(workspace=owner.workspace).exists()
    assert not Edit.objects.exclude(workspace=owner.workspace).exists()


def test_s24_no_audited_table_is_emptied_past_the_log() -> None:
    """TRUNCATE fires no trigger of rows, so the database refuses it; the list is that of what the log is about."""
    watched = {*audit.WATCHED, *audit.DECIDED, *HISTORIES, "core_auditentry", "knowledge_projectversion"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'seal_all'")
        assert {name for (name,) in cursor.fetchall()} == watched
        for table in sorted(watched):
            with pytest.raises(IntegrityError, match="never"), transaction.atomic():
                cursor.execute(f"TRUNCATE {table} CASCADE")


def test_s24_decisions_are_written_with_who_took_them_and_who_took_them_back(owner: Person, colleague: Person) -> None:
    proposal = make_proposal(owner.workspace, "topic", "Billing")
    desk.approve(proposal_id=proposal.pk, by=owner.user)
    desk.undo(proposal_id=proposal.pk, by=colleague.user)
    assert told(kind="proposal", object_id=proposal.pk) == [
        ("approve", owner.user.pk, {}),
        ("undo", colleague.user.pk, {"verb": ["approve", None]}),
    ]


def test_s24_a_key_is_never_in_the_log(owner: Person) -> None:
    provider = Provider(workspace=owner.workspace, name="remote", kind="openai")
    provider.set_api_key("sk-first")
    provider.save()
    before = provider.sealed_api_key
    provider.set_api_key("sk-second")
    provider.save()
    verbs = told(kind="provider", object_id=provider.pk)
    assert verbs[1] == ("changed", None, {"sealed_api_key": "hidden"})
    assert verbs[0][2]["sealed_api_key"] == "hidden"
    written = str(list(AuditEntry.objects.values()))
    assert all(secret not in written for secret in ("sk-", before, provider.sealed_api_key))


def test_s24_a_write_by_api_page_or_admin_names_who_made_the_request(owner: Person) -> None:
    api = owner.api.post("/api/providers", {"name": "mine", "kind": "ollama"}, format="json")
    assert api.status_code == 201, api.json()
    assert told(kind="provider", object_id=api.json()["id"])[0][:2] == ("added", owner.user.pk)
    browser = Client(headers={"host": "localhost"})
    browser.force_login(owner.user)
    assert browser.post("/settings/spending-cap/", {"calls": "5"}).status_code == 302
    assert told(kind="cap") == [("added", owner.user.pk, {"calls": [None, 5]})]
    page = f"/admin/core/workspace/{owner.workspace.pk}/change/"
    sent = {"name": "Acme Ltd", "slug": owner.workspace.slug, "timezone": "UTC"}
    assert browser.post(page, sent).status_code == 302
    assert told(kind="workspace", verb="changed") == [
        ("changed", owner.user.pk, {"name": [owner.workspace.name, "Acme Ltd"]})
    ]


@pytest.mark.django_db(transaction=True)
def test_s24_nobody_is_named_for_what_comes_after_a_request_on_the_same_connection(owner: Person) -> None:
    pk = owner.api.post("/api/providers", {"name": "mine", "kind": "ollama"}, format="json").json()["id"]
    Provider.objects.filter(pk=pk).update(default_model="m")
    with transaction.atomic(), audit.acting(owner.user):
        Provider.objects.filter(pk=pk).update(default_model="n")
    Provider.objects.filter(pk=pk).update(default_model="o")
    named = [(verb, by) for verb, by, _ in told(kind="provider", object_id=pk)]
    assert named == [("added", owner.user.pk), ("changed", None), ("changed", owner.user.pk), ("changed", None)]
    with pytest.raises(IntegrityError, match="never emptied"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE core_workspace CASCADE")
    assert AuditEntry.objects.exists()


def test_s24_what_changes_nothing_and_what_is_nobodys_doing_is_not_written(owner: Person) -> None:
    token = owner.user.api_tokens.get()
    count = AuditEntry.objects.count()
    token.last_used_at = token.created_at
    token.save()
    owner.workspace.save()
    assert AuditEntry.objects.count() == count
