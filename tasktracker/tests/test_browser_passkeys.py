"""Passkeys in a real browser, with an authenticator of its own: made, asked for at the login, refused for others."""

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.backends.db import SessionStore

from tasktracker.core.account_models import Passkey
from tasktracker.core.models import ApiToken
from tasktracker.core.sessions import PROVEN
from tasktracker.core.tests.factories import PASSWORD, Person, make_person
from tasktracker.tests import axe
from tasktracker.tests.browser import Browser
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]
SET_UP = "/settings/account/second-step/"


@pytest.fixture
def person(transactional_db: None) -> Person:
    return make_person("owner", role="admin")


def device_in(browser: Browser, *, resident: bool) -> Iterator[str]:
    """The id of a device that says yes to whatever it is asked."""
    browser.driver.execute_cdp_cmd("WebAuthn.enable", {})
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": resident,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = browser.driver.execute_cdp_cmd("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield made["authenticatorId"]
    browser.driver.execute_cdp_cmd("WebAuthn.disable", {})


@pytest.fixture
def authenticator(browser: Browser) -> Iterator[str]:
    """One that can't remember whose passkey it holds: good for the second step."""
    yield from device_in(browser, resident=False)


@pytest.fixture
def remembering(browser: Browser) -> Iterator[str]:
    """One that can, so that nobody has to type a name."""
    yield from device_in(browser, resident=True)


def url_of(web: LiveStack) -> str:
    """An address with a name: browsers make no passkey for a number."""
    return web.url.replace("127.0.0.1", "localhost")


def path_of(browser: Browser) -> str:
    return urlsplit(browser.driver.current_url).path


def log_out(browser: Browser) -> None:
    browser.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})


def type_password(browser: Browser) -> None:
    browser.open("/login/?next=/tasks/")
    browser.one("[name=username]").send_keys("owner")
    browser.one("[name=password]").send_keys(PASSWORD + "\n")
    wait_for(lambda: browser.all("form[data-passkey=get][data-options]"))


def add_passkey(browser: Browser) -> None:
    browser.one("[name=name]").send_keys("My laptop")
    browser.click("form[data-passkey=create] button")
    wait_for(lambda: browser.all("#codes"))


@pytest.mark.long
def test_a_passkey_is_made_and_opens_the_second_step(
    person: Person, web: LiveStack, browser: Browser, authenticator: str
) -> None:
    browser.log_in(person.user, url_of(web), at=SET_UP)
    add_passkey(browser)
    assert "My laptop" in browser.text("#passkeys")
    assert len(browser.text("#codes pre").split()) == 10
    first = Passkey.objects.get()
    assert (first.name, first.last_used_at) == ("My laptop", None)
    for count in (1, 2):
        log_out(browser)
        type_password(browser)
        assert not browser.all("header.bar")
        browser.click("form[data-passkey=get][data-options] button")
        wait_for(lambda: path_of(browser) == "/tasks/")
        assert Passkey.objects.get().sign_count > first.sign_count, count
    assert browser.complaints() == []


@pytest.mark.long
def test_another_device_is_refused_and_a_recovery_code_helps(
    person: Person, web: LiveStack, browser: Browser, authenticator: str
) -> None:
    browser.log_in(person.user, url_of(web), at=SET_UP)
    add_passkey(browser)
    code = browser.text("#codes pre").split()[0]
    log_out(browser)
    browser.driver.execute_cdp_cmd("WebAuthn.clearCredentials", {"authenticatorId": authenticator})
    type_password(browser)
    browser.click("form[data-passkey=get][data-options] button")
    wait_for(lambda: "No passkey was used" in browser.text("[data-told]"))
    browser.open("/tasks/")
    assert "/login/" in browser.driver.current_url
    browser.open("/login/second-step/?next=/tasks/")
    browser.one("[name=code]").send_keys(code + "\n")
    wait_for(lambda: path_of(browser) == "/tasks/")
    assert browser.complaints() == []


@pytest.mark.long
def test_a_passkey_alone_opens_a_login_and_is_proof_later_on(
    person: Person, web: LiveStack, browser: Browser, remembering: str
) -> None:
    browser.log_in(person.user, url_of(web), at=SET_UP)
    add_passkey(browser)
    log_out(browser)
    browser.open("/login/?next=/settings/")  # the browser offers it, and this one takes what it is offered
    wait_for(lambda: path_of(browser) == "/settings/")
    assert Passkey.objects.get().last_used_at is not None
    log_out(browser)
    with offering_nothing(browser):
        browser.open("/login/?next=/settings/")
        assert wcag(browser) == []
        browser.click("form[data-from] button")
        wait_for(lambda: path_of(browser) == "/settings/")
    assert browser.all("header.bar")
    count = Passkey.objects.get().sign_count
    forget_proof(browser)
    browser.one("[name=label]").send_keys("for a script")
    browser.run("document.querySelector('[name=scope]').value = 'admin'")
    browser.click("form[action$='/settings/tokens/'] button")
    wait_for(lambda: "Say again who you are" in browser.text("h1"))
    assert wcag(browser) == []
    browser.click("form[data-passkey=get][data-options] button")
    wait_for(lambda: "for a script" in browser.text("h1"))
    assert ApiToken.objects.filter(label="for a script", scope="admin").exists()
    assert Passkey.objects.get().sign_count > count
    assert browser.complaints() == []


@contextlib.contextmanager
def offering_nothing(browser: Browser) -> Iterator[None]:
    """As browsers are that don't offer passkeys by themselves."""
    script = {"source": "PublicKeyCredential.isConditionalMediationAvailable = async () => false;"}
    added = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", script)
    yield
    browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def wcag(browser: Browser) -> list[str]:
    """What axe-core says against the page."""
    axe.inject(browser)
    return axe.violations(browser)


def forget_proof(browser: Browser) -> None:
    """As if the login were an hour ago."""
    session = SessionStore(browser.driver.get_cookie("sessionid")["value"])  # type: ignore[index]
    session[PROVEN] -= 3600
    session.save()
