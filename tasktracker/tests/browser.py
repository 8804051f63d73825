"""A real Chromium for tests: an empty profile each, everything that it complains about kept."""

import contextlib
import functools
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tasktracker.core.models import User
from tasktracker.tests.support import wait_for

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome", "chrome") if (path := shutil.which(name))), ""
)
DRIVER = shutil.which("chromedriver") or ""
MISSING = "no Chromium with its chromedriver on this machine"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
PASSWORD = "correct horse battery"
# What must not happen is noted in every document before any of its own scripts runs.
WITNESS = """
window.__complaints = [];
const note = (said) => window.__complaints.push(said);
document.addEventListener("securitypolicyviolation", (e) => note(`${e.violatedDirective} ${e.blockedURI}`));
for (const name of ["alert", "confirm", "prompt"]) window[name] = (said) => note(`${name}(${said})`);
addEventListener("error", (e) => note(`error ${e.message}`));
window.__shifts = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.__shifts.push([one.value, one.sources.map(
    (s) => `${s.node?.nodeName}.${s.node?.className ?? ""} ${s.node?.textContent.trim().slice(0, 20)}`)]);
}).observe({ type: "layout-shift", buffered: true });
"""


@functools.cache
def hashed_password() -> str:
    """The password as the database has it; made once, since it is meant to take long."""
    return make_password(PASSWORD)


@dataclass
class Browser:
    """One window; `url` is the server that it is at, without a slash at the end."""

    driver: webdriver.Chrome
    url: str = ""

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Iterator["Browser"]:
        """A new Chromium with a profile of its own."""
        profile = Path(tempfile.mkdtemp(prefix="tasktracker-chromium-"))
        options = Options()
        options.binary_location = CHROMIUM
        for flag in [*FLAGS, f"--user-data-dir={profile}", "--window-size=1280,900"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        try:
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WITNESS})
            yield cls(driver)
        finally:
            driver.quit()
            shutil.rmtree(profile, ignore_errors=True)

    def forget(self) -> None:
        """As new: no cookie, no page, a desk-sized window, scripts and motion on."""
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.desk()
        self.motion(on=True)
        self.scripts(on=True)
        self.complaints()

    def scripts(self, *, on: bool) -> None:
        """Switch JavaScript on or off."""
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not on})

    def motion(self, *, on: bool) -> None:
        """Switch transitions and animations on or off, as a system can ask for; off, a new colour is there at once."""
        wish = [] if on else [{"name": "prefers-reduced-motion", "value": "reduce"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wish})

    def desk(self) -> None:
        """Be as wide as the window, without touch, from now on; the page that is open follows."""
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})

    def phone(self) -> None:
        """Be 375 px wide, with touch, from now on."""
        metrics = {"width": 375, "height": 740, "deviceScaleFactor": 2, "mobile": True}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def log_in(self, user: User, url: str, *, at: str = "/") -> None:
        """Type name and password into the login page of the server at `url`, on the way to `at`."""
        self.url = url
        user.password = hashed_password()
        user.save(update_fields=["password"])
        self.open(f"/login/?next={at}")
        self.one("[name=username]").send_keys(user.username)
        self.one("[name=password]").send_keys(PASSWORD + "\n")
        try:
            wait_for(lambda: self.all("header.bar"))
        except AssertionError as error:
            error.add_note(f"{self.driver.current_url}\n{self.text('body')[:2000]}")
            raise

    def open(self, path: str) -> None:
        """Go to a page and wait until its script is there."""
        self.driver.get(self.url + path)

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css: str) -> WebElement:
        """The first match, as soon as there is one: an answer may still be on its way."""
        return wait_for(lambda: self.all(css), every=0.02)[0]

    def click(self, css: str) -> None:
        """Click the first match, as soon as it is there, in sight and not being replaced."""

        def clicked() -> bool:
            try:
                self.driver.find_element(By.CSS_SELECTOR, css).click()
            except (
                NoSuchElementException,
                StaleElementReferenceException,
                ElementNotInteractableException,
                ElementClickInterceptedException,
            ):
                return False
            return True

        clicked.__name__ = f"a click on {css}"
        wait_for(clicked, every=0.02)

    def text(self, css: str) -> str:
        """The words of the first match, "" when there is none; read in one go, so that a swap can't come between."""
        return str(self.run(f"return document.querySelector({css!r})?.textContent.trim() || ''"))

    def run(self, script: str, *args: Any) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(script, *args)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, whatever has the focus."""
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def hold(self, modifier: str, *keys: str) -> None:
        """Press keys while `modifier` is held down."""
        chain = ActionChains(self.driver).key_down(modifier)
        for key in keys:
            chain.send_keys(key)
        chain.key_up(modifier).perform()

    def press_code(self, code: str, key: str) -> None:
        """Press the key at a place of the keyboard (`code`) that another layout maps to another letter (`key`)."""
        for kind in ("keyDown", "keyUp"):
            self.driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": kind, "code": code, "key": key})

    def shown(self, css: str) -> bool:
        """Whether the first match can be seen; read in one go, so that a swap can't come between."""
        return bool(self.run(f"return document.querySelector({css!r})?.checkVisibility() || false"))

    def card(self) -> str:
        """The id of the proposal whose card is open, "" when none is."""
        return str(self.run("return document.querySelector('#card')?.dataset.id || ''"))

    def is_live(self) -> bool:
        """Whether the page's socket is connected."""
        return bool(self.run("return document.querySelector('#live')?.dataset.state === 'live'"))

    def too_wide(self) -> list[str]:
        """What makes the page scroll sideways; empty when nothing does."""
        return list(
            self.run(
                "const w = document.documentElement.clientWidth;"
                "if (document.documentElement.scrollWidth <= w && document.body.scrollWidth <= w) return [];"
                "return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > w + 1)"
                ".map(e => `${e.tagName}.${e.className}`).slice(0, 8).concat(['the page'])"
            )
        )

    def shift(self) -> tuple[float, list[str]]:
        """How much the page has moved by itself since it was asked for (every layout shift added), and what did."""
        found = self.run("return window.__shifts || []")
        return sum(value for value, _ in found), [what for _, sources in found for what in sources]

    def complaints(self) -> list[str]:
        """Violations of the CSP, dialogs and script errors, in this document and in the browser's log."""
        noted = [str(one) for one in self.run("return window.__complaints || []")]
        logged = [line["message"] for line in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]
        return noted + [line for line in logged if "Content Security Policy" in line or "Uncaught" in line]
