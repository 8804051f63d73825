"""A workspace with a chat in it, made by keyword."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from analysis import providers
from analysis.models import AnalysisRun, Provider, Window
from ingestion.models import Channel, Message, Participant, Source
from tasktracker.core.enums import Verdict
from tasktracker.core.models import Membership, StatusChange, User, Workspace

_number = itertools.count(1)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)

TALK = (
    ("Olena", "The CSV export crashes with a timeout for customers with more than 10k rows."),
    ("Marek", "I can reproduce it, the query behind the export has no index on created_at."),
    ("Olena", "Adding the index fixed it, the export now takes two seconds."),
    ("Sam", "We decided to release 2.4 on Friday, after the migration is done."),
    ("Ines", "Can we support dark mode in the mobile app? Several customers ask for it."),
)


def make_workspace(slug: str = "") -> Workspace:
    slug = slug or f"team-{next(_number)}"
    return Workspace.objects.create(slug=slug, name=slug.title())


def make_user(workspace: Workspace, role: str = "manager", name: str = "") -> User:
    user = User.objects.create(username=name or f"user{next(_number)}")
    Membership.objects.create(workspace=workspace, user=user, role=role)
    return user


def make_source(workspace: Workspace, name: str = "chat", **more: Any) -> Source:
    return Source.objects.get_or_create(workspace=workspace, name=name, defaults={"kind": "api", **more})[0]


def make_message(workspace: Workspace, text: str = TALK[0][1], author: str = "Olena", **more: Any) -> Message:
    return make_messages(workspace, [(author, text)], **more)[0]


def make_messages(workspace: Workspace, said: Sequence[tuple[str, str]], **more: Any) -> list[Message]:
    """A message of each (author, text), a minute apart; `sent_at` may be a list of their times."""
    source = more.pop("source", None) or make_source(workspace)
    name, is_bot = more.pop("channel", "general"), more.pop("is_bot", False)
    channel = Channel.objects.get_or_create(
        workspace=workspace, platform="api", external_id=name, defaults={"title": name}
    )[0]
    people = {
        author: Participant.objects.get_or_create(
            workspace=workspace,
            platform="api",
            external_id=author.lower(),
            defaults={"name": author, "is_bot": is_bot},
        )[0]
        for author in dict.fromkeys(author for author, _ in said)
    }
    numbers = [next(_number) for _ in said]
    times = more.pop("sent_at", [START + timedelta(minutes=number) for number in numbers])
    return Message.objects.bulk_create(
        Message(
            workspace=workspace,
            source=source,
            channel=channel,
            author=people[author],
            external_id=f"said{number}",
            text=text,
            sent_at=sent_at,
            **{"verdict": Verdict.SIGNAL, **more},
        )
        for (author, text), number, sent_at in zip(
            said, numbers, times if isinstance(times, list) else [times] * len(said), strict=True
        )
    )


def make_chat(workspace: Workspace, conversations: int = 1, *, every: timedelta = timedelta(hours=2)) -> list[Message]:
    """`conversations` times TALK, each with a number of its own in the text, far enough apart to be a window each."""
    cases = [(number, place) for number in range(conversations) for place in range(len(TALK))]
    return make_messages(
        workspace,
        [(TALK[place][0], f"{TALK[place][1]} (case {number})") for number, place in cases],
        sent_at=[START + number * every + timedelta(seconds=20 * place) for number, place in cases],
    )


def make_provider(workspace: Workspace, name: str = "model", **more: Any) -> Provider:
    values = {"kind": "openai", "default_model": "small", "local": True, **more}
    return providers.save_provider(provider=Provider(workspace=workspace, name=name), values=values)


def make_run(workspace: Workspace, *, windows: int = 0, tokens: Sequence[int] = (), **more: Any) -> AnalysisRun:
    """A run with bare windows, for the moves of its rows."""
    provider = more.pop("provider", None) or providers.ensure_offline_provider(workspace=workspace)
    run = AnalysisRun.objects.create(
        workspace=workspace, provider=provider, stage=more.pop("stage", "knowledge"), **more
    )
    sizes = list(tokens) or [10] * windows
    Window.objects.bulk_create(Window(run=run, ordinal=place, tokens=size) for place, size in enumerate(sizes))
    return run


def make_history_older(by: timedelta) -> None:
    """As if all history of states were so much older. A trigger keeps it as it was written, so it is switched off."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        StatusChange.objects.update(at=F("at") - by)
        cursor.execute("SET LOCAL session_replication_role = origin")
