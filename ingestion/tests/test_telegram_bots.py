"""Bots as sources: seeded from the environment, their tokens sealed, each polled once."""

import pytest

from ingestion import bot_intro, bots, services
from ingestion.models import Source
from tasktracker.core.models import Workspace
from tasktracker.core.services import ensure_workspace
from tasktracker.core.tests.factories import Person

TOKEN = "123456789:TEST-token_with-thirty-five-chars00"
SAME_BOT = "123456789:OTHER-token_with-thirty-five-char00"
OTHER_BOT = "987654321:TEST-token_with-thirty-five-chars00"

pytestmark = pytest.mark.django_db


def test_the_first_token_makes_a_source_in_the_workspace_default() -> None:
    source = bots.seed_source(token=TOKEN)
    assert (source.workspace.slug, source.kind, source.config["bot_id"]) == ("default", "telegram", "123456789")
    assert source.open_secret() == TOKEN
    assert TOKEN.partition(":")[2] not in f"{source.sealed_secret}{source.config}"


def test_the_only_workspace_is_taken_whatever_its_name(owner: Person) -> None:
    assert bots.seed_source(token=TOKEN).workspace == owner.workspace
    assert not Workspace.objects.filter(slug="default").exists()


def test_among_several_workspaces_it_is_default(owner: Person, stranger: Person) -> None:
    assert bots.seed_source(token=TOKEN).workspace.slug == "default"


def test_seeding_again_changes_nothing() -> None:
    assert bots.seed_source(token=TOKEN).pk == bots.seed_source(token=TOKEN).pk
    assert Source.objects.count() == 1


def test_a_token_that_was_rotated_since_is_not_overwritten() -> None:
    source = bots.seed_source(token=TOKEN)
    source.set_secret(SAME_BOT)
    source.save()
    assert bots.seed_source(token=TOKEN).open_secret() == SAME_BOT


def test_a_new_token_of_the_same_bot_goes_into_its_source() -> None:
    source = bots.seed_source(token=TOKEN)
    assert bots.seed_source(token=SAME_BOT).pk == source.pk
    assert Source.objects.get().open_secret() == SAME_BOT


def test_another_bot_is_another_source() -> None:
    bots.seed_source(token=TOKEN)
    assert bots.seed_source(token=OTHER_BOT).name == "Telegram 2"
    assert [account.bot_id for account in bots.polled_accounts()] == ["123456789", "987654321"]


def test_a_source_of_another_kind_with_that_name_is_left_alone(owner: Person) -> None:
    services.ensure_source(workspace=owner.workspace, name="Telegram", kind="import")
    assert bots.seed_source(token=TOKEN).name == "Telegram 2"


def test_only_active_sources_with_a_token_are_polled_each_bot_once(owner: Person) -> None:
    first = bots.seed_source(token=TOKEN)
    for name, token, active in (
        ("twin", TOKEN, True),
        ("off", OTHER_BOT, False),
        ("empty", "", True),
        ("bad", "77", True),
    ):
        source = services.ensure_source(workspace=owner.workspace, name=name, kind="telegram")
        source.set_secret(token)
        source.is_active = active
        source.save()
    assert bots.polled_accounts() == [bots.Account(first.pk, TOKEN)]


def test_a_secret_that_no_key_opens_stops_no_other_bot(caplog: pytest.LogCaptureFixture) -> None:
    lost, kept = bots.seed_source(token=TOKEN), bots.seed_source(token=OTHER_BOT)
    Source.objects.filter(pk=lost.pk).update(sealed_secret=kept.sealed_secret)
    assert [account.source_id for account in bots.polled_accounts()] == [kept.pk]
    assert "Enter it again" in caplog.text


def test_the_token_is_in_no_repr() -> None:
    assert "TEST-token" not in repr(bots.Account(1, TOKEN))


def test_the_bot_s_name_is_remembered() -> None:
    source = bots.seed_source(token=TOKEN)
    bot_intro.remember_bot(source_id=source.pk, bot_id="123456789", username="tracker_bot")
    config = Source.objects.get().config
    assert (config["bot_username"], config["bot_id"]) == ("tracker_bot", "123456789")
    assert "seed" in config


def test_the_default_workspace_is_made_once() -> None:
    ensure_workspace(slug="default")
    bots.seed_source(token=TOKEN)
    assert Workspace.objects.count() == 1
