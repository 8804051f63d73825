"""Projects: their rules are checked, each change is a version of the right size, and the history says who and what."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingestion.models import Participant
from knowledge import project_rules, projects
from knowledge.models import Project, ProjectVersion, Task
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.models import Event
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Person:
    return make_person("mona", role="manager")


def speaker(person: Person, name: str, key: str = "") -> Participant:
    return Participant.objects.create(workspace=person.workspace, platform="api", external_id=key or name, name=name)


def make(person: Person, **values: Any) -> Project:
    return projects.create_project(workspace=person.workspace, values={"name": "Core", **values}, by=person.user)


FULL: dict[str, Any] = {
    "keywords": ["billing"],
    "components": ["export", "mobile app"],
    "glossary": {"CSV": "a file"},
    "priority_rules": [{"keywords": ["outage"], "priority": "critical"}],
    "language": "en",
}


@pytest.mark.parametrize(
    ("values", "part", "number"),
    some(
        [
            ({"keywords": ["billing", "VAT"]}, "patch", "1.0.1"),
            ({"glossary": {}}, "patch", "1.0.1"),
            ({"description": "Money"}, "patch", "1.0.1"),
            ({"language": "uk"}, "minor", "1.1.0"),
            ({"components": ["export", "mobile app", "api"]}, "minor", "1.1.0"),
            ({"priority_rules": []}, "minor", "1.1.0"),
            ({"components": ["export"]}, "major", "2.0.0"),
            ({"components": ["exports", "mobile app"]}, "major", "2.0.0"),
            ({"name": "Kernel"}, "major", "2.0.0"),
            ({"keywords": ["billing"]}, None, "1.0.0"),
        ],
        3,
    ),
)
def test_the_size_of_a_change_says_which_part_grows(
    manager: Person, values: dict[str, Any], part: str | None, number: str
) -> None:
    project = make(manager, **FULL)
    changed = projects.change_project(project_id=project.pk, values=values, by=manager.user)
    assert changed.version == number
    newest = project.versions.first()
    assert newest is not None
    assert (newest.number, newest.part) == (number, part or "first")


def test_smaller_parts_begin_anew() -> None:
    assert project_rules.grown("1.2.3", "major") == "2.0.0"
    assert project_rules.grown("1.2.3", "minor") == "1.3.0"
    assert project_rules.grown("1.2.9", "patch") == "1.2.10"
    assert project_rules.grown("seven", "patch") == "0.0.1"


def test_the_history_says_who_changed_what_and_when(manager: Person) -> None:
    project = make(manager, **FULL)
    olena = speaker(manager, "Olena")
    team = [{"participant": olena.pk, "components": ["export"]}]
    projects.change_project(project_id=project.pk, values={"team": team, "default_assignee": olena}, by=manager.user)
    newest, first = projects.versions_of(project)
    assert (newest.number, newest.part, newest.by, first.changes) == ("1.0.1", "patch", "mona", [])
    assert [(one.field, one.before, one.after) for one in newest.changes] == [
        ("team", "", "Olena: export"),
        ("default_assignee", "", "Olena"),
    ]
    told = Event.objects.filter(type="project.changed").order_by("pk").values_list("by", "data__version")
    assert list(told) == [(manager.user.pk, "1.0.0"), (manager.user.pk, "1.0.1")]


def test_the_history_takes_as_many_queries_for_many_versions(manager: Person) -> None:
    project = make(manager)
    for number in range(2):
        projects.change_project(project_id=project.pk, values={"keywords": [f"w{number}"]}, by=manager.user)
    with CaptureQueriesContext(
        connection,
    ) as few:
        projects.versions_of(project)
    for number in range(12):
        projects.change_project(project_id=project.pk, values={"keywords": [f"v{number}"]}, by=manager.user)
    with CaptureQueriesContext(connection) as many:
        assert len(projects.versions_of(project)) == 15
    assert len(many) == len(few)


def test_a_project_without_versions_gets_its_first_one_with_its_first_change(manager: Person) -> None:
    project = Project.objects.create(workspace=manager.workspace, name="Old", version="1.0.4", keywords=["a"])
    projects.change_project(project_id=project.pk, values={"keywords": ["b"]}, by=manager.user)
    numbers = list(ProjectVersion.objects.order_by("pk").values_list("number", "by"))
    assert numbers == [("1.0.4", None), ("1.0.5", manager.user.pk)]
    assert projects.rules_at({str(project.pk): "1.0.4"})[0]["keywords"] == ["a"]
    assert projects.rules_at({str(project.pk): "1.0.5"})[0]["keywords"] == ["b"]
    assert projects.rules_at({str(project.pk): "0.9.0"})[0]["keywords"] == ["b"]


@pytest.mark.parametrize(
    ("field", "wrong"),
    some(
        [
            ("name", "  "),
            ("keywords", "billing"),
            ("keywords", ["x" * 61]),
            ("keywords", [f"w{n}" for n in range(201)]),
            ("glossary", {"a = b": "c"}),
            ("glossary", ["CSV"]),
            ("language", "english language"),
            ("language", ""),
            ("priority_rules", [{"keywords": ["x"], "priority": "now"}]),
            ("priority_rules", [{"keywords": [" "], "priority": "low"}]),
            ("priority_rules", [{"keywords": ["x"], "priority": "low", "assignee": 1}]),
            ("team", [{"participant": "Olena"}]),
            ("team", [{"participant": 10**12}]),
            ("team", {"Olena": []}),
        ],
        3,
    ),
)
def test_a_rule_that_makes_no_sense_is_refused_at_its_field(manager: Person, field: str, wrong: Any) -> None:
    project = make(manager)
    with pytest.raises(Invalid) as refused:
        projects.change_project(project_id=project.pk, values={field: wrong}, by=manager.user)
    assert refused.value.extra["field"] == field
    project.refresh_from_db()
    assert project.version == "1.0.0"


def test_words_are_kept_once_and_divided_by_commas(manager: Person) -> None:
    project = make(manager, keywords=[" VAT ", "vat", "two  words, three", ""])
    assert project.keywords == ["VAT", "two words", "three"]


def test_the_team_owns_components_of_this_project_only(manager: Person, stranger: Person) -> None:
    olena, theirs = speaker(manager, "Olena"), speaker(stranger, "Sam")
    project = make(manager, components=["Export", "api"])

    def team(pk: int, *owned: str) -> None:
        values = {"team": [{"participant": pk, "components": list(owned)}]}
        projects.change_project(project_id=project.pk, values=values, by=manager.user)

    team(olena.pk, "export")
    project.refresh_from_db()
    assert project.team == [{"participant": olena.pk, "components": ["Export"]}]
    for pk, owned in ((olena.pk, "billing"), (theirs.pk, "export")):
        with pytest.raises(Invalid):
            team(pk, owned)
    # A component that goes leaves its owners without it.
    projects.change_project(project_id=project.pk, values={"components": ["api"]}, by=manager.user)
    project.refresh_from_db()
    assert (project.team, project.version) == ([{"participant": olena.pk, "components": []}], "2.0.0")


def test_people_are_of_the_workspace(manager: Person, stranger: Person) -> None:
    project = make(manager)
    for values in ({"manager": stranger.user}, {"default_assignee": speaker(stranger, "Sam")}):
        with pytest.raises(Invalid):
            projects.change_project(project_id=project.pk, values=values, by=manager.user)


def test_a_change_of_what_was_changed_meanwhile_is_refused(manager: Person) -> None:
    project = make(manager)
    projects.change_project(project_id=project.pk, values={"keywords": ["a"]}, by=manager.user, seen="1.0.0")
    with pytest.raises(Conflict) as refused:
        projects.change_project(project_id=project.pk, values={"keywords": ["b"]}, by=manager.user, seen="1.0.0")
    assert (refused.value.error_code, refused.value.extra["version"]) == ("changed", "1.0.1")


def test_what_stands_in_a_removed_project_stays_without_one(manager: Person) -> None:
    project = make(manager, **FULL)
    task = Task.objects.create(workspace=manager.workspace, project=project, title="Fix it")
    projects.delete_project(project_id=project.pk, by=manager.user)
    task.refresh_from_db()
    assert (task.project_id, ProjectVersion.objects.count()) == (None, 0)


def test_the_api_gives_and_takes_all_of_it(manager: Person, stranger: Person) -> None:
    olena = speaker(manager, "Olena")
    body = FULL | {
        "name": "Core",
        "team": [{"participant": "olena", "components": ["export"]}],
        "default_assignee": "Olena",
        "manager": manager.user.pk,
        "version": "9.9.9",
    }
    made = manager.api.post("/api/projects", body, format="json")
    assert made.status_code == 201, made.json()
    shown = manager.api.get(f"/api/projects/{made.json()['id']}").json()
    team = [{"participant": olena.pk, "components": ["export"]}]
    assert {key: shown[key] for key in body} == body | {
        "team": team, "default_assignee": olena.pk, "version": "1.0.0"
    }  # fmt: skip
    url = f"/api/projects/{shown['id']}"
    assert manager.api.patch(url, {"language": "uk"}, format="json").json()["version"] == "1.1.0"
    versions = manager.api.get(f"{url}/versions").json()
    assert [one["number"] for one in versions] == ["1.1.0", "1.0.0"]
    assert versions[0]["changes"] == [{"field": "language", "before": "en", "after": "uk"}]
    assert (versions[0]["by"], versions[0]["part"]) == ("mona", "minor")
    theirs = speaker(stranger, "Sam")
    teams: tuple[Any, ...] = (
        [{"participant": "x"}],
        [{"participant": theirs.pk}],
        [{"components": []}],
        ["x"],
        {"participant": olena.pk},
    )
    rules = {"priority_rules": [{"keywords": ["x"], "priority": "now"}]}
    for wrong in (rules, *({"team": team} for team in teams)):
        answer = manager.api.patch(url, wrong, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("ok", "The token expired", False),
        ("ok", "It is OK.", True),
        ("звіт", "Потрібен ЗВІТ до п'ятниці", True),
        ("звіт", "Потрібна звітність", False),
        ("data loss", "data   loss after the update", True),
        ("C++", "Built with c++, not with C", True),
        ("straße", "In der STRASSE", True),
        ("app", "mobile-app", True),
    ],
)
def test_a_word_is_found_as_a_whole_word_in_any_language(word: str, text: str, found: bool) -> None:
    assert (project_rules.first_word([word], project_rules.folded(text)) is not None) is found
