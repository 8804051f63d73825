"""Take the screenshots of docs/SCREENS.md from a running demo: light, dark, and on a phone.

make demo                                   # in another terminal; it prints the login once
.venv/bin/python docs/screens/make.py http://127.0.0.1:8000 USER PASSWORD
"""

import argparse
import base64
import logging
import re
import tempfile
import time
from pathlib import Path
from urllib.parse import urljoin

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

log = logging.getLogger("screens")
HERE = Path(__file__).parent
DESK: dict[str, object] = {"width": 1280, "height": 860, "deviceScaleFactor": 1, "mobile": False}
PHONE: dict[str, object] = {"width": 375, "height": 740, "deviceScaleFactor": 1.5, "mobile": True}
LOOKS = {"light": (DESK, "light"), "dark": (DESK, "dark"), "phone": (PHONE, "light")}
# Name → address; `{topic}` and the like stand for the first of its list.
PAGES = {
    "login": "/login/",
    "dashboard": "/",
    "review": "/review/",
    "card": "{proposal}",
    "duplicate": "{proposal_id}duplicate/",
    "history": "/review/history/",
    "messages": "/messages/",
    "message": "{message}",
    "topics": "/topics/",
    "topic": "{topic}",
    "topic-merge": "{topic}merge/",
    "topic-split": "{topic}split/",
    "atom": "{atom}",
    "tasks": "/tasks/",
    "board": "/tasks/?view=board",
    "task": "{task}",
    "runs": "/runs/",
    "run": "{run}",
    "projects": "/projects/",
    "search": "/search/?q=export",
    "learning": "/learning/",
    "settings": "/settings/",
    "account": "/settings/account/",
    "keys": "/settings/keys/",
    "members": "/settings/members/",
    "audit": "/settings/audit/",
    "duty": "/settings/duty/",
    "sources": "/settings/sources/",
    "source": "{source}",
    "source-new": "/settings/sources/new/?kind=slack",
    "deliveries": "{source}deliveries/",
    "import": "/settings/sources/import/",
    "telegram": "/settings/telegram/",
    "people": "/settings/people/",
    "provider": "/settings/providers/new/",
    "agent": "/settings/agents/new/",
    "schedule": "/settings/schedules/new/",
    "admin": "/admin/",
    "admin-proposals": "/admin/proposals/proposal/",
}
LISTS = {
    "atom": ("/search/?q=export", r"/atoms/\d+/"),
    "topic": ("{atom}", r"/topics/\d+/"),
    "task": ("/tasks/?status=all", r"/tasks/\d+/"),
    "run": ("/runs/", r"/runs/\d+/"),
    "message": ("/messages/", r"/messages/\d+/"),
    "source": ("/settings/sources/", r"/settings/sources/\d+/"),
    "proposal": ("/review/", r"\?(?:[^\"]*&)?at=\d+"),
}
SETTLE = 1.2  # seconds for fonts, charts and the socket


class Camera:
    """A Chromium that is logged in."""

    def __init__(self, base: str) -> None:
        options = Options()
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
            options.add_argument(flag)
        options.add_argument(f"--user-data-dir={tempfile.mkdtemp()}")
        self.base = base.rstrip("/")
        self.driver = webdriver.Chrome(options=options, service=Service())

    def log_in(self, user: str, password: str) -> None:
        self.driver.get(f"{self.base}/login/")
        self.driver.find_element(By.NAME, "username").send_keys(user)
        self.driver.find_element(By.NAME, "password").send_keys(password + "\n")
        time.sleep(SETTLE)

    def first(self, at: str, pattern: str) -> str:
        """The first link of a page that looks so; "" where there is none."""
        self.driver.get(self.base + at)
        found = re.search(f'href="({pattern})"', self.driver.page_source.replace("&amp;", "&"))
        return urljoin(at, found[1]) if found else ""

    def look(self, metrics: dict[str, object], scheme: str) -> None:
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        wish = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wish})

    def take(self, at: str, path: Path) -> None:
        self.driver.get(self.base + at)
        time.sleep(SETTLE)
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "webp", "quality": 55})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base", "user", "password"):
        parser.add_argument(name)
    parser.add_argument("--only", help="names with commas between them")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    camera = Camera(given.base)
    camera.look(*LOOKS["light"])
    camera.take("/login/", HERE / "light" / "login.webp")
    camera.log_in(given.user, given.password)
    known: dict[str, str] = {}
    for name, (at, pattern) in LISTS.items():
        known[name] = camera.first(at.format(**known), pattern)
    number = re.search(r"at=(\d+)", known["proposal"])
    known["proposal_id"] = f"/review/{number[1]}/" if number else ""
    for look, settings in LOOKS.items():
        camera.look(*settings)
        for name, address in PAGES.items():
            at = address.format(**known)
            if name != "login" and at.startswith("/") and (not given.only or name in given.only.split(",")):
                camera.take(at, HERE / look / f"{name}.webp")
                log.info("%s/%s", look, name)
    camera.driver.quit()


if __name__ == "__main__":
    main()
