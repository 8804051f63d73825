"""A run keeps the version of each project that it was made with, asks by those rules, and shows them."""

import pytest

from analysis import questions, services
from analysis.models import AnalysisRun
from knowledge import projects
from knowledge.models import Project
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Person:
    return make_person("mona", role="manager")


def make(person: Person, name: str, term: str) -> Project:
    values = {"name": name, "glossary": {term: "as it was"}, "components": [f"{name} api"]}
    return projects.create_project(workspace=person.workspace, values=values, by=person.user)


def test_a_run_works_by_the_rules_that_it_was_made_with(manager: Person) -> None:
    core, web = make(manager, "Core", "CSV"), make(manager, "Web", "SPA")
    run = services.create_run(workspace=manager.workspace, stage="knowledge", by=manager.user)
    assert run.project_versions == {str(core.pk): "1.0.0", str(web.pk): "1.0.0"}
    changed = {"glossary": {"CSV": "as it became"}, "components": ["export"]}
    projects.change_project(project_id=core.pk, values=changed, by=manager.user)
    asked = questions.Questions(run).common
    assert asked["glossary"] == {"CSV": "as it was", "SPA": "as it was"}
    assert asked["components"] == ["Core api", "Web api"]
    later = services.create_run(workspace=manager.workspace, stage="tasks", by=manager.user)
    assert later.project_versions == {str(core.pk): "2.0.0", str(web.pk): "1.0.0"}
    assert questions.Questions(later).common["glossary"]["CSV"] == "as it became"


def test_a_project_of_later_is_none_of_its_rules(manager: Person) -> None:
    run = services.create_run(workspace=manager.workspace, stage="knowledge", by=manager.user)
    make(manager, "Core", "CSV")
    assert run.project_versions == {}
    assert "glossary" not in questions.Questions(run).common


def test_a_run_that_is_older_than_versions_asks_by_the_rules_of_today(manager: Person) -> None:
    make(manager, "Core", "CSV")
    run = services.create_run(workspace=manager.workspace, stage="knowledge", by=manager.user)
    AnalysisRun.objects.update(project_versions=None)
    run.refresh_from_db()
    assert questions.Questions(run).common["glossary"] == {"CSV": "as it was"}
    assert manager.browser.get(f"/runs/{run.pk}/").status_code == 200


def test_the_versions_are_on_the_page_and_in_the_api(manager: Person) -> None:
    core = make(manager, "Core", "CSV")
    run = services.create_run(workspace=manager.workspace, stage="knowledge", by=manager.user)
    projects.change_project(project_id=core.pk, values={"keywords": ["x"]}, by=manager.user)
    assert manager.api.get(f"/api/analysis/runs/{run.pk}").json()["project_versions"] == {str(core.pk): "1.0.0"}
    link = Page.of(manager.browser.get(f"/runs/{run.pk}/")).one("a", href=f"/projects/{core.pk}/")
    assert link.text == "Core 1.0.0"
    projects.delete_project(project_id=core.pk, by=manager.user)
    assert "Core" not in Page.of(manager.browser.get(f"/runs/{run.pk}/")).text
