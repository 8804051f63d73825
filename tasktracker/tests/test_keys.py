"""One's own keys: chosen on a page, refused where two would be the same, shown wherever a key is drawn."""

import json

import pytest
from django.test import Client

from proposals.tests.factories import make_proposal
from tasktracker.core import keys
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.models import User
from tasktracker.core.tests.factories import Person
from tasktracker.tests.pages import Page, submit

pytestmark = pytest.mark.django_db
AT = "/settings/keys/"


def send(person: Person, **codes: str) -> Client:
    """Send what the form sends with these in it; the browser."""
    client = Client(headers={"host": "localhost"})
    client.force_login(person.user)
    first = {name: one.code for name, one in keys.ACTIONS.items()}
    assert client.post(AT, first | codes).status_code == 302
    return client


def choose(client: Client, **codes: str) -> Page:
    """Send the form as it stands with these in it; the page that answers."""
    page = Page.of(client.get(AT))
    form = next(one for one in page.all("form", action=AT))
    response = submit(client, page, form, AT, **codes)
    return Page.of(client.get(response["Location"]) if response.status_code == 302 else response)


def keymap(client: Client) -> dict[str, str]:
    """What the page's script is told to translate."""
    found: dict[str, str] = json.loads(Page.of(client.get("/review/")).one("body").attrs.get("data-keymap", "{}"))
    return found


def test_the_defaults_need_no_translation(owner: Person) -> None:
    assert keys.keys_of(owner.user)["approve"] == "KeyA"
    assert keymap(owner.browser) == {}


def test_no_two_defaults_are_the_same() -> None:
    assert keys.clash_of({name: one.code for name, one in keys.ACTIONS.items()}) is None
    assert {one.code for one in keys.ACTIONS.values()} <= set(keys.CODES)


@pytest.mark.long
def test_a_chosen_key_is_drawn_on_the_buttons_and_in_the_list_of_keys(owner: Person) -> None:
    make_proposal(owner.workspace)
    client = owner.browser
    assert "Your keys are saved" in choose(client, approve="KeyQ").text
    page = Page.of(client.get("/review/"))
    assert page.one("button", data_key="KeyA").text.split() == ["Approve", "Q"]
    listed = next(tag for tag in page.one("dialog", id="keys").inside if "Approve and next" in tag.text)
    assert listed.inside
    assert "Approve and next Q" in " ".join(page.one("dialog", id="keys").text.split())
    assert keymap(client) == {"KeyA": "", "KeyQ": "KeyA"}


def test_two_keys_are_swapped_in_one_go(owner: Person) -> None:
    client = send(owner, approve="KeyE", edit="KeyA")
    assert keymap(client) == {"KeyE": "KeyA", "KeyA": "KeyE"}


def test_keys_after_go_are_a_world_of_their_own(owner: Person) -> None:
    client = send(owner, go_tasks="KeyA", search="KeyS")
    assert keymap(client) == {"go:KeyK": "", "go:KeyA": "KeyK", "Slash": "", "KeyS": "Slash"}


@pytest.mark.long
def test_two_that_would_share_a_key_are_refused_in_a_sentence_and_nothing_is_saved(owner: Person) -> None:
    page = choose(owner.browser, approve="KeyE")
    told = "“Approve and next” and “Edit” can't both be E. Give one of them another key."
    assert page.text.count(told) == 2
    chosen = next(one for one in page.one("select", name="approve").inside if "selected" in one.attrs)
    assert chosen.attrs["value"] == "KeyE", "what was chosen is kept"
    assert User.objects.get(pk=owner.user.pk).own_keys == {}
    with pytest.raises(Conflict, match="can't both be E") as refused:
        keys.save_keys(user=owner.user, codes={"approve": "KeyE"})
    assert refused.value.extra == {"actions": ["approve", "edit"]}


@pytest.mark.parametrize("codes", [{"approve": "Digit1"}, {"approve": "Escape"}, {"fly": "KeyA"}, {"approve": ""}])
def test_what_is_no_key_or_does_nothing_is_refused(owner: Person, codes: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        keys.save_keys(user=owner.user, codes=codes)


@pytest.mark.long
def test_the_first_keys_come_back(owner: Person) -> None:
    client = send(owner, approve="KeyQ")
    assert Page.of(client.get(AT)).all("button", name="reset")
    assert client.post(AT, {"reset": "1"})["Location"] == AT
    assert keymap(client) == {}
    assert not Page.of(client.get(AT)).all("button", name="reset")


@pytest.mark.long
def test_they_are_one_persons_alone(owner: Person, colleague: Person) -> None:
    keys.save_keys(user=owner.user, codes={"approve": "KeyQ"})
    assert keymap(colleague.browser) == {}


@pytest.mark.long
def test_what_this_version_does_not_know_is_passed_over(owner: Person) -> None:
    """A key chosen in another version, and a default that came later and is taken already."""
    User.objects.filter(pk=owner.user.pk).update(own_keys={"fly": "KeyA", "edit": "Mouse3", "reject": "KeyA"})
    found = keys.keys_of(User.objects.get(pk=owner.user.pk))
    assert (found["reject"], found["approve"], found["edit"]) == ("KeyA", "", "KeyE")
    page = Page.of(owner.browser.get(AT))
    assert page.one("select", name="approve").inside[0].attrs["value"] == ""
