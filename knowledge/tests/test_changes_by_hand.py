"""A change by hand stands in the history with old and new values, and is taken back exactly."""

from datetime import date

import pytest

from ingestion.models import Participant
from knowledge import services
from knowledge.models import Atom, Edit, Project, Task, Topic
from knowledge.tests.worlds import accepted
from proposals import services as desk
from proposals.tests.factories import make_proposal
from tasktracker.core.errors import Conflict
from tasktracker.core.models import Event, StatusChange
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, submit, token_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def atom(rita: Person) -> Atom:
    return Atom.objects.create(workspace=rita.workspace, type="decision", title="Retry three times", content="So be it")


def test_the_history_says_who_changed_what_from_what(rita: Person, atom: Atom) -> None:
    topic = Topic.objects.create(workspace=rita.workspace, name="Exports")
    services.change_atom(atom_id=atom.pk, by=rita.user, values={"title": "Retry five times", "topics": [topic]})
    edit = Edit.objects.get()
    assert (edit.kind, edit.object_id, edit.by, edit.verb) == ("atom", atom.pk, rita.user, "edit")
    assert edit.fields == [
        {"name": "title", "old": "Retry three times", "new": "Retry five times"},
        {"name": "topics", "old": "", "new": "Exports"},
    ]
    page = Page.of(rita.browser.get(f"/atoms/{atom.pk}/"))
    told = " ".join(page.one("section", id="history").text.split())
    assert "rita edited this by hand" in told
    assert "Retry three times → now: Retry five times" in told


def test_what_does_not_differ_leaves_no_trace(rita: Person, atom: Atom) -> None:
    services.change_atom(atom_id=atom.pk, by=rita.user, values={"title": atom.title, "content": atom.content})
    assert not Edit.objects.exists()


def test_an_edit_of_each_kind_is_taken_back_exactly(rita: Person, atom: Atom) -> None:
    project = Project.objects.create(workspace=rita.workspace, name="Core")
    dana = Participant.objects.create(workspace=rita.workspace, platform="api", external_id="d", name="Dana")
    topic = Topic.objects.create(workspace=rita.workspace, name="Exports", keywords=["csv"])
    task = Task.objects.create(workspace=rita.workspace, title="Fix", due=date(2026, 3, 4), labels=["a"])
    task.atoms.add(atom)
    before = accepted()
    services.change_topic(topic_id=topic.pk, by=rita.user, values={"keywords": [], "project": project})
    services.change_topic(topic_id=topic.pk, by=rita.user, values={"status": "archived"})
    services.change_atom(atom_id=atom.pk, by=rita.user, values={"status": "retired", "content": "", "topics": [topic]})
    values = {"status": "done", "assignee": dana, "due": None, "labels": ["b"], "atoms": [], "fields": {"area": "api"}}
    services.change_task(task_id=task.pk, by=rita.user, values=values)
    assert accepted() != before
    for edit in Edit.objects.order_by("-pk"):
        services.take_back(edit_id=edit.pk, by=rita.user)
    assert accepted() == before
    assert StatusChange.objects.filter(object_id=task.pk, kind="knowledge.task").count() == 2
    assert Event.objects.filter(type="task.updated").count() == 2


def test_a_later_change_is_never_written_over(rita: Person, atom: Atom) -> None:
    services.change_atom(atom_id=atom.pk, by=rita.user, values={"title": "Retry five times"})
    first = Edit.objects.get()
    services.change_atom(atom_id=atom.pk, by=rita.user, values={"title": "Retry six times"})
    with pytest.raises(Conflict) as refused:
        services.take_back(edit_id=first.pk, by=rita.user)
    assert refused.value.error_code == "changed_since"
    for edit in Edit.objects.order_by("-pk"):
        services.take_back(edit_id=edit.pk, by=rita.user)
    atom.refresh_from_db()
    assert atom.title == "Retry three times"


def test_a_change_of_another_field_is_no_hindrance(rita: Person, atom: Atom) -> None:
    services.change_atom(atom_id=atom.pk, by=rita.user, values={"title": "Retry five times"})
    first = Edit.objects.get()
    services.change_atom(atom_id=atom.pk, by=rita.user, values={"content": "Agreed on Monday"})
    services.take_back(edit_id=first.pk, by=rita.user)
    atom.refresh_from_db()
    assert (atom.title, atom.content) == ("Retry three times", "Agreed on Monday")


def test_taken_back_twice_is_once_and_says_who_did_it(rita: Person, atom: Atom) -> None:
    other = make_person("otto", role="reviewer")
    services.change_atom(atom_id=atom.pk, by=rita.user, values={"title": "Retry five times"})
    edit = Edit.objects.get()
    services.take_back(edit_id=edit.pk, by=rita.user)
    services.take_back(edit_id=edit.pk, by=rita.user)
    with pytest.raises(Conflict) as refused:
        services.take_back(edit_id=edit.pk, by=other.user)
    assert refused.value.error_code == "nothing_to_undo"
    assert refused.value.extra["decided_by"] == "rita"


@pytest.mark.long
def test_a_form_made_before_somebody_elses_change_is_refused(rita: Person, atom: Atom) -> None:
    other = make_person("otto", role="reviewer")
    client, at = rita.browser, f"/atoms/{atom.pk}/edit/"
    page = Page.of(client.get(at))
    services.change_atom(atom_id=atom.pk, by=other.user, values={"title": "Retry five times"})
    refused = submit(client, page, page.one("form", class_="hand-form"), at, title="Retry six times")
    assert refused.status_code == 409
    assert "otto changed this" in Page.of(refused).text
    page = Page.of(client.get(at))
    assert submit(client, page, page.one("form", class_="hand-form"), at, title="Retry six times").status_code == 302
    atom.refresh_from_db()
    assert atom.title == "Retry six times"


@pytest.mark.long
def test_a_task_is_edited_and_taken_back_by_plain_forms(rita: Person) -> None:
    Participant.objects.create(workspace=rita.workspace, platform="api", external_id="d", name="Dana")
    task = Task.objects.create(workspace=rita.workspace, title="Fix it", labels=["a", "b"])
    client, at = rita.browser, f"/tasks/{task.pk}/edit/"
    page = Page.of(client.get(at))
    form = page.one("form", class_="hand-form")
    wrong = submit(client, page, form, at, assignee="nobody here")
    assert wrong.status_code == 400
    assert "Nobody here goes by this name" in Page.of(wrong).text
    assert submit(client, page, form, at, assignee="@dana", labels="b, c", due="2026-03-04").status_code == 302
    task.refresh_from_db()
    assert (str(task.assignee), task.labels, task.due) == ("Dana", ["b", "c"], date(2026, 3, 4))
    here = f"/tasks/{task.pk}/"
    page = Page.of(client.get(here))
    back = submit(client, page, page.one("form", action="/undo/"), here)
    assert (back.status_code, back["Location"]) == (302, here)
    task.refresh_from_db()
    assert (task.assignee, task.labels, task.due) == (None, ["a", "b"], None)
    assert "Taken back by rita" in Page.of(client.get(here)).one("section", id="history").text


@pytest.mark.long
def test_history_tells_a_decision_from_a_change_by_hand(rita: Person) -> None:
    proposal = make_proposal(rita.workspace, "atom", "Export fails")
    atom_id = desk.approve(proposal_id=proposal.pk, by=rita.user).created_id
    update = make_proposal(
        rita.workspace, "atom", "Export fails hard", recommendation="update_existing", target_id=atom_id,
        payload={"content": "since Tuesday", "diff": {"content": ["", "since Tuesday"]}},
    )  # fmt: skip
    desk.approve(proposal_id=update.pk, by=rita.user)
    services.change_atom(atom_id=atom_id or 0, by=rita.user, values={"type": "blocker"})
    page = Page.of(rita.browser.get(f"/atoms/{atom_id}/"))
    deeds = [" ".join(tag.text.split()) for tag in page.all("li", class_="deed")]
    assert len(deeds) == 3
    assert "rita edited this by hand" in deeds[0]
    assert f"rita approved a proposal: #{update.pk}" in deeds[1]
    assert "since Tuesday" in deeds[1]
    assert f"rita approved a proposal: #{proposal.pk}" in deeds[2]


@pytest.mark.long
def test_a_change_in_the_admin_has_the_same_history(atom: Atom) -> None:
    boss = make_person("boss", role="manager")
    client, at = boss.browser, f"/admin/knowledge/atom/{atom.pk}/change/"
    page = Page.of(client.get(at))
    form = next(form for form in page.all("form", method="post") if form.attrs.get("id") == "atom_form")
    form.attrs["action"] = at
    saved = submit(client, page, form, at, title="Retry for ever", topics=[])
    assert saved.status_code == 302, Page.of(saved).all("ul", class_="errorlist")
    atom.refresh_from_db()
    assert atom.title == "Retry for ever"
    edit = Edit.objects.get()
    assert (edit.by, edit.fields[0]["old"]) == (boss.user, "Retry three times")


@pytest.mark.long
def test_the_api_shows_and_takes_back_a_change(rita: Person, stranger: Person) -> None:
    pk = rita.api.post("/api/tasks", {"title": "Fix it"}, format="json").json()["id"]
    rita.api.patch(f"/api/tasks/{pk}", {"title": "Fix that"}, format="json")
    at = f"/api/tasks/{pk}/history"
    (line,) = [line for line in rita.api.get(at).json() if line["edit"]]
    assert line["changes"] == [{"name": "title", "old": "Fix it", "new": "Fix that"}]
    asked = {"edit": line["edit"]}
    assert stranger.api.post(f"/api/tasks/{pk}/undo", asked, format="json").status_code == 404
    done = rita.api.post(f"/api/tasks/{pk}/undo", asked, format="json")
    assert done.status_code == 200
    assert next(one for one in done.json() if one["edit"])["undone_by"] == "rita"
    assert rita.api.get(f"/api/tasks/{pk}").json()["title"] == "Fix it"
    assert rita.api.post(f"/api/tasks/{pk}/undo", {"edit": 10**9}, format="json").status_code == 404


@pytest.mark.long
def test_links_made_changed_and_removed_stand_in_the_history_and_come_back(rita: Person, atom: Atom) -> None:
    other = Atom.objects.create(workspace=rita.workspace, type="problem", title="Export fails")
    before = accepted()
    made = rita.api.post(
        "/api/atom-links", {"from_atom": atom.pk, "to_atom": other.pk, "type": "solves"}, format="json"
    )
    at = f"/api/atom-links/{made.json()['id']}"
    assert rita.api.patch(at, {"type": "supports"}, format="json").status_code == 200
    assert rita.api.delete(at).status_code == 204
    edits = list(Edit.objects.order_by("-pk"))
    told = [(edit.fields[0]["old"], edit.fields[0]["new"]) for edit in edits]
    solves, supports = "solves “Export fails”", "supports “Export fails”"
    assert told == [(supports, ""), (solves, supports), ("", solves)]
    services.take_back(edit_id=edits[0].pk, by=rita.user)
    assert rita.api.get(at).json()["type"] == "supports"
    services.take_back(edit_id=edits[1].pk, by=rita.user)
    assert rita.api.get(at).json()["type"] == "solves"
    services.take_back(edit_id=edits[2].pk, by=rita.user)
    assert accepted() == before


def test_nobody_takes_back_what_another_workspace_did(rita: Person, stranger: Person, atom: Atom) -> None:
    services.change_atom(atom_id=atom.pk, by=rita.user, values={"title": "Retry five times"})
    client = stranger.browser
    answer = client.post(f"/edits/{Edit.objects.get().pk}/undo/", {"csrfmiddlewaretoken": token_for(client)})
    assert answer.status_code == 404
    atom.refresh_from_db()
    assert atom.title == "Retry five times"
