"""S5: what opens the Mini App, and the attacks on it. Each is refused, and nobody has a session after it."""

import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import pytest
from django.contrib.sessions.models import Session
from pytest_django.fixtures import Settings

from ingestion import bots
from ingestion.models import Participant, Source
from proposals.tests.factories import make_proposal
from tasktracker.core.account_models import LoginSession
from tasktracker.core.models import Membership
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.miniapp import initdata
from tasktracker.tests.fake_bot_api import TOKEN
from tasktracker.tests.telegram_app import init_data, linked, log_in, opened

pytestmark = pytest.mark.django_db
OTHER = "987654321:OTHER-token_with-thirty-five-chars0"


def swapped(raw: str, name: str, value: str) -> str:
    return urlencode([(key, value if key == name else was) for key, was in parse_qsl(raw)])


ATTACKS: dict[str, Callable[[], str]] = {
    "a forged hash": lambda: swapped(init_data(), "hash", "0" * 64),
    "a hash that is not ASCII": lambda: swapped(init_data(), "hash", "й" * 64),
    "a field changed after the signature": lambda: swapped(init_data(), "user", '{"id": 1}'),
    "a field added after the signature": lambda: init_data() + "&start_param=a",
    "another bot's token": lambda: init_data(OTHER),
    "more than an hour old": lambda: init_data(age=initdata.MAX_AGE + 5),
    "ahead of time": lambda: init_data(age=-initdata.AHEAD - 30),
    "no date": lambda: init_data(without="auth_date"),
    "a date of a thousand digits": lambda: init_data(auth_date="9" * 1000),
    "a key twice": lambda: init_data() + "&user=" + '{"id":12}',
    "the hash twice": lambda: init_data() + "&hash=" + "0" * 64,
    "nobody named": lambda: init_data(without="user"),
    "a user that is no object": lambda: init_data(user="[12]"),
    "a user with a name for a number": lambda: init_data(user='{"id": "12"}'),
    "a user that is nested too deep": lambda: init_data(user="[" * 3000),
    "no initData at all": lambda: "hello",
    "too long": lambda: init_data(start_param="a" * initdata.LONGEST),
    "more fields than there are": lambda: init_data() + "&" + "&".join(f"f{number}=1" for number in range(60)),
    "NUL": lambda: init_data(user='{"id": 12, "a": "\x00"}'),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_s5_what_telegram_did_not_sign_a_short_time_ago_opens_nothing(attack: str, colleague: Person) -> None:
    linked(colleague)
    answer = log_in(ATTACKS[attack]())
    assert answer.status_code == 401
    assert "TG-Session" not in answer
    assert "from the bot&#x27;s menu" in answer.content.decode()
    assert not Session.objects.exists()


def test_what_we_sign_in_tests_is_what_telegram_signs() -> None:
    """`test_bot_answers.py` asks aiogram the same."""
    assert initdata.read(init_data(), now=time.time()).is_signed_by([OTHER, TOKEN])


@pytest.mark.long
def test_a_linked_person_comes_in_once_with_the_same_data(colleague: Person) -> None:
    linked(colleague)
    raw = init_data()
    answer = log_in(raw)
    assert (answer.status_code, len(answer["TG-Session"])) == (200, 32)
    assert not answer.cookies
    assert "All decided" in answer.content.decode()
    assert (LoginSession.objects.get().user, LoginSession.objects.get().device) == (colleague.user, "Telegram")
    again = log_in(raw)
    assert again.status_code == 409
    assert "TG-Session" not in again
    assert "used already" in again.content.decode()
    # The same fields in another order are the same data.
    assert log_in(urlencode(sorted(parse_qsl(raw), reverse=True))).status_code == 409


@pytest.mark.long
def test_a_replay_is_refused_though_the_first_session_was_ended(colleague: Person) -> None:
    linked(colleague)
    raw = init_data()
    log_in(raw)
    Session.objects.filter(login__isnull=False).delete()
    assert log_in(raw).status_code == 409


def test_who_is_not_linked_is_told_how_and_keeps_the_data_for_after(colleague: Person) -> None:
    bots.seed_source(token=TOKEN)
    raw = init_data()
    answer = log_in(raw)
    assert answer.status_code == 403
    assert "/link CODE" in answer.content.decode()
    assert "/settings/telegram/" in answer.content.decode()
    linked(colleague)
    assert log_in(raw).status_code == 200


def test_who_is_linked_in_another_workspace_alone_is_a_stranger(colleague: Person, stranger: Person) -> None:
    """The bot serves `acme`; the account is linked to a login of `elsewhere`, which is no member here."""
    bot = bots.seed_source(token=TOKEN)
    bot.workspace = colleague.workspace
    bot.save()
    Participant.objects.create(
        workspace=stranger.workspace, platform="telegram", external_id="12", name="Bob", user=stranger.user
    )
    assert log_in().status_code == 403
    # Nor does a link to somebody who is a member no more help.
    linked(colleague, bot=bot)
    Membership.objects.filter(user=colleague.user).delete()
    assert log_in().status_code == 403


@pytest.mark.long
def test_the_address_names_the_bot(colleague: Person) -> None:
    bot = linked(colleague)
    other = Source(workspace=colleague.workspace, name="Other", kind="telegram")
    other.set_secret(OTHER)
    other.save()
    assert log_in(source=str(other.uid)).status_code == 401
    for wrong in ("x", "\x00", "00000000-0000-0000-0000-000000000000"):
        assert log_in(source=wrong).status_code == 401
    assert log_in(source=str(bot.uid)).status_code == 200
    bot.is_active = False
    bot.save()
    assert log_in(init_data(age=9), source=str(bot.uid)).status_code == 401


def test_a_token_that_another_one_took_the_place_of_signs_nobody_in(colleague: Person) -> None:
    """Though calls that were signed with it are taken for a day: whoever has it could sign for anybody."""
    linked(colleague)
    bot = Source.objects.get(kind="telegram")
    bot.set_secret(OTHER, keep_previous=timedelta(days=1))
    bot.save()
    assert bot.open_secrets() == [OTHER, TOKEN]
    assert (log_in(init_data()).status_code, log_in(init_data(OTHER)).status_code) == (401, 200)


@pytest.mark.long
def test_a_bot_that_serves_two_workspaces_leads_each_to_their_own(colleague: Person, stranger: Person) -> None:
    bot = linked(colleague)
    there = Source.objects.create(
        workspace=stranger.workspace, name="Through", kind="telegram", config={"through": str(bot.uid)}
    )
    linked(stranger, telegram_id=77, bot=bot, home=there)
    hers = make_proposal(stranger.workspace, "task", "Hers")
    ours = make_proposal(colleague.workspace, "task", "Ours")
    app = opened(init_data(user='{"id": 77}'), source=str(bot.uid))
    page = app.get("/tg/review/").content.decode()
    assert ("Hers" in page, "Ours" in page) == (True, False)
    slug = {"X-Workspace": colleague.workspace.slug}
    assert app.post(f"/tg/review/{ours.pk}/approve/", headers=slug).status_code == 404
    assert app.post(f"/tg/review/{hers.pk}/approve/", headers=slug).status_code == 200


def test_a_bot_without_a_token_or_with_one_that_no_key_opens_signs_nothing(colleague: Person) -> None:
    bot = linked(colleague)
    Source.objects.filter(pk=bot.pk).update(sealed_secret="v1:gone:xyz")
    assert log_in().status_code == 401
    Source.objects.filter(pk=bot.pk).update(sealed_secret="")
    assert log_in(init_data("")).status_code == 401


@pytest.mark.long
def test_a_role_that_has_to_have_a_second_step_needs_it_here_too(settings: Settings) -> None:
    boss = make_person("boss", role="manager")
    linked(boss)
    settings.SECOND_STEP_FOR = "manager"
    answer = log_in()
    assert answer.status_code == 403
    assert "two steps" in answer.content.decode()
    settings.SECOND_STEP_FOR = ""
    app = opened()
    settings.SECOND_STEP_FOR = "manager"
    assert app.get("/tg/review/").status_code == 403
