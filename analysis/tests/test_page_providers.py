"""`/settings/providers/…`: set up by an admin, a key that never comes out, a test in sentences, an Ollama found."""

from typing import Any

import pytest
from django.core.cache import cache

from analysis import probing, trying
from analysis.models import Provider
from analysis.tests.factories import make_provider, make_run
from tasktracker.core.models import LLMCall
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.fake_llm import MODEL, FakeLLM
from tasktracker.tests.pages import Page, submit

pytestmark = pytest.mark.django_db
KEY = "sk-CANARY-of-a-page"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def admin() -> Person:
    return make_person("ada", role="admin")


def form_of(person: Person, at: str) -> tuple[Page, Any]:
    page = Page.of(person.browser.get(at))
    return page, page.one("form", class_="body stack")


def save(person: Person, at: str, **values: Any) -> Any:
    """Fill in the form of the page as a browser without JavaScript does."""
    client = person.browser
    page = Page.of(client.get(at))
    form = page.one("form", class_="body stack")
    form.attrs.setdefault("action", at)
    return submit(client, page, form, at, **values)


def test_a_provider_is_set_up_and_its_key_is_sealed(admin: Person) -> None:
    values = {"kind": "openai", "name": "cloud", "default_model": "small", "api_key": KEY}
    answer = save(admin, "/settings/providers/new/", **values)
    row = Provider.objects.get(name="cloud")
    assert answer["Location"] == f"/settings/providers/{row.pk}/"
    assert (row.open_api_key(), row.default_model, row.workspace) == (KEY, "small", admin.workspace)
    html = admin.browser.get(answer["Location"]).content.decode()
    assert KEY not in html
    assert "A key is stored" in html
    assert not Page(html).one("input", name="api_key").attrs.get("value")


@pytest.mark.long
def test_a_mistake_is_told_at_its_field_and_nothing_typed_is_lost_but_the_key(admin: Person) -> None:
    make_provider(admin.workspace, "taken")
    wrong = {
        "name": ({"name": "taken"}, "There is a provider taken already."),
        "base_url": ({"base_url": "http://169.254.169.254/"}, ""),
        "context_tokens": ({"context_tokens": "12"}, "1024"),
        "timeout_seconds": ({"timeout_seconds": "soon"}, "whole number"),
    }
    for field, (values, told) in wrong.items():
        typed = {"kind": "mistral", "name": "mine", "default_model": "tiny", "api_key": KEY} | values
        answer = save(admin, "/settings/providers/new/", **typed)
        assert answer.status_code == 422, field
        assert KEY not in answer.content.decode()
        page = Page.of(answer)
        assert told in page.one("ul", id=f"id_{field}_error").text, field
        shown = {tag.attrs["name"]: tag.attrs.get("value", "") for tag in page.all("input") if "name" in tag.attrs}
        assert shown["default_model"] == "tiny"
        assert shown[field] == typed[field]
        assert any("selected" in one.attrs for one in page.all("option", value="mistral"))
    assert list(Provider.objects.exclude(kind="offline").values_list("name", flat=True)) == ["taken"]


def test_s8_a_new_host_clears_the_key_and_the_page_says_so(admin: Person) -> None:
    row = make_provider(admin.workspace, base_url="https://1.1.1.1/v1", api_key=KEY)
    at = f"/settings/providers/{row.pk}/"
    assert save(admin, at, base_url="https://1.1.1.1/v2").status_code == 302
    row.refresh_from_db()
    assert row.open_api_key() == KEY  # an empty field leaves it as it is
    client = admin.browser
    page = Page.of(client.get(at))
    form = page.one("form", class_="body stack")
    form.attrs["action"] = at
    answer = submit(client, page, form, at, base_url="https://8.8.8.8/v2")
    row.refresh_from_db()
    assert not row.has_key
    assert "enter the key again" in Page.of(client.get(answer["Location"])).text


def test_an_ollama_that_the_operator_named_is_ours_and_anything_else_is_not(admin: Person, settings: Any) -> None:
    settings.OLLAMA_URL, settings.LLM_ALLOWED_HOSTS = "http://127.0.0.1:11434", ["127.0.0.1:11434"]
    for name, kind, local in (("mine", "ollama", True), ("theirs", "openai", False)):
        save(admin, "/settings/providers/new/", name=name, kind=kind)
        assert Provider.objects.get(name=name).local is local
    at = f"/settings/providers/{Provider.objects.get(name='mine').pk}/"
    client = admin.browser
    page = Page.of(client.get(at))
    form = page.one("form", class_="body stack")
    form.attrs["action"] = at
    form.inside = [tag for tag in form.inside if tag.attrs.get("name") != "local"]
    submit(client, page, form, at)
    assert Provider.objects.get(name="mine").local is False  # a person has said so


@pytest.mark.long
def test_a_compatible_server_needs_an_address(admin: Person) -> None:
    answer = save(admin, "/settings/providers/new/", kind="openai-compatible", name="vllm")
    assert "has no address of its own" in Page.of(answer).one("ul", id="id_base_url_error").text


@pytest.mark.long
def test_the_test_says_in_sentences_what_it_found(admin: Person, settings: Any) -> None:
    with FakeLLM() as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        for kind, url, told in (
            ("ollama", fake.url, ("Answers are held to our schema.", "The model reads 8,192 tokens.")),
            ("openai-compatible", fake.openai_url, ("is not known", "does not say how much", "Ask the model")),
        ):
            row = make_provider(admin.workspace, kind, kind=kind, base_url=url, default_model=MODEL, api_key=KEY)
            client = admin.browser
            at = f"/settings/providers/{row.pk}/"
            csrf = Page.of(client.get(at)).one("input", name="csrfmiddlewaretoken").attrs["value"]
            part = client.post(f"{at}test/", {"csrfmiddlewaretoken": csrf}, headers=HTMX | {"HX-Target": "result"})
            whole = client.post(f"{at}test/", {"csrfmiddlewaretoken": csrf})
            assert not Page.of(part).all("html")
            assert Page.of(whole).one("form", class_="body stack")
            for answer in (part, whole):
                words = Page.of(answer).text
                assert all(word in words for word in ("It answers.", MODEL, *told)), words
                assert KEY not in answer.content.decode()
    assert client.post(f"{at}test/", {}).status_code == 403
    gone = Page.of(client.post(f"{at}test/", {"csrfmiddlewaretoken": csrf})).text
    assert "could not be reached" in gone


@pytest.mark.long
def test_a_model_that_reads_less_than_is_set_here_is_told(admin: Person, settings: Any) -> None:
    with FakeLLM() as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        row = make_provider(
            admin.workspace, kind="ollama", base_url=fake.url, default_model=MODEL, context_tokens=32_000
        )
        client = admin.browser
        csrf = Page.of(client.get("/settings/")).one("input", name="csrfmiddlewaretoken").attrs["value"]
        answer = client.post(f"/settings/providers/{row.pk}/test/", {"csrfmiddlewaretoken": csrf})
    assert "fewer than the 32,000 set here" in Page.of(answer).text


@pytest.mark.long
def test_its_models_are_offered(admin: Person, settings: Any) -> None:
    with FakeLLM() as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        row = make_provider(admin.workspace, kind="ollama", base_url=fake.url)
        answer = admin.browser.get(f"/settings/models/?provider={row.pk}")
    assert [tag.attrs["value"] for tag in Page.of(answer).all("option")] == [MODEL]
    for nothing in ("", "x", "9" * 30, "999999"):
        assert not Page.of(admin.browser.get(f"/settings/models/?provider={nothing}")).all("option")


@pytest.mark.long
def test_an_ollama_that_answers_is_offered_and_one_click_makes_the_provider(admin: Person, settings: Any) -> None:
    with FakeLLM() as fake:
        settings.OLLAMA_URL, settings.LLM_ALLOWED_HOSTS = fake.url, [fake.host]
        client = admin.browser
        page = Page.of(client.get("/settings/"))
        assert page.one("div", id="ollama").attrs["hx-get"] == "/settings/ollama/"
        assert fake.received == []  # the page itself asks nobody
        card = Page.of(client.get("/settings/ollama/"))
        assert MODEL in card.text
        made = submit(client, card, card.one("form", action="/settings/ollama/"), "/settings/", model=MODEL)
        row = Provider.objects.get(kind="ollama")
        assert made["Location"] == f"/settings/providers/{row.pk}/"
        assert (row.base_url, row.default_model, row.local) == (fake.url, MODEL, True)
        assert not Page.of(client.get("/settings/")).all("div", id="ollama")
        assert not Page.of(client.get("/settings/ollama/")).all("form")
        again = submit(client, card, card.one("form", action="/settings/ollama/"), "/settings/", model=MODEL)
    assert again.status_code == 409


def test_where_no_ollama_answers_nothing_is_offered(admin: Person, settings: Any) -> None:
    with FakeLLM() as fake:
        settings.OLLAMA_URL, settings.LLM_ALLOWED_HOSTS = fake.url, [fake.host]
    cache.clear()
    assert not Page.of(admin.browser.get("/settings/ollama/")).all("form")


@pytest.mark.long
def test_the_page_says_what_is_missing(admin: Person) -> None:
    row = make_provider(admin.workspace, default_model="", api_key=KEY)
    at = f"/settings/providers/{row.pk}/"
    assert "choose a default model" in Page.of(admin.browser.get(at)).text
    Provider.objects.filter(pk=row.pk).update(sealed_api_key="v1:lost")
    shown = Page.of(admin.browser.get(at)).text
    assert "No key of this installation opens" in shown
    assert "v1:lost" not in shown


@pytest.mark.long
def test_what_is_used_stays_and_the_page_says_by_what(admin: Person) -> None:
    row = make_provider(admin.workspace)
    run = make_run(admin.workspace, provider=row)
    client = admin.browser
    page = Page.of(client.get(f"/settings/providers/{row.pk}/"))
    assert "1 run" in page.text
    assert not page.all("form", action="/delete/")
    run.delete()
    page = Page.of(client.get(f"/settings/providers/{row.pk}/"))
    submit(client, page, page.one("form", action="/delete/"), "/")
    assert not Provider.objects.filter(pk=row.pk).exists()


@pytest.mark.long
def test_who_is_no_admin_sees_it_and_changes_nothing(admin: Person) -> None:
    row = make_provider(admin.workspace, base_url="https://1.1.1.1/v1", api_key=KEY)
    at = f"/settings/providers/{row.pk}/"
    for role in ("viewer", "reviewer", "manager"):
        client = make_person(role, role=role).browser
        page = Page.of(client.get(at))
        assert "https://1.1.1.1/v1" in page.text
        assert not page.all("input", name="base_url")
        csrf = page.one("input", name="csrfmiddlewaretoken").attrs["value"]
        for address in (at, f"{at}test/", f"{at}delete/", "/settings/providers/new/"):
            assert client.post(address, {"csrfmiddlewaretoken": csrf, "name": "x"}).status_code == 403
    stranger = make_person("stan", workspace="elsewhere", role="admin").browser
    assert stranger.get(at).status_code == 404


@pytest.mark.parametrize(
    ("row", "structured"),
    [
        ({"supported_parameters": ["structured_outputs"]}, "yes"),
        ({"supported_parameters": ["top_p"]}, "no"),
        ({}, "unknown"),
    ],
)
def test_a_list_that_says_what_a_model_can_do_is_believed(row: dict[str, Any], structured: str) -> None:
    assert probing.structured_of(Provider(kind="openrouter"), row) == structured


@pytest.mark.long
@pytest.mark.parametrize(
    ("about", "context", "structured"),
    [
        ({"max_model_len": 16_384}, 16_384, "unknown"),
        ({"context_length": 200_000, "supported_parameters": ["response_format"]}, 200_000, "yes"),
        ({"context_length": "much", "max_model_len": True, "context_window": -1}, None, "unknown"),
    ],
)
def test_what_the_list_says_of_the_model_is_told(
    admin: Person, about: dict[str, Any], context: int | None, structured: str, settings: Any
) -> None:
    with FakeLLM(about=about) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        row = make_provider(admin.workspace, kind="openai-compatible", base_url=fake.openai_url, default_model=MODEL)
        found = admin.api.post(f"/api/providers/{row.pk}/test").json()
    assert (found["context_tokens"], found["structured"]) == (context, structured)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("choices", "structured"),
    [
        ({"answer": lambda _: {"ok": True}}, "yes"),
        ({"answer": lambda _: {"ok": True}, "always": "no_schema"}, "no"),
        ({"answer": lambda _: "I can't do that."}, "no"),
    ],
)
def test_a_model_is_asked_for_an_answer_with_a_schema(
    admin: Person, choices: dict[str, Any], structured: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_once(name: str, pk: int, ticket: str) -> bool:
        assert name == "analysis.tasks.try_provider"
        trying.answer_provider(Provider.objects.get(pk=pk), ticket)
        return True

    monkeypatch.setattr(trying, "enqueue", at_once)
    with FakeLLM(**choices) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        row = make_provider(admin.workspace, base_url=fake.openai_url, default_model=MODEL)
        answer = admin.api.post(f"/api/providers/{row.pk}/test", {"structured": True}, format="json")
    assert answer.json()["structured"] == structured
    assert LLMCall.objects.filter(subject=f"provider:{row.pk}").count() == 1
