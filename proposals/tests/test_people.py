"""Accounts joined by hand are one person; who is erased is nowhere, and no import brings them back."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from analysis.models import AnalysisRun
from ingestion import erasing, people, selectors
from ingestion import services as ingestion
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.models import Delivery, Erasure, Message, MessageRevision, Participant, PersonJoin
from knowledge.models import Atom, Task
from proposals import erasing as words
from proposals import people_export, services, tasks
from proposals.models import Proposal
from proposals.tests.dumps import looking
from proposals.tests.factories import make_finding, make_message, make_proposal, make_quote, make_run, make_user
from tasktracker.core import services as core
from tasktracker.core.audit_models import AuditEntry
from tasktracker.core.errors import Conflict, Invalid, NotFound
from tasktracker.core.models import IdempotentRequest, RememberedAnswer, User, Workspace

pytestmark = pytest.mark.django_db
NAME, NATIVE, WORDS = "Zora Canarybird", "canary-4711", "canary words: the export leaks since Tuesday"


def everywhere(needle: str = "canary") -> list[str]:
    """Each column that holds the needle anywhere, as text or as bytes."""
    with connection.cursor() as cursor:
        cursor.execute(looking(), {"like": f"%{needle}%"})
        found = [name for (name,) in cursor.fetchall()]
        cursor.execute("SELECT raw FROM ingestion_delivery")
        if any(needle in bytes(raw).decode().casefold() for (raw,) in cursor.fetchall()):
            found.append("ingestion_delivery.raw")
    return found


def draft(number: str, text: str, platform: str = "telegram", native: str = NATIVE) -> MessageDraft:
    return MessageDraft(
        channel=ChannelDraft(platform, "-100777", "general"),
        external_id=number,
        author=PersonDraft(native, NAME),
        text=text,
        sent_at=make_message.__globals__["START"],
        metadata={"signed": NAME},
    )


def filled(workspace: Workspace, alice: User) -> Participant:
    """A person whose words and name went everywhere that they go."""
    source = ingestion.ensure_source(workspace=workspace, name="tg", kind="telegram")
    message = ingestion.record_message(source=source, draft=draft("1", WORDS)).message
    later = draft("1", WORDS + ", and more")
    edited = MessageDraft(
        **{f: getattr(later, f) for f in later.__slots__} | {"edited_at": later.sent_at + timedelta(1)}
    )
    assert ingestion.record_message(source=source, draft=edited).outcome == "updated"
    message.refresh_from_db()
    assert MessageRevision.objects.count() == 1
    other = make_message(workspace, "Fine with me", author="Bob", forwarded_from=NAME, metadata={"reactions": [NAME]})
    raw = {"message_id": 1, "from": {"id": NATIVE}, "text": WORDS}
    Delivery.objects.create(source=source, external_id="d1", raw=json.dumps(raw).encode(), status="processed")
    answering = {"reply_to": {"from": NAME}}
    Delivery.objects.create(source=source, external_id="d2", raw=json.dumps(answering).encode(), status="processed")
    Delivery.objects.create(source=source, external_id="d3", raw=b'{"from": "Bob"}', status="processed")
    RememberedAnswer.objects.create(workspace=workspace, key="k", body=WORDS, call_id=1)
    kept = {"workspace": workspace, "user": alice, "fingerprint": "x", "response_status": 201}
    IdempotentRequest.objects.create(key="k", body={"id": 0, "author": {"id": message.author_id, "name": NAME}}, **kept)
    quote, run = make_quote(workspace, message), make_run(workspace)
    AnalysisRun.objects.filter(pk=run.pk).update(plan={"names": [NAME]})
    make_finding(run, "atom", f"{NAME} says it leaks", quotes=[quote], content=WORDS, fingerprint="f")
    first = make_proposal(
        workspace,
        "task",
        f"Ask {NAME}",
        quotes=[quote],
        run=run,
        fingerprint="t",
        payload={"description": f"{NAME}: {WORDS}"},
    )
    services.approve(proposal_id=first.pk, by=alice)
    # It quotes somebody else, and names them only.
    make_proposal(
        workspace,
        "atom",
        f"{NAME} is away",
        quotes=[make_quote(workspace, other)],
        fingerprint="a",
        payload={"content": f"So {NAME} said"},
    )
    assert message.author is not None
    return message.author


def test_an_erased_person_is_in_no_table_and_no_import_brings_them_back(workspace: Workspace, alice: User) -> None:
    person = filled(workspace, alice)
    before = everywhere()
    assert {"ingestion_participant", "ingestion_message", "knowledge_task", "ingestion_delivery.raw"} <= set(before)
    shown = words.footprint(workspace=workspace, participant_id=person.pk).counts
    assert (shown["messages"], shown["earlier_texts"], shown["tasks"], shown["raw_deliveries"]) == (1, 1, 1, 2)
    decided = Proposal.objects.get(status="approved").decided_by_id
    erasure = erasing.begin_erasure(workspace=workspace, participant_id=person.pk, expected=shown, by=alice)
    person.refresh_from_db()
    assert (person.name, person.user) == ("Erased person", None)
    with pytest.raises(Conflict):
        erasing.begin_erasure(workspace=workspace, participant_id=person.pk, expected={}, by=alice)

    tasks.erase_person(workspace.pk, erasure.pk)
    assert everywhere() == []
    erasure.refresh_from_db()
    counts = erasure.counts
    assert erasure.finished_at
    assert erasure.sealed_names == ""
    assert (counts["messages"], counts["raw_deliveries"], counts["kept_answers"]) == (1, 2, 1)
    assert bytes(Delivery.objects.get(external_id="d3").raw) == b'{"from": "Bob"}'
    assert Proposal.objects.get(status="approved").decided_by_id == decided
    assert Task.objects.get().title == "Ask Erased person"
    tasks.erase_person(workspace.pk, erasure.pk)  # a second delivery of the task
    erasure.refresh_from_db()
    assert erasure.counts == counts
    verbs = AuditEntry.objects.filter(kind="person").order_by("id").values_list("verb", "by_id")
    assert list(verbs) == [("erased", alice.pk), ("finished", alice.pk)]

    source = ingestion.ensure_source(workspace=workspace, name="tg", kind="telegram")
    # The same message live, a newer one live, then both and one more as a history.
    assert ingestion.record_message(source=source, draft=draft("1", WORDS)).outcome == "unchanged"
    assert ingestion.record_message(source=source, draft=draft("2", WORDS)).message.text == ""
    ingestion.record_messages(source=source, drafts=[draft(number, WORDS) for number in "123"])
    assert everywhere() == []
    assert Message.objects.filter(author=person).count() == 3
    assert Participant.objects.filter(platform="telegram").count() == 1
    # Somebody else with the same name is somebody else.
    assert ingestion.record_message(source=source, draft=draft("4", "canary", native="other")).message.text == "canary"


def test_what_a_lost_worker_left_is_gone_on_with(workspace: Workspace, alice: User) -> None:
    person = filled(workspace, alice)
    erasure = erasing.begin_erasure(workspace=workspace, participant_id=person.pk, expected={}, by=alice)
    tasks.forget_deleted()
    assert Erasure.objects.get().finished_at is None, "somebody may be at it"
    Erasure.objects.update(updated_at=erasure.created_at - timedelta(minutes=5))
    tasks.forget_deleted()
    assert Erasure.objects.get().finished_at
    assert everywhere() == []


def test_a_short_name_is_no_word_of_others(workspace: Workspace, alice: User) -> None:
    message = make_message(workspace, "we will ship", author="Will")
    atom = Atom.objects.create(workspace=workspace, type="idea", title="Will it ship?", content="Will")
    assert message.author_id
    erasure = erasing.begin_erasure(workspace=workspace, participant_id=message.author_id, expected={}, by=alice)
    words.erase(erasure_id=erasure.pk)
    atom.refresh_from_db()
    assert (atom.title, atom.content) == ("Will it ship?", "Erased person")


def test_joined_accounts_are_one_person_and_are_taken_apart_exactly(workspace: Workspace, alice: User) -> None:
    a, b, c = (make_message(workspace, f"word{n}", author=f"Name {n}") for n in "abc")
    more = make_message(workspace, "word a again", author="Name a")
    ids = [row.author_id or 0 for row in (a, b, c)]
    before = list(Participant.objects.order_by("pk").values_list("pk", "same_as"))
    with pytest.raises(Invalid):
        people.join_people(workspace=workspace, participant_ids=ids[:1], by=alice)
    with pytest.raises(NotFound):
        people.join_people(workspace=workspace, participant_ids=[ids[0], 10**9], by=alice)
    first = people.join_people(workspace=workspace, participant_ids=ids[:2], by=alice)
    assert first.first_id == ids[0], "who said more"
    between = list(Participant.objects.order_by("pk").values_list("pk", "same_as"))
    second = people.join_people(workspace=workspace, participant_ids=ids[1:], by=alice)

    rows = selectors.messages(workspace)
    for wanted in (*map(str, ids), "Name a", "Name b", "Name c"):
        assert set(selectors.of_author(rows, wanted)) == {a, b, c, more}, wanted
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {core.create_token(user=alice, workspace=workspace)}")
    assert len(api.get("/api/messages", {"author": ids[1]}).json()["results"]) == 4
    with pytest.raises(Conflict):
        people.take_apart(join_id=first.pk, workspace=workspace, by=alice)
    people.take_apart(join_id=second.pk, workspace=workspace, by=alice)
    assert list(Participant.objects.order_by("pk").values_list("pk", "same_as")) == between
    people.take_apart(join_id=first.pk, workspace=workspace, by=alice)
    people.take_apart(join_id=first.pk, workspace=workspace, by=alice)
    assert list(Participant.objects.order_by("pk").values_list("pk", "same_as")) == before
    assert list(selectors.of_author(rows, str(ids[1]))) == [b]

    bob = make_user(workspace, "bob")
    assert people.link_login(participant_id=ids[0], workspace=workspace, user=alice, by=alice) == 1
    people.link_login(participant_id=ids[1], workspace=workspace, user=bob, by=alice)
    with pytest.raises(Conflict):
        people.join_people(workspace=workspace, participant_ids=ids[:2], by=alice)
    Participant.objects.filter(pk=ids[2]).update(platform="telegram")
    assert people.link_login(participant_id=ids[2], workspace=workspace, user=bob, by=alice) == 0


@pytest.mark.long
def test_the_pages_and_the_export(workspace: Workspace) -> None:
    owner = make_user(workspace, "owner", role="admin")
    person = filled(workspace, owner)
    other = make_message(workspace, "hello", author="Bob two").author_id
    client = Client()
    client.force_login(owner)
    body = client.get("/settings/people/", {"q": "canarybird"}).content.decode()
    assert NAME in body
    assert "Bob two" not in body
    assert client.post("/settings/people/join/", {"person": [person.pk, other]}).status_code == 302
    join = PersonJoin.objects.get()
    assert client.get("/settings/people/").content.decode().count('name="person"') == 2  # with Bob
    assert "canary" in client.get(f"/settings/people/{other}/").content.decode()
    assert client.post(f"/settings/joins/{join.pk}/undo/").status_code == 302

    whole = json.loads("".join(people_export.export_person(workspace=workspace, participant_id=person.pk, by=owner)))
    assert [row["text"] for row in whole["messages"]] == [WORDS + ", and more"]
    assert whole["messages"][0]["earlier_texts"][0]["text"] == WORDS
    assert [row["external_id"] for row in whole["accounts"]] == [NATIVE]
    assert len(whole["tasks"]) == len(whole["quotes"]) == 1
    assert AuditEntry.objects.filter(kind="person", verb="exported", by=owner).count() == 1
    call_command("export_person", person.pk, workspace=workspace.slug)

    assert client.post(f"/settings/people/{person.pk}/erase/").status_code == 400
    assert not Erasure.objects.exists()
    call_command("erase_person", person.pk, "--yes", workspace=workspace.slug)
    erasure = Erasure.objects.get()
    assert "done" in client.get(f"/settings/erasures/{erasure.pk}/").content.decode()
    assert everywhere() == []
