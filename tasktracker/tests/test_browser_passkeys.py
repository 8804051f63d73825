"""Passkeys in a real browser, with an authenticator of its own: made, asked for at the login, refused for others."""

from collections.abc import Iterator

import pytest

from tasktracker.core.account_models import Passkey
from tasktracker.core.tests.factories import PASSWORD, Person, make_person
from tasktracker.tests.browser import Browser
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]
SET_UP = "/settings/account/second-step/"


@pytest.fixture
def person(transactional_db: None) -> Person:
    return make_person("owner", role="admin")


@pytest.fixture
def authenticator(browser: Browser) -> Iterator[str]:
    """Its id: a device that says yes to whatever it is asked."""
    browser.driver.execute_cdp_cmd("WebAuthn.enable", {})
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = browser.driver.execute_cdp_cmd("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield made["authenticatorId"]
    browser.driver.execute_cdp_cmd("WebAuthn.disable", {})


def url_of(web: LiveStack) -> str:
    """An address with a name: browsers make no passkey for a number."""
    return web.url.replace("127.0.0.1", "localhost")


def log_out(browser: Browser) -> None:
    browser.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})


def type_password(browser: Browser) -> None:
    browser.open("/login/?next=/tasks/")
    browser.one("[name=username]").send_keys("owner")
    browser.one("[name=password]").send_keys(PASSWORD + "\n")
    wait_for(lambda: browser.all("form[data-passkey=get]"))


def add_passkey(browser: Browser) -> None:
    browser.one("[name=name]").send_keys("My laptop")
    browser.one("form[data-passkey=create] button").click()
    wait_for(lambda: browser.all("#codes"))


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
        browser.one("form[data-passkey=get] button").click()
        wait_for(lambda: browser.driver.current_url.endswith("/tasks/"))
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
    browser.one("form[data-passkey=get] button").click()
    wait_for(lambda: "No passkey was used" in browser.text("[data-told]"))
    browser.open("/tasks/")
    assert "/login/" in browser.driver.current_url
    browser.open("/login/second-step/?next=/tasks/")
    browser.one("[name=code]").send_keys(code + "\n")
    wait_for(lambda: browser.driver.current_url.endswith("/tasks/"))
    assert browser.complaints() == []
