"""Codes that link a Telegram account to a login, or a chat to a workspace: made on a page, said to the bot."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from redis.exceptions import RedisError

from ingestion import bot_homes, services, transitions, walls
from ingestion.bot_asked import Asked
from ingestion.bots import bot_id_of
from ingestion.drafts import PersonDraft
from ingestion.exports.telegram_message import PLATFORM
from ingestion.models import BotContact, Channel, LinkCode, LinkedChat, Participant, Source
from tasktracker.core.enums import Role
from tasktracker.core.errors import Conflict, DomainError, Forbidden, NotFound, TooMany
from tasktracker.core.models import User, Workspace
from tasktracker.core.permissions import Access, access_of
from tasktracker.core.services import digest
from tasktracker.core.throttling import count_in_window

LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # none that is taken for another
GROUPS, GROUP = 3, 4  # ABCD-EFGH-JKMN: 58 bits
VALID = timedelta(hours=24)
GUESSES, WINDOW = 5, 60 * 60  # wrong codes of one person in an hour


def make_code(*, access: Access, purpose: str) -> str:
    """A new code, told this once. A chat is linked by managers; oneself, by everybody."""
    if purpose == LinkCode.For.CHAT:
        access.require(Role.MANAGER)
    code = "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
    LinkCode.objects.create(
        workspace=access.workspace,
        digest=digest(_plain(code)),
        purpose=purpose,
        made_by=access.user,
        expires_at=timezone.now() + VALID,
    )
    return code


class WrongCode(DomainError):
    """No such code, or it was used, or its day is over; one answer for all."""

    code = "wrong_code"


class WrongPlace(DomainError):
    """A code for a person that was said in a group, or one for a chat said in private. It is void now."""

    code = "wrong_place"


def use_code(asked: Asked) -> LinkCode:
    """Link the person, or the chat, that says the code. What was put aside of the chat is worked off after.

    Raises `TooMany`, `WrongCode`, `WrongPlace`, `Forbidden` where who made it may not any more, and `Conflict` where
    the chat is another workspace's.
    """
    _count_guess(asked.person_id)
    code = LinkCode.objects.select_for_update(of=("self",)).select_related("workspace", "made_by")
    found = code.filter(digest=digest(_plain(asked.words)), used_at=None, expires_at__gt=timezone.now()).first()
    if found is None:
        raise WrongCode("There is no such code.")
    # Once, whatever comes of it: everybody in the chat has read it.
    found.used_at = timezone.now()
    found.save(update_fields=["used_at"])
    if (found.purpose == LinkCode.For.PERSON) is not asked.is_private:
        raise WrongPlace("This code is for another place.")
    access = access_of(found.made_by, workspace_id=found.workspace_id) if found.made_by.is_active else None
    if access is None or (found.purpose == LinkCode.For.CHAT and not access.allows(Role.MANAGER)):
        raise Forbidden("Who made this code may not do that any more.")
    with transaction.atomic():
        home = _link_chat(asked, workspace=found.workspace, by=found.made_by)
        if found.purpose == LinkCode.For.PERSON:
            _link_person(asked, home=home, user=found.made_by)
    return found


def unlink_chat(*, access: Access, link_id: int) -> None:
    """From now on the chat is nobody's again; what was said stays."""
    access.require(Role.MANAGER)
    if not LinkedChat.objects.filter(pk=link_id, source__workspace=access.workspace).delete()[0]:
        raise NotFound("There is no such chat.")


@transaction.atomic
def unlink_person(*, access: Access, participant_id: int) -> None:
    """Take a Telegram account from its login: one's own, or as a manager anybody's here."""
    people = Participant.objects.select_for_update().filter(workspace=access.workspace, platform=PLATFORM)
    person = people.filter(pk=participant_id).exclude(user=None).first()
    if person is None or (person.user_id != access.user.pk and not access.allows(Role.MANAGER)):
        raise NotFound("There is no such account.")
    person.user = None
    person.save(update_fields=["user", "updated_at"])
    BotContact.objects.filter(participant=person).delete()


def _link_person(asked: Asked, *, home: Source, user: User) -> None:
    # Participants are few enough to be read again: one of another workspace may have been met before.
    draft = PersonDraft(asked.person_id, asked.chat_title)
    person = services.ensure_participant(workspace_id=home.workspace_id, platform=PLATFORM, draft=draft)
    person.user = user
    person.save(update_fields=["user", "updated_at"])
    wanted = {"bot": asked.bot, "notify": True, "language": asked.language, "stopped": ""}
    BotContact.objects.update_or_create(participant=person, defaults=wanted)


def _link_chat(asked: Asked, *, workspace: Workspace, by: User) -> Source:
    """The source of the workspace that gets what is said in the chat."""
    link = LinkedChat.objects.select_for_update().filter(bot=asked.bot, external_id=asked.chat_id)
    known = link.select_related("source__workspace").first()
    if known is not None and (known.source.workspace_id == workspace.pk):
        return known.source
    # A group is its team's: nobody takes it away from the workspace that has it. A private chat is its person's.
    if not asked.is_private and asked.home is not None and asked.home.workspace_id != workspace.pk:
        raise Conflict("This chat belongs to another workspace already.", code="other_workspace")
    home = source_for(bot=asked.bot, workspace=workspace)
    LinkedChat.objects.update_or_create(
        bot=asked.bot,
        external_id=asked.chat_id,
        defaults={"source": home, "title": asked.chat_title, "linked_by": by, "linked_at": timezone.now()},
    )
    transitions.again(list(bot_homes.waiting_of(bot=asked.bot, chat_id=asked.chat_id)))
    return home


def source_for(*, bot: Source, workspace: Workspace) -> Source:
    """The bot itself in its own workspace; in another one, a source without a token through which it speaks."""
    if bot.workspace_id == workspace.pk:
        return bot
    for source in Source.objects.filter(workspace=workspace, kind=Source.Kind.TELEGRAM).order_by("pk"):
        if source.config.get("through") == str(bot.uid):
            return source
    username = bot.config.get("bot_username") or bot_id_of(str(bot.config.get("bot_id", "")))
    taken = set(Source.objects.filter(workspace=workspace).values_list("name", flat=True))
    names = (f"Telegram @{username}", *(f"Telegram @{username} {number}" for number in range(2, len(taken) + 3)))
    name = next(name for name in names if name not in taken)
    told = {name: bot.config[name] for name in ("bot_id", "bot_username") if name in bot.config}
    return Source.objects.create(
        workspace=workspace, name=name, kind=Source.Kind.TELEGRAM, config={**told, "through": str(bot.uid)}
    )


def linked_chats(access: Access) -> list[tuple[LinkedChat, Channel | None]]:
    """The chats that were linked to the workspace, each with its channel where something was said."""
    readable = walls.sources(Source.objects.filter(workspace=access.workspace))
    links = list(LinkedChat.objects.filter(source__in=readable).select_related("bot", "linked_by"))
    channels = Channel.objects.filter(
        workspace=access.workspace, platform=PLATFORM, external_id__in=[link.external_id for link in links]
    )
    by_id = {channel.external_id: channel for channel in channels}
    return [(link, by_id.get(link.external_id)) for link in links]


def _plain(code: str) -> str:
    """As it is compared: without the dashes, whatever the case."""
    return "".join(letter for letter in code.upper() if letter.isalnum())[:100]


def _count_guess(person_id: str) -> None:
    try:
        if count_in_window(f"{settings.CACHES['default']['KEY_PREFIX']}:link:{person_id}", WINDOW) > GUESSES:
            raise TooMany("Too many codes. Try again in an hour.", retry_after=WINDOW)
    except RedisError:
        return  # a code is too long to be guessed in any number of hours; the count is a second wall
