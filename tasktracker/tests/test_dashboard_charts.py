"""The dashboard's charts: each says in words and in a table what it draws."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ingestion.models import Source
from proposals.tests.factories import make_message, make_proposal
from tasktracker import buckets, charts, figures, judged
from tasktracker.core.models import LLMCall, Workspace
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
CHARTS = ["hours", "days", "curve", "costs"]


@pytest.fixture
def person() -> Person:
    return make_person("owner", role="manager")


def say(workspace: Workspace, source: str, *, hours: float) -> None:
    message = make_message(workspace, sent_at=timezone.now() - timedelta(hours=hours))
    message.source = Source.objects.get_or_create(workspace=workspace, name=source, defaults={"kind": "api"})[0]
    message.save()


def came_in(workspace: Workspace) -> charts.CameIn:
    return charts.came_in(workspace, figures.Board(workspace).came)


def decide(workspace: Workspace, confidence: float, status: str, *, ago: int = 0) -> None:
    make_proposal(
        workspace, "atom", quotes=[], confidence=confidence, status=status,
        decided_at=timezone.now() - timedelta(minutes=ago), decided_by=make_person("owner").user,
    )  # fmt: skip


def spend(workspace: Workspace, cost: str | None, *, days: int = 0) -> None:
    LLMCall.objects.create(
        workspace=workspace, subject="run:1", purpose="classify", provider="p", provider_kind="openai", model="m",
        prompt_name="classify", prompt_version="1", cost=cost, duration_ms=1, outcome="ok",
        at=timezone.now() - timedelta(days=days),
    )  # fmt: skip


def test_each_chart_has_a_title_a_description_and_its_numbers_in_a_table(person: Person) -> None:
    say(person.workspace, "chat", hours=0)
    decide(person.workspace, 0.8, "approved")
    spend(person.workspace, "0.5")
    page = Page.of(person.browser.get("/"))
    words = {tag.attrs.get("id"): tag for tag in page.tags}
    for name in CHARTS:
        drawing = page.one("svg", **{"aria-labelledby": f"{name}-title {name}-told"})
        assert drawing.attrs["role"] == "img"
        assert words[f"{name}-title"].text.strip()
        assert words[f"{name}-told"].text.strip()
        table = words[f"{name}-numbers"]
        assert [tag.name for tag in table.inside].count("caption") == 1
        assert [tag for tag in table.inside if tag.name == "td"]
        assert all("style" not in tag.attrs for tag in [*drawing.inside, *table.inside])


def test_the_hours_are_by_source_with_the_most_first(person: Person) -> None:
    for source, count in (("mail", 1), ("chat", 3)):
        for _ in range(count):
            say(person.workspace, source, hours=0)
    say(person.workspace, "mail", hours=2)
    say(person.workspace, "mail", hours=30)
    came = came_in(person.workspace)
    assert [(line.name, line.total) for line in came.sources] == [("chat", 3), ("mail", 2)]
    assert came.hours.head == ["Hour", "All", "chat", "mail"]
    assert [row[1:] for row in came.hours.rows] == [["1", "0", "1"], ["4", "3", "1"]]
    assert (came.hours_total, came.days_total) == (5, 6)
    assert [column.x for column in came.hours.columns] == [21, 23]
    assert came.hours.columns[-1].height == 100


@pytest.mark.long
def test_many_sources_are_five_and_the_others_together(person: Person) -> None:
    for number in range(8):
        for _ in range(number + 1):
            say(person.workspace, f"source {number}", hours=0)
    names = [(line.name, line.total) for line in came_in(person.workspace).sources]
    assert names[0] == ("source 7", 8)
    assert names[5:] == [("3 more", 1 + 2 + 3)]


def test_the_bill_says_which_calls_have_no_known_price(person: Person) -> None:
    spend(person.workspace, "1.25")
    spend(person.workspace, "0.25", days=1)
    spend(person.workspace, None, days=1)
    spend(person.workspace, None, days=2)
    spend(person.workspace, "9", days=14)
    bill = charts.costs(person.workspace)
    assert (str(bill.cost), bill.calls, bill.unknown) == ("1.500000", 4, 2)
    assert [row[1:] for row in bill.chart.rows[-3:]] == [
        ["unknown", "1"], ["$0.2500 + 1 of unknown price", "2"], ["$1.25", "1"],
    ]  # fmt: skip
    page = Page.of(person.browser.get("/"))
    assert "$1.50 in 14 days" in page.text
    assert "4 calls, 2 of unknown price that the sum leaves out." in page.text


def test_acceptance_and_calibration_are_of_what_people_decided(person: Person) -> None:
    for status, confidence in (("approved", 0.95), ("rejected", 0.95), ("approved", 0.8), ("merged", 0.3)):
        decide(person.workspace, confidence, status)
    make_proposal(
        person.workspace, "atom", quotes=[], confidence=0.99, status="approved", decided_at=timezone.now()
    )  # by a policy: nobody has judged it
    recent = judged.judged(person.workspace)
    assert [(bar.tier, bar.part, bar.whole, bar.width) for bar in recent.bars()] == [
        ("high", 1, 2, 50.0), ("medium", 1, 1, 100.0), ("low", 0, 1, 0.0),
    ]  # fmt: skip
    curve = recent.curve()
    assert curve.decided == 4
    assert [(one.decided, one.approved) for one in curve.bins if one.decided] == [(1, 0), (1, 1), (2, 1)]


def test_only_the_last_decisions_count(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judged, "RECENT", 2)
    for ago, status in ((3, "rejected"), (2, "approved"), (1, "approved")):
        decide(person.workspace, 0.95, status, ago=ago)
    assert judged.judged(person.workspace).by_tier() == {"high": {"approved": 2}}


@pytest.mark.long
def test_a_confidence_stands_in_the_bin_that_the_page_learning_has_it_in(person: Person) -> None:
    for confidence in (0.0, 0.57, 0.6, 0.7, 0.9, 1.0):
        decide(person.workspace, confidence, "approved")
    bins = {one.low: one.decided for one in judged.judged(person.workspace).curve().bins if one.decided}
    learned = person.api.get("/api/stats/learning").json()["calibration"][0]["bins"]
    assert bins == {one["low"]: one["decided"] for one in learned if one["decided"]}


@pytest.mark.long
def test_a_range_is_chosen_in_the_address_for_every_chart_and_its_table(person: Person) -> None:
    for days in (0, 6, 8, 20, 60):
        say(person.workspace, "chat", hours=24 * days)
        spend(person.workspace, "1", days=days)
        decide(person.workspace, 0.8, "approved", ago=24 * 60 * days)
    person.browser.get("/")
    asked = set()
    for days, found in some([(7, 2), (14, 3), (30, 4), (90, 5)], 2, 1):
        at = "/" if days == 14 else f"/?days={days}"
        with CaptureQueriesContext(connection) as queries:
            page = Page.of(person.browser.get(at))
        asked.add(len(queries))
        marked = [tag for tag in page.all("a", href="/") if tag.text.endswith(" days") and "aria-current" in tag.attrs]
        assert [(tag.text, tag.attrs["href"]) for tag in marked] == [(f"{days} days", f"{at}#ranges")]
        words = {tag.attrs.get("id"): tag for tag in page.tags}
        assert f"The last {days} days {found}" in " ".join(page.text.split())
        assert f"${found}.00 in {days} days" in page.text
        for name in ("days", "costs"):
            rows = [tag for tag in words[f"{name}-numbers"].inside if tag.name == "tr"]
            assert len(rows) == days + 1, name
        # without a choice, what was decided is told however old it is
        assert f"Of {found if days != 14 else 5} that people decided" in " ".join(page.text.split())
        for part in ("came", "charts"):
            assert words[part].attrs["hx-get"] == at
            alone = Page.of(person.browser.get(at, headers={"HX-Request": "true", "HX-Target": part}))
            assert f"{days} days" in alone.text
    assert len(asked) == 1, asked
    for unknown in some(["8", "-7", "1e9", "\x00", "7 days"], 3):
        assert "The last 14 days" in Page.of(person.browser.get("/", {"days": unknown})).text


@pytest.mark.long
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_the_days_of_a_range_begin_at_midnight_of_the_workspace(person: Person, zone: str) -> None:
    person.workspace.timezone = zone
    person.workspace.save()
    first = buckets.last_days(person.workspace, 90).edges[0]
    assert (first.hour, str(first.tzinfo)) == (0, zone)
    for seconds in (-1, 0):
        make_message(person.workspace, sent_at=first + timedelta(seconds=seconds))
    came = charts.came_in(person.workspace, figures.Board(person.workspace, 90).came)
    assert (came.days_total, came.days.columns[0].x) == (1, 0)
    assert len(came.days.axis) == 6


@pytest.mark.long
def test_an_empty_part_says_the_next_step(person: Person) -> None:
    client = person.browser
    for part, words in [
        ("came", "Nothing came in during the last 24 hours. See the sources"),
        ("charts", "Ten decisions at the desk give a first picture"),
        ("charts", "The offline engine costs nothing; a model is connected in Settings"),
        ("waits", "Approved questions stand here until something solves them"),
        ("strip", "a run reads what came in"),
    ]:
        answer = client.get("/", headers={"HX-Request": "true", "HX-Target": part})
        assert words in " ".join(Page.of(answer).text.split()), part


def test_the_list_of_the_newest_knows_of_sources_when_it_comes_alone(person: Person) -> None:
    Source.objects.create(workspace=person.workspace, name="chat", kind="api")
    answer = person.browser.get("/", headers={"HX-Request": "true", "HX-Target": "feed"})
    assert "Nothing has come in yet" in Page.of(answer).text
