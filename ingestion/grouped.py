"""Posted messages of many callers in one transaction; whatever is not plainly new is left to the API itself."""

import io
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from rest_framework.exceptions import APIException
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer

from ingestion import storage
from ingestion.drafts import MessageDraft
from ingestion.models import Channel, Message, Participant, Source
from ingestion.serializers import MessageSerializer, draft_of, posted
from ingestion.taking import why_left_out
from ingestion.tidy import judge, tidy
from tasktracker.core.grouped import Admit, Post
from tasktracker.core.models import ApiToken

JSON = {"encoding": "utf-8"}


@dataclass(frozen=True, slots=True)
class _Known:
    """A valid message whose source, channel and author are there already, unchanged; and who posts it."""

    caller: ApiToken
    source: Source
    channel: Channel
    author: Participant
    draft: MessageDraft

    @property
    def key(self) -> tuple[int, str]:
        return self.channel.pk, self.draft.external_id


def record_posts(posts: Sequence[Post], admit: Admit) -> list[bytes | None]:
    """The JSON of each message that was stored just now; None for those that `POST /api/messages` has to judge.

    One transaction for all, committed when this returns. Nothing is written for a caller whom `admit` refuses.
    """
    look = _Looks()
    found = [_known(token, body, look) for token, body in posts]
    wishes = [known for known in found if known is not None]
    callers = {known.caller.pk: known.caller for known in wishes}
    times = Counter(known.caller.pk for known in wishes)
    admitted = {pk for pk, caller in callers.items() if admit(caller, times[pk])}
    messages = _store([known for known in wishes if known.caller.pk in admitted])
    renderer = JSONRenderer()
    answers: list[bytes | None] = []
    for known in found:
        # Of two that are the same one is new, and the other is told so by the API.
        message = messages.pop(known.key, None) if known is not None and known.caller.pk in admitted else None
        answers.append(renderer.render(MessageSerializer(message).data) if message is not None else None)
    return answers


class _Looks:
    """What the database knows of callers and places, each looked up once: most that comes together is of one."""

    def __init__(self) -> None:
        self._callers: dict[str, ApiToken | None] = {}
        self._places: dict[tuple[str, str, str, str], tuple[Source | None, storage.Place]] = {}

    def up(
        self, *, token: str, source: str, channel: str, author: str
    ) -> tuple[ApiToken | None, Source | None, storage.Place]:
        key = token, source, channel, author
        if token not in self._callers:
            owner, found, place = storage.find_post(token=token, source=source, channel=channel, author=author)
            self._callers[token], self._places[key] = owner, (found, place)
        caller = self._callers[token]
        if caller is not None and key not in self._places:
            workspace_id = caller.workspace_id
            self._places[key] = storage.find_posted(
                workspace_id=workspace_id, source=source, channel=channel, author=author
            )
        return caller, *self._places.get(key, (None, storage.Place(None, None)))


def _known(token: str, body: bytes, look: _Looks) -> _Known | None:
    try:
        given = posted().run_validation(JSONParser().parse(io.BytesIO(body), parser_context=JSON))
        asked = f"{given['source']} {given['author'].external_id}".encode()
    except (APIException, RecursionError, UnicodeEncodeError):
        return None  # the API says what is wrong with it
    if b"\0" in asked:
        return None  # the database would refuse the question, and with it the posts of all the others
    caller, source, place = look.up(
        token=token, source=given["source"], channel=given.get("channel", ""), author=given["author"].external_id
    )
    if caller is None or source is None or not source.is_active or place.channel is None or place.author is None:
        return None
    draft = tidy(draft_of(given, source), limit=settings.MESSAGE_TEXT_LIMIT)
    if source.filters and why_left_out(source.filters, draft):
        return None
    names = draft.author.name if draft.author else ""
    renamed = (draft.channel.title and draft.channel.title != place.channel.title) or (
        names and names != place.author.name
    )
    if renamed or not place.is_of(draft):
        return None
    return _Known(caller, source, place.channel, place.author, draft)


def _store(wanted: Sequence[_Known]) -> dict[tuple[int, str], Message]:
    """Insert those that are new, with their events; by channel and external id."""
    by_source: dict[int, dict[tuple[int, str], _Known]] = defaultdict(dict)
    for known in wanted:
        by_source[known.source.pk].setdefault(known.key, known)
    made: dict[tuple[int, str], Message] = {}
    with transaction.atomic() if len(by_source) > 1 else nullcontext():  # one statement is a transaction by itself
        for source_id in sorted(by_source):
            # In one order everywhere: two processes that insert the same rows would wait for each other.
            group = [by_source[source_id][key] for key in sorted(by_source[source_id])]
            placed = {k.key: storage.Placed(k.draft, k.channel.pk, k.author.pk, judge(k.draft)) for k in group}
            workspace_id = group[0].source.workspace_id
            new = storage.insert_and_tell(list(placed.values()), workspace_id=workspace_id, source_id=source_id)
            for k in group:
                if k.key in new:
                    made[k.key] = storage.as_stored(
                        placed[k.key], new[k.key], source=k.source, channel=k.channel, author=k.author
                    )
    return made
