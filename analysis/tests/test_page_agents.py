"""`/settings/agents/…`: the form and its versions, the playground, and who does what."""

from typing import Any

import pytest

from analysis import agents, trying
from analysis.models import Agent, Assignment
from analysis.providers import ensure_offline_provider
from analysis.tests.factories import TALK, make_provider
from knowledge.models import Project
from tasktracker.core.errors import Unavailable
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.fake_llm import MODEL, FakeLLM
from tasktracker.tests.pages import Page, submit
from tasktracker.tests.support import some
from tasktracker.tests.test_page_hostile import dangers

pytestmark = pytest.mark.django_db
TEXT = f"Olena: {TALK[0][1]}\nMarek: {TALK[1][1]}"


@pytest.fixture
def admin() -> Person:
    return make_person("ada", role="admin")


def make_agent(person: Person, **values: Any) -> Agent:
    values = {"name": "reader", "purpose": "extract_knowledge", **values}
    return agents.save_agent(agent=Agent(workspace=person.workspace), values=values, by=person.user)


def save(person: Person, at: str, **values: Any) -> Any:
    client = person.browser
    page = Page.of(client.get(at))
    form = page.one("form", class_="body stack")
    form.attrs.setdefault("action", at)
    return submit(client, page, form, at, **values)


@pytest.mark.long
def test_an_agent_is_made_and_each_change_is_listed_as_a_version(admin: Person) -> None:
    first, second = make_provider(admin.workspace, "first"), make_provider(admin.workspace, "second")
    answer = save(admin, "/settings/agents/new/", name="reader", purpose="propose_tasks", provider=first.pk)
    agent = Agent.objects.get()
    at = f"/settings/agents/{agent.pk}/"
    assert (answer["Location"], agent.purpose, agent.provider) == (at, "propose_tasks", first)
    save(admin, at, temperature="0.5", fallback_1=second.pk, instructions="Be brief.")
    agent.refresh_from_db()
    assert (agent.temperature, agent.fallbacks, agent.version) == (0.5, [second.pk], 2)
    page = Page.of(admin.browser.get(at))
    words = " ".join(page.one("ol", id="versions").text.split())
    assert "Version 2" in words
    assert "0.0 → 0.5" in words
    assert "nothing → second" in words
    assert "As it was made: first" in words


@pytest.mark.long
def test_a_mistake_is_told_at_its_field_and_nothing_is_lost(admin: Person) -> None:
    model = make_provider(admin.workspace, "m")
    make_agent(admin, name="taken", provider=model)
    typed = {"name": "other", "provider": model.pk, "instructions": "Keep these words.", "language": "uk"}
    for field, value, told in (
        ("name", "taken", "There is an agent taken already."),
        ("temperature", "9", "less than or equal to 2"),
        ("language", "very long", "Write the language as"),
    ):
        answer = save(admin, "/settings/agents/new/", **{**typed, field: value})
        page = Page.of(answer)
        assert answer.status_code == 422
        assert told in page.one("ul", id=f"id_{field}_error").text
        assert "Keep these words." in page.one("textarea", name="instructions").text
    assert Agent.objects.count() == 1


@pytest.mark.long
def test_the_playground_shows_answer_and_price_of_the_offline_engine(admin: Person) -> None:
    at = f"/settings/agents/{make_offline(admin).pk}/"
    client = admin.browser
    page = Page.of(client.get(at))
    form = page.one("form", action="/try/")
    whole = Page.of(submit(client, page, form, at, text=TEXT))
    assert "problem" in whole.one("pre").text
    assert "$0.00" in whole.text
    assert "there is no prompt" in whole.text
    assert TALK[0][1] in whole.one("textarea", name="text").text
    form.attrs["action"] = form.attrs["action"].partition("#")[0]
    assert submit(client, page, form, at, text="   ").status_code == 400
    assert submit(client, page, form, at, text="x" * 5000).status_code == 400


def make_offline(person: Person) -> Agent:
    return make_agent(person, provider=ensure_offline_provider(workspace=person.workspace))


PURPOSES = ("extract_knowledge", "propose_tasks", "classify", "score_noise", "judge_same")
PAIR = "The export runs into a timeout.\n\nExport of large tables fails."


@pytest.mark.long
@pytest.mark.parametrize("purpose", some(PURPOSES, 2))
def test_each_purpose_has_its_own_prompt_with_the_words_of_the_agent(
    admin: Person, purpose: str, settings: Any
) -> None:
    Project.objects.create(workspace=admin.workspace, name="p", glossary={"CSV": "comma separated"})
    with FakeLLM() as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        provider = make_provider(admin.workspace, kind="ollama", base_url=fake.url, default_model=MODEL)
        agent = make_agent(admin, provider=provider, purpose=purpose, instructions="Mind the commas.")
        text = PAIR if purpose == "judge_same" else TEXT
        tried = asked_by_a_worker(agent, text)
        (asked,) = fake.completions[:1]
    system, user = (message["content"] for message in asked.messages[:2])
    assert tried["prompt"]["system"] in system
    assert tried["prompt"]["user"] == user
    assert tried["model"] == MODEL
    if purpose in ("extract_knowledge", "propose_tasks"):
        assert "Mind the commas." in system
        assert "comma separated" in system


def asked_by_a_worker(agent: Agent, text: str) -> dict[str, Any]:
    """`try_agent` with the worker's half done in this process, as soon as the job is sent."""
    with pytest.MonkeyPatch.context() as patch:

        def at_once(name: str, pk: int, ticket: str) -> bool:
            assert (name, pk) == ("analysis.tasks.try_agent", agent.pk)
            trying.answer_agent(Agent.objects.select_related("provider").get(pk=pk), ticket)
            return True

        patch.setattr(trying, "enqueue", at_once)
        try:
            return trying.try_agent(agent, text)
        except Unavailable as error:  # not every scripted answer suits every purpose: the prompt is what counts here
            if error.error_code != "invalid_answer":
                raise
            return {"prompt": error.extra["prompt"], "model": MODEL}


def test_a_model_that_does_not_answer_is_told_with_its_prompt(admin: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = make_agent(admin, provider=make_provider(admin.workspace))
    monkeypatch.setattr(trying, "enqueue", lambda *_: False)
    client = admin.browser
    page = Page.of(client.get(f"/settings/agents/{agent.pk}/"))
    answer = submit(client, page, page.one("form", action="/try/"), "/", text=TEXT)
    assert answer.status_code == 200
    shown = Page.of(answer)
    assert "No worker has tried it in time." in shown.text
    assert TALK[0][1] in "".join(tag.text for tag in shown.all("pre"))


@pytest.mark.long
def test_an_earlier_version_is_tried_as_it_was(admin: Person, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def at_once(name: str, pk: int, ticket: str) -> bool:
        trying.answer_agent(Agent.objects.select_related("provider").get(pk=pk), ticket)
        return True

    monkeypatch.setattr(trying, "enqueue", at_once)
    with FakeLLM() as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        provider = make_provider(admin.workspace, kind="ollama", base_url=fake.url)
        agent = make_agent(admin, provider=provider, purpose="classify", model="first")
        agents.save_agent(agent=agent, values={"model": "second", "purpose": "score_noise"})
        client = admin.browser
        page = Page.of(client.get(f"/settings/agents/{agent.pk}/"))
        form = page.one("form", action="/try/")
        for version, prompt in (
            ("1", "classify 1"),
            ("2", "score_noise 1"),
            ("9", "score_noise 1"),
            ("x", "score_noise 1"),
        ):
            form.attrs["action"] = f"/settings/agents/{agent.pk}/try/"
            assert prompt in Page.of(submit(client, page, form, "/", text=TEXT, version=version)).text
    assert {request.body["model"] for request in fake.completions} == {"first", "second"}
    agent.refresh_from_db()
    assert (agent.model, agent.version) == ("second", 2)


def test_s12_what_is_typed_and_what_is_answered_is_text(admin: Person) -> None:
    payload = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    agent = make_agent(admin, provider=ensure_offline_provider(workspace=admin.workspace), name=payload)
    client = admin.browser
    at = f"/settings/agents/{agent.pk}/"
    page = Page.of(client.get(at))
    form = page.one("form", action="/try/")
    form.attrs["action"] = f"{at}try/"
    told = Page.of(submit(client, page, form, at, text=f"Olena: The export crashes since {payload} is there."))
    wrong = Page.of(save(admin, at, name=payload, instructions=payload, language=payload))
    assert payload in told.one("textarea", name="text").text
    assert payload in wrong.one("textarea", name="instructions").text
    for shown in (page, told, wrong):
        assert dangers(shown) == []


def test_two_notes_are_asked_for_where_a_pair_is_judged(admin: Person) -> None:
    agent = make_agent(admin, provider=make_provider(admin.workspace), purpose="judge_same")
    answer = admin.api.post(f"/api/agents/{agent.pk}/test", {"text": "one note"}, format="json")
    assert (answer.status_code, "empty line" in answer.json()["detail"]) == (400, True)


@pytest.mark.long
def test_an_agent_gets_its_work_and_loses_it(admin: Person) -> None:
    agent = make_offline(admin)
    other = make_agent(admin, name="other", provider=agent.provider)
    project = Project.objects.create(workspace=admin.workspace, name="p")
    client = admin.browser
    page = Page.of(client.get("/settings/"))
    form = page.one("form", action="/settings/assignments/")
    submit(client, page, form, "/", agent=agent.pk, project="")
    submit(client, page, form, "/", agent=other.pk, project="")  # instead of the first
    submit(client, page, form, "/", agent=agent.pk, project=project.pk)
    found = Assignment.objects.values_list("purpose", "agent__name", "project__name")
    assert set(found) == {("extract_knowledge", "other", None), ("extract_knowledge", "reader", "p")}
    assert submit(client, page, form, "/", agent="999999").status_code == 400
    page = Page.of(client.get("/settings/"))
    submit(client, page, page.all("form", action="/delete/")[0], "/")
    assert Assignment.objects.count() == 1


@pytest.mark.long
def test_who_is_no_admin_sees_it_and_changes_nothing(admin: Person) -> None:
    agent = make_agent(admin, provider=make_provider(admin.workspace), instructions="Be brief.")
    at = f"/settings/agents/{agent.pk}/"
    client = make_person("mona", role="manager").browser
    page = Page.of(client.get(at))
    assert "Be brief." in page.text
    assert not page.all("form", class_="body stack") + page.all("form", action="/try/")
    csrf = page.one("input", name="csrfmiddlewaretoken").attrs["value"]
    for address in (at, f"{at}try/", f"{at}delete/", "/settings/agents/new/", "/settings/assignments/"):
        assert client.post(address, {"csrfmiddlewaretoken": csrf}).status_code == 403
    stranger = make_person("stan", workspace="elsewhere", role="admin").browser
    assert stranger.get(at).status_code == 404
