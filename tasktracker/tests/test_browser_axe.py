"""axe-core before the login, and in what opens on a page. `test_browser_pages` has the pages themselves."""

import pytest

from proposals import services
from tasktracker.core import invitations, passwords, secondstep
from tasktracker.core.enums import Role
from tasktracker.core.permissions import Access
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests import axe
from tasktracker.tests.browser import PASSWORD, Browser, hashed_password
from tasktracker.tests.everything import fill
from tasktracker.tests.support import LiveStack, wait_for
from tasktracker.tests.test_second_step import code_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]
IN_THEME = "document.documentElement.dataset.theme = arguments[0]"


@pytest.fixture
def person(transactional_db: None) -> Person:
    return make_person("owner", role="admin")


class Notes:
    """What axe-core said of each state that was looked at, in both themes."""

    def __init__(self, browser: Browser) -> None:
        self.browser, self.told = browser, list[str]()

    def look(self, state: str, within: str = "html") -> None:
        axe.inject(self.browser)
        for theme in ("light", "dark"):
            self.browser.run(IN_THEME, theme)
            asked = () if theme == "light" else axe.BY_THEME
            self.told += [f"{state}, {theme}: {line}" for line in axe.violations(self.browser, *asked, within=within)]


@pytest.fixture
def notes(browser: Browser) -> Notes:
    browser.motion(on=False)
    return Notes(browser)


def test_axe_core_sees_what_is_wrong(web: LiveStack, browser: Browser) -> None:
    """A look that can see nothing would pass each time."""
    browser.url = web.url
    browser.open("/login/")
    axe.inject(browser)
    assert axe.violations(browser) == []
    browser.run(
        "document.querySelector('label').remove(); document.querySelector('.muted').classList.add('btn', 'primary');"
        "document.querySelector('h1').className = 'faint'; document.querySelector('h1').setAttribute('role', 'nothing')"
    )
    broken = {line.split(":")[0] for line in axe.violations(browser)}
    assert {"label", "aria-roles"} <= broken


@pytest.mark.long
def test_nobody_is_kept_out_before_the_login(person: Person, web: LiveStack, browser: Browser, notes: Notes) -> None:
    access = Access(person.user, person.workspace, Role.ADMIN)
    _, invitation = invitations.invite(access=access, role=Role.REVIEWER, email="", days=7, max_uses=1)
    link = passwords.make_link(user=person.user, by=None)
    browser.url = web.url
    for at in ("/login/", f"/join/{invitation}/", "/join/gone/", "/password/forgotten/", f"/password/{link}/"):
        browser.open(at)
        notes.look(at)
    browser.open("/login/")
    browser.one("[name=username]").send_keys("nobody")
    browser.one("[name=password]").send_keys("wrong\n")
    wait_for(lambda: browser.all("[role=alert]"))
    notes.look("a wrong password")
    assert not notes.told, "\n".join(notes.told)
    assert browser.complaints() == []


@pytest.mark.long
def test_nobody_is_kept_out_by_the_second_step(person: Person, web: LiveStack, browser: Browser, notes: Notes) -> None:
    person.user.password = hashed_password()
    person.user.save()
    secondstep.begin_totp(user=person.user)
    secondstep.confirm_totp(user=person.user, code=code_of(person.user, -1))
    browser.url = web.url
    browser.open("/login/")
    browser.one("[name=username]").send_keys(person.user.username)
    browser.one("[name=password]").send_keys(PASSWORD + "\n")
    wait_for(lambda: browser.all("[name=code]"))
    notes.look("the second step")
    browser.one("[name=code]").send_keys("000000\n")
    wait_for(lambda: browser.all("[role=alert]"))
    notes.look("a wrong code")
    browser.one("[name=code]").send_keys(code_of(person.user) + "\n")
    wait_for(lambda: browser.all("header.bar"))
    browser.open("/settings/account/second-step/")
    notes.look("the second step set up")
    assert not notes.told, "\n".join(notes.told)
    assert browser.complaints() == []


@pytest.mark.long
def test_nobody_is_kept_out_by_what_opens_on_the_desk(
    person: Person, web: LiveStack, browser: Browser, notes: Notes
) -> None:
    made = fill(person, "A sentence of the usual length")
    browser.log_in(person.user, web.url, at=f"/review/?at={made.waiting[0].pk}")
    wait_for(browser.is_live)
    for key in ("r", "d", "h"):
        browser.press(key)
        wait_for(lambda: browser.shown(".actions details[open] .pop"))
        notes.look(f"the menu of {key}")
        browser.press("\ue00c")
        wait_for(lambda: not browser.all(".actions details[open]"))
    for number in range(len(browser.all(".bar details.menu, .desk-bar details.menu"))):
        menu = browser.all(".bar details.menu, .desk-bar details.menu")[number]
        menu.find_element("tag name", "summary").click()
        wait_for(lambda: browser.shown("details.menu[open] .pop"))
        notes.look(f"menu {number} of the bars", within="details.menu[open]")  # it covers some of the page
        browser.press("\ue00c")
    browser.press("?")
    wait_for(lambda: browser.shown("#keys"))
    notes.look("the list of keys")
    browser.press("\ue00c")
    browser.click("#card .by a")
    wait_for(lambda: browser.all("#card .talk"))
    browser.press("x")
    wait_for(lambda: browser.shown(".bulk"))
    notes.look("the talk around a quote, one row selected")
    for verb in ("approve", "reject", "snooze"):
        browser.click(f".bulk [value={verb}]")
        wait_for(lambda verb=verb: f"{verb.title()} 1 proposal" in browser.text("#dialog"))
        notes.look(f"the question before {verb} of many")
        browser.press("\ue00c")
        wait_for(lambda: not browser.shown("#dialog"))
    browser.press("e")
    wait_for(lambda: browser.all("#card form.edit"))
    notes.look("the form in place")
    browser.press("\ue00c", "\ue00c")
    wait_for(lambda: not browser.all("#card form.edit"))
    assert not notes.told, "\n".join(notes.told)


@pytest.mark.long
def test_nobody_is_kept_out_by_what_a_decision_says(
    person: Person, web: LiveStack, browser: Browser, notes: Notes
) -> None:
    omar = make_person("omar", role="reviewer")
    made = fill(person, "A sentence of the usual length")
    browser.log_in(person.user, web.url, at=f"/review/?at={made.waiting[1].pk}")
    wait_for(browser.is_live)
    browser.press("r", "1")
    wait_for(lambda: browser.all(".toast [data-undo]"))
    notes.look("a decision")
    shown = int(browser.card())
    browser.run("for (const el of document.querySelectorAll('[data-live]')) el.removeAttribute('data-live')")
    services.reject(proposal_id=shown, by=omar.user, reason="noise")
    browser.press("r", "2")
    wait_for(lambda: browser.all(".toast.error"))
    wait_for(lambda: "Rejected by omar" in browser.text("#card"))
    notes.look("who was first")
    assert not notes.told, "\n".join(notes.told)
