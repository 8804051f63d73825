"""Posted messages of many callers in one transaction; whatever is not plainly new is left to the API itself."""

import io
import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from rest_framework.exceptions import APIException
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer

from ingestion import posting, storage
from ingestion.drafts import MessageDraft
from ingestion.models import Channel, Message, Participant, Source
from ingestion.serializers import MessageSerializer, draft_of, posted
from ingestion.taking import why_left_out
from ingestion.tidy import judge, tidy
from tasktracker.core.authentication import token_owner
from tasktracker.core.errors import DomainError
from tasktracker.core.grouped import Admit, Post
from tasktracker.core.paths import is_number
from tasktracker.core.services import digest

log = logging.getLogger(__name__)

JSON = {"encoding": "utf-8"}
KEPT_SECONDS, KEPT = 60, 1_000

type _Key = tuple[str, str, str, str]  # the token's digest, source, channel and author


@dataclass(frozen=True, slots=True)
class _Known:
    """A valid message whose source, channel and author are there already, unchanged; and who posts it."""

    proof: posting.Found
    source: Source
    channel: Channel
    author: Participant
    draft: MessageDraft
    looked_up: _Key

    @property
    def key(self) -> tuple[int, str]:
        return self.channel.pk, self.draft.external_id


class _Looks:
    """Who posts and where it belongs; what an insert was good with is kept, since the next one asks if it still is."""

    def __init__(self) -> None:
        self._kept: dict[_Key, tuple[float, posting.Found]] = {}
        self._good: set[str] = set()  # digests of the tokens in there
        self._opens: dict[str, bool] = {}  # those of the others, in this go
        self._used: set[_Key] = set()  # of the kept ones, in this go
        self._fresh: dict[_Key, posting.Found | None] = {}  # most of what comes together is of one

    def begin(self) -> None:
        """Nothing but what is kept is known of the posts that come now."""
        self._opens.clear()
        self._used.clear()
        self._fresh.clear()

    def opens(self, token: str) -> bool:
        """Whether a token opened anything: else nobody's body is looked at."""
        key = digest(token)
        if key in self._good:
            return True
        if key not in self._opens:
            self._opens[key] = token_owner(token) is not None
        return self._opens[key]

    def up(self, key: _Key, *, token: str) -> posting.Found | None:
        since, found = self._kept.get(key, (0.0, None))
        if found is not None and found.caller.is_live and time.monotonic() - since < KEPT_SECONDS:
            self._used.add(key)
            return found
        if key not in self._fresh:
            _, source, channel, author = key
            self._fresh[key] = posting.find_post(token=token, source=source, channel=channel, author=author)
        return self._fresh[key]

    def was_good(self, key: _Key) -> None:
        found = self._fresh.get(key)
        if found is None or found.source is None or is_number(key[1]):
            return  # a number may be the name of one source and, later on, the id of another
        if len(self._kept) >= KEPT:
            self._kept.clear()
            self._good.clear()
        self._kept[key] = time.monotonic(), found
        self._good.add(key[0])

    def forget(self, key: _Key) -> bool:
        """Whether it was kept, and not looked up just now; the next time it will be."""
        if key not in self._used:
            return False
        self._kept.pop(key, None)
        return True


class Recorder:
    """Records plain posts of one process; not for several threads at once."""

    def __init__(self) -> None:
        self._looks = _Looks()

    def __call__(self, posts: Sequence[Post], admit: Admit) -> list[bytes | None]:
        """The JSON of each message that was stored just now; None for those that `POST /api/messages` has to judge.

        One transaction for all, committed when this returns. Nothing is written for a caller whom `admit` refuses.
        """
        answers, stale = self._record(posts, admit)
        if stale:
            try:
                again, _ = self._record([posts[place] for place in stale], admit)
            except Exception as error:  # noqa: BLE001 (the others are stored, and Django says what is wrong with these)
                log.warning("%s posts are taken one by one: %s", len(stale), type(error).__name__)
                connection.close()
                return answers
            for place, answer in zip(stale, again, strict=True):
                answers[place] = answer
        return answers

    def _record(self, posts: Sequence[Post], admit: Admit) -> tuple[list[bytes | None], list[int]]:
        """The answers, and the places of those for which more was kept than holds now, perhaps."""
        self._looks.begin()
        found = [_known(token, body, self._looks) for token, body in posts]
        wishes = [place for place, known in enumerate(found) if known is not None]
        admitted = admit([known.proof.caller for known in found if known is not None])
        taken = {place for place, is_in in zip(wishes, admitted, strict=True) if is_in}
        messages = _store([known for place, known in enumerate(found) if known is not None and place in taken])
        renderer = JSONRenderer()
        answers: list[bytes | None] = []
        stale: list[int] = []
        for place, known in enumerate(found):
            # Of two that are the same one is new, and the other is told so by the API.
            message = messages.pop(known.key, None) if known is not None and place in taken else None
            answers.append(renderer.render(MessageSerializer(message).data) if message is not None else None)
            if known is not None and message is not None:
                self._looks.was_good(known.looked_up)
            elif known is not None and self._looks.forget(known.looked_up):
                stale.append(place)
        return answers, stale


def _known(token: str, body: bytes, looks: _Looks) -> _Known | None:
    if not looks.opens(token):
        return None
    try:
        given = posted().run_validation(JSONParser().parse(io.BytesIO(body), parser_context=JSON))
        asked = f"{given['source']} {given['author'].external_id}".encode()
    except (APIException, RecursionError, UnicodeEncodeError):
        return None  # the API says what is wrong with it
    if b"\0" in asked:
        return None  # the database would refuse the question, and with it the posts of all the others
    key = digest(token), given["source"], given.get("channel", ""), given["author"].external_id
    found = looks.up(key, token=token)
    if found is None or found.source is None or not found.source.is_active:
        return None
    source, (channel, author) = found.source, found.place
    if channel is None or author is None or author.erased_at is not None:
        return None
    try:
        draft = tidy(draft_of(given, source), limit=settings.MESSAGE_TEXT_LIMIT)
    except DomainError:
        return None
    if source.filters and why_left_out(source.filters, draft):
        return None
    name = draft.author.name if draft.author else ""
    renamed = (draft.channel.title and draft.channel.title != channel.title) or (name and name != author.name)
    if renamed or not found.place.is_of(draft):
        looks.forget(key)
        return None
    return _Known(found, source, channel, author, draft, key)


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
            new = posting.insert_and_tell(
                list(placed.values()), [k.proof for k in group], workspace_id=workspace_id, source_id=source_id
            )
            for k in group:
                if k.key in new:
                    made[k.key] = storage.as_stored(
                        placed[k.key], new[k.key], source=k.source, channel=k.channel, author=k.author
                    )
    return made
