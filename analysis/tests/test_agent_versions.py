"""Each change of an agent is a version that stays; a run works with the one that it was made with."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from analysis import agents, providers, services
from analysis.models import Agent, AgentVersion, Assignment
from analysis.tests.factories import make_provider, make_run
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.tests.factories import Person, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Person:
    return make_person("ada", role="admin")


def make_agent(person: Person, **values: Any) -> Agent:
    provider = values.pop("provider", None) or make_provider(person.workspace)
    values = {"name": "reader", "purpose": "extract_knowledge", "provider": provider, **values}
    return agents.save_agent(agent=Agent(workspace=person.workspace), values=values, by=person.user)


def test_a_change_is_a_version_and_the_old_one_stays(admin: Person) -> None:
    agent = make_agent(admin, instructions="Be brief.")
    for text in ("Be kind.", "Be kind.", "Be exact."):
        agents.save_agent(agent=agent, values={"instructions": text}, by=admin.user)
    kept = agent.versions.values_list("number", "instructions", "by__username")
    assert list(kept) == [(3, "Be exact.", "ada"), (2, "Be kind.", "ada"), (1, "Be brief.", "ada")]


def test_a_run_keeps_the_version_it_was_made_with(admin: Person) -> None:
    agent = make_agent(admin, model="first", temperature=0.3)
    Assignment.objects.create(workspace=admin.workspace, purpose=agent.purpose, agent=agent)
    run = services.create_run(workspace=admin.workspace, stage="knowledge")
    agents.save_agent(agent=agent, values={"model": "second", "temperature": 1.0, "instructions": "new"})
    later = services.create_run(workspace=admin.workspace, stage="knowledge")
    for row, model, temperature in ((run, "first", 0.3), (later, "second", 1.0)):
        row = type(row).objects.get(pk=row.pk)
        found = providers.agent_at(row)
        assert found is not None
        assert (found.model, found.temperature) == (model, temperature)
        assert providers.endpoint_of(row.provider, found).model == model


def test_a_run_without_an_agent_has_none(admin: Person) -> None:
    assert providers.agent_at(make_run(admin.workspace)) is None


def test_an_agent_that_was_made_without_versions_gets_its_first_one_at_its_next_change(admin: Person) -> None:
    agent = Agent.objects.create(
        workspace=admin.workspace, name="old", purpose="classify", provider=make_provider(admin.workspace), version=4
    )
    run = make_run(admin.workspace, agent=agent, agent_version=4)
    assert providers.agent_at(run) == agent
    agents.save_agent(agent=agent, values={"model": "new"})
    assert list(agent.versions.values_list("number", "model")) == [(5, "new"), (4, "")]
    run = type(run).objects.get(pk=run.pk)
    found = providers.agent_at(run)
    assert isinstance(found, AgentVersion)
    assert found.model == ""


def test_the_migration_writes_the_current_version_of_each_agent(admin: Person) -> None:
    agent = Agent.objects.create(
        workspace=admin.workspace, name="old", purpose="classify", provider=make_provider(admin.workspace), version=7
    )
    import_module("analysis.migrations.0003_agent_versions").write_versions(apps, None)
    assert list(agent.versions.values_list("number", "name", "provider_name")) == [(7, "old", "model")]


def test_fallbacks_are_other_providers_of_the_workspace_in_their_order(admin: Person) -> None:
    own, first, second = (make_provider(admin.workspace, name) for name in ("own", "first", "second"))
    agent = make_agent(admin, provider=own, fallbacks=[second.pk, own, first, second.pk])
    assert agent.fallbacks == [second.pk, first.pk]
    assert agents.fallbacks_of(agent) == [second, first]
    providers.save_provider(provider=second, values={"is_active": False})
    assert agents.fallbacks_of(agent) == [first]
    with pytest.raises(Conflict) as refused:
        providers.delete_provider(provider=first)
    assert refused.value.error_code == "in_use"
    foreign = make_provider(make_person("stan", workspace="elsewhere").workspace)
    offline = providers.ensure_offline_provider(workspace=admin.workspace)
    bad: list[Any] = [[foreign.pk], [offline.pk], [10**12], "12", {"a": 1}, [[1]], [True], [1, 2, 3, 4, 5]]
    for one in bad:
        with pytest.raises(Invalid):
            agents.save_agent(agent=agent, values={"fallbacks": one})


def test_the_api_shows_versions_newest_first_and_takes_fallbacks(admin: Person) -> None:
    spare = make_provider(admin.workspace, "spare")
    agent = make_agent(admin)
    path = f"/api/agents/{agent.pk}"
    changed = admin.api.patch(path, {"fallbacks": [spare.pk], "language": "uk"}, format="json").json()
    assert (changed["fallbacks"], changed["language"], changed["version"]) == ([spare.pk], "uk", 2)
    newest, first = admin.api.get(f"{path}/versions").json()
    assert (newest["number"], newest["fallbacks"], newest["by"]) == (2, [spare.pk], "ada")
    assert (first["number"], first["fallbacks"]) == (1, [])
    assert admin.api.patch(path, {"language": "very English"}, format="json").status_code == 400
    stranger = make_person("stan", workspace="elsewhere", role="admin")
    assert stranger.api.get(f"{path}/versions").status_code == 404


def test_an_agent_stays_while_a_run_works_with_it(admin: Person) -> None:
    agent = make_agent(admin)
    run = make_run(admin.workspace, agent=agent, agent_version=1)
    assert admin.api.delete(f"/api/agents/{agent.pk}").json()["code"] == "in_use"
    services.cancel_run(run_id=run.pk)
    assert admin.api.delete(f"/api/agents/{agent.pk}").status_code == 204
