"""axe-core in a page: what WCAG 2.2 AA says against it. Its script comes with a locked package, never by network."""

import functools
import json
from pathlib import Path

import axe_selenium_python

from tasktracker.tests.browser import Browser

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# What another theme can change; everything else is the same page.
BY_THEME = ("color-contrast", "link-in-text-block")
RUN = """
(async (within, tags, only, without) => {
  const runOnly = only.length ? { type: "rule", values: only } : { type: "tag", values: tags };
  const rules = Object.fromEntries(without.map((id) => [id, { enabled: false }]));
  const found = await axe.run(within, { runOnly, rules, resultTypes: ["violations"] });
  const told = (node) => [...node.any, ...node.all, ...node.none].map((check) => check.message).join("; ");
  return found.violations.flatMap((one) => one.nodes.map((node) =>
    `${one.id}: ${node.html.slice(0, 160)} at ${node.target} (${told(node)})`));
})(%s, %s, %s, %s)
"""


@functools.cache
def script() -> str:
    """axe.min.js as the package brings it."""
    return (Path(axe_selenium_python.__file__).parent / "node_modules" / "axe-core" / "axe.min.js").read_text()


def inject(browser: Browser) -> None:
    """Load axe-core into the document by the debugger, which the page's policy does not concern."""
    browser.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": script(), "silent": True})


def violations(browser: Browser, *only: str, without: tuple[str, ...] = (), within: str = "html") -> list[str]:
    """One line for each element `within` that breaks a rule of `TAGS` (or one of `only`); `inject` comes first."""
    expression = RUN % tuple(json.dumps(names) for names in (within, TAGS, only, without))
    asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
    answer = browser.driver.execute_cdp_cmd("Runtime.evaluate", asked)
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return [str(line) for line in answer["result"]["value"]]
