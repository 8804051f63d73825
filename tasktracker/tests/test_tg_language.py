"""The Mini App speaks the language of one's Telegram, as the bot does: English or Ukrainian, all of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.test import Client
from django.utils import translation

from ingestion.models import BotContact, Participant
from knowledge.models import Task
from knowledge.services import change_task
from proposals import answers, banners, cards, forms, nearness, origins
from proposals.models import Proposal
from proposals.tests.factories import make_message, make_proposal, make_quote
from tasktracker.core import enums
from tasktracker.core.tests.factories import Person
from tasktracker.miniapp import words
from tasktracker.miniapp.words_uk import SENTENCES, WORDS
from tasktracker.tests.telegram_app import init_data, linked, log_in, opened

pytestmark = pytest.mark.django_db

UK = json.dumps({"id": 12, "first_name": "Боб", "language_code": "uk"})
TAG = re.compile(r"""{% say (?:"([^"]+)"|'([^']+)')""")
LATIN = re.compile(r"[A-Za-z]{3,}")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def app(colleague: Person) -> Client:
    linked(colleague)
    return opened(init_data(user=UK))


def waiting(person: Person, number: int) -> Proposal:
    quote = make_quote(person.workspace, make_message(person.workspace, "експорт падає"))
    title, payload = f"Завдання {number}", {"category": "bug", "priority": "high", "labels": ["bug"]}
    more: dict[str, Any] = {"rank": 90 - number, "fingerprint": f"f{number}", "confidence": 0.95, "payload": payload}
    return make_proposal(person.workspace, "task", title, quotes=[quote], **more)


def text_of(answer: Any) -> str:
    """What is read of it, or read out: its text, labels and hints."""
    html = answer.content.decode()
    told = re.findall(r'(?:aria-label|title|placeholder)="([^"]*)"', html)
    return " ".join([re.sub(r"<[^>]+>", " ", html), *told])


def english_in(answer: Any, *known: str) -> set[str]:
    """Latin words of an answer, without names."""
    return set(LATIN.findall(text_of(answer))) - {"Task", "Tracker", "Jan", "Nov", *known}


def test_every_screen_is_in_ukrainian_from_the_login_on(app: Client, colleague: Person) -> None:
    names = {*LATIN.findall(colleague.workspace.name), "colleague"}
    one, two, three = (waiting(colleague, number) for number in range(3))
    me = Participant.objects.get(user=colleague.user)
    task = Task.objects.create(workspace=colleague.workspace, title="Моє", assignee=me, priority="high")
    first = app.get("/tg/review/")
    assert first["Content-Language"] == "uk"
    page = text_of(first)
    for said in ("Розгляд", "Мої завдання", "Схвалити", "Відхилити", "Шум", "завтра", "нове завдання", "пріоритет"):
        assert said in page, said
    assert "bug" in page, "a label is a person's own word"
    where = {"chat", "bug", *LATIN.findall(one.evidence.get().quote.message.channel.title)}
    author = one.evidence.get().quote.message.author
    where |= set(LATIN.findall(author.name if author else ""))
    month = {word for word in LATIN.findall(page) if re.search(rf"\d\d {word} \d", page)}
    assert english_in(first, "UTC", *names, *where, *month) == set()
    decided = app.post(f"/tg/review/{one.pk}/approve/")
    assert "Схвалено: Завдання 0" in text_of(decided)
    assert "Скасувати" in text_of(decided)
    app.post(f"/tg/review/{two.pk}/reject/", {"reason": "not_actionable"})
    last = app.post(f"/tg/review/{three.pk}/snooze/", {"days": "3"})
    assert "Усе вирішено" in text_of(last)
    assert english_in(last, *names) == set()
    assert "Відхилено (colleague): Нічого робити." in text_of(app.get(f"/tg/review/?at={two.pk}"))
    assert "Відкладено: повернеться за" in text_of(app.get(f"/tg/review/?at={three.pk}"))
    tasks = app.get("/tg/tasks/")
    assert english_in(tasks, *names) == set()
    assert "Виконане: Моє" in text_of(app.post(f"/tg/tasks/{task.pk}/status/", {"status": "done"}))
    # Nothing of it stays behind in the process: the next one is asked in their own language.
    assert translation.get_language() == "en"
    assert "All decided" not in text_of(app.get("/tg/review/"))


@pytest.mark.long
def test_refusals_are_in_it_too(app: Client, colleague: Person, owner: Person) -> None:
    one, two = waiting(colleague, 0), waiting(colleague, 1)
    owner.api.post(f"/api/proposals/{one.pk}/approve", {}, format="json")
    second = app.post(f"/tg/review/{one.pk}/reject/", {"reason": "noise"}, headers=HTMX)
    assert (second.status_code, second["HX-Trigger"], second["HX-Retarget"]) == (409, "stale", "#toasts")
    assert "owner: рішення вже ухвалено (схвалено)." in text_of(second)
    why = app.post(f"/tg/review/{two.pk}/reject/", headers=HTMX)
    assert (why.status_code, text_of(why).split("×")[0].strip()) == (422, "Оберіть причину відхилення.")
    one.refresh_from_db()
    change_task(task_id=one.created_id or 0, by=owner.user, values={"status": "in_progress"})
    asked = app.post(f"/tg/review/{one.pk}/undo/", headers=HTMX)
    assert (asked.status_code, asked["HX-Retarget"]) == (409, "#dialog-body")
    assert "Усе одно скасувати" in text_of(asked)
    assert english_in(asked) == set()
    assert app.post(f"/tg/review/{one.pk}/undo/", {"confirm": "true"}, headers=HTMX).status_code == 200


def test_who_does_not_come_in_is_told_in_their_language(colleague: Person) -> None:
    """Unchecked, as nothing is proven of them: only the words go by it."""
    stranger = log_in(init_data(user='{"id": 99, "language_code": "uk"}'))
    assert (stranger.status_code, stranger["Content-Language"]) == (401, "uk")
    linked(colleague)
    assert "Бот вас ще не знає" in text_of(log_in(init_data(user='{"id": 99, "language_code": "uk-UA"}')))
    assert english_in(log_in(init_data(user='{"id": 99, "language_code": "uk"}'))) <= {"Settings", "Telegram", "link"}
    assert "does not know you" in text_of(log_in(init_data(user='{"id": 99, "language_code": "de"}')))
    for odd in ("[" * 3000, '{"language_code": 7}', "[12]", "\x00"):
        assert log_in(init_data(user=odd)).status_code == 401
    ended = Client(headers={"host": "localhost", "accept-language": "uk-UA,uk;q=0.9"}).get("/tg/review/")
    assert (ended.status_code, "Цей сеанс завершено" in text_of(ended)) == (401, True)


@pytest.mark.long
def test_where_telegram_names_no_language_the_bot_s_is_spoken(colleague: Person) -> None:
    bot = linked(colleague)
    me = Participant.objects.get(user=colleague.user)
    BotContact.objects.create(participant=me, bot=bot, language="uk")
    assert "Усе вирішено" in text_of(opened(init_data(user='{"id": 12}')).get("/tg/review/"))
    assert "All decided" in text_of(opened(init_data(age=9)).get("/tg/review/"))


def test_the_shell_follows_the_browser_and_has_the_script_s_words_in_both(owner: Person) -> None:
    page = owner.browser.get("/tg/", headers={"accept-language": "uk,en;q=0.5"}).content.decode()
    assert '<html lang="uk">' in page
    assert "Відкрийте це в Telegram" in page
    assert '<html lang="en">' in owner.browser.get("/tg/", headers={"accept-language": "\x00;q=a,,"}).content.decode()
    told = json.loads(words.script_words())
    assert told["en"] == words.SCRIPT
    assert told["uk"].keys() == words.SCRIPT.keys()


def test_there_are_words_for_all_that_it_says(colleague: Person) -> None:
    """And none that nobody says: the catalogue goes with the templates and with what the desk says of a card."""
    pages = [path.read_text() for path in (Path(site.BASE_DIR) / "templates" / "tg").glob("*.html")]
    said = {one or other for page in pages for one, other in TAG.findall(page)}
    source = (Path(site.BASE_DIR) / "tasktracker" / "miniapp" / "logins.py").read_text()
    kinds = ("topic", "atom", "task")
    said |= {*words.SCRIPT.values(), *origins.TOLD.values(), *kinds, *(f"new {kind}" for kind in kinds)}
    said |= {word for _, word in nearness.LIKENESS} | set(nearness.SAID.values()) - {""}
    said |= {label for label in cards.LABELS.values() if label}
    said |= {label for _, label in answers.REASONS} | {label for _, label in forms.SNOOZES}
    said |= {answers.TOLD[verb] for verb in ("approve", "reject", "snooze", "undo")}
    said |= {str(label) for label in enums.TaskStatus.labels}
    named = (enums.Priority, enums.Tier, enums.TaskCategory, enums.TaskStatus, enums.AtomType, Proposal.Status)
    said |= {value.replace("_", " ") for each in named for value in each.values}
    said |= {value.replace("_", " ") for value in enums.Recommendation.values if value != "new_task"}
    assert said - WORDS.keys() == set()
    elsewhere = (
        "".join(pages) + source + "".join(path.read_text() for path in (Path(site.BASE_DIR) / "proposals").glob("*.py"))
    )
    joined = re.sub(r'"\s*\n\s*"', "", elsewhere)
    keys = {"category", "title", "name", "description", "content", "assignee"}  # of what would change
    made = {"Snoozed: it comes back today."}  # put together there
    assert {word for word in WORDS if word not in said | keys | made and word not in joined} == set()
    one = waiting(colleague, 0)
    with translation.override("uk"):
        for text in (cards.meaning(one), cards.card_of(one).evidence_summary, cards.card_of(one).recommended):
            assert not LATIN.search(words.said(text)), text
        for status in ("approved", "merged", "superseded", "needs_evidence"):
            banner = banners.banner(Proposal(workspace=one.workspace, kind="task", status=status))
            assert banner is not None
            assert not LATIN.search(words.said(banner.text).replace("the system", "")), banner.text
        assert words.said("a {brace} of somebody's") == "a {brace} of somebody's"
    assert len(SENTENCES) == len({pattern.pattern for pattern, _ in SENTENCES})
