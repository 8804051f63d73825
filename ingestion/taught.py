"""Reviewers teach the noise filter what it lets through: what they keep calling noise is noise from then on.

A lesson is about one phrase, whole and exact, or about one author who is called like a program. It begins with ENOUGH
flips and ends with the first that contradicts it; either way the rules' own verdicts come back exactly. What the rules
are sure of is never hidden: a signal that asks, settles or names a day.
"""

import hashlib
import re
import unicodedata
from typing import Any

from django.conf import settings
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Max, QuerySet
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.module_loading import import_string

from ingestion import noise
from ingestion.models import Message, NoiseLesson, Participant
from ingestion.tidy import judge
from tasktracker.core.enums import Verdict

ENOUGH = 5  # flips one way, less those the other way
MARK = "learned:"
BEHIND = 1_000  # ids: a message whose transaction ends late has a lower id than one that was seen already
PHRASE, AUTHOR = "phrase", "author"
RULES = (PHRASE, AUTHOR)
LONGEST = 200  # characters of a phrase
AT_ONCE = 2_000  # messages that are looked at
_PROGRAM = re.compile(
    r"\[bot\]|(?<![^\W_])(?:(?i:bot|ci|cd|no-?reply|do-?not-?reply|mailer-daemon|notifications?|alerts?|alertmanager"
    r"|monitoring|webhook|cron|jenkins|dependabot|renovate|grafana|sentry|zabbix|nagios))(?![^\W_])|[a-z]Bot\b"
)


def judged(message: Message) -> noise.NoiseVerdict:
    """What the rules say of the message, whatever has become of its verdict."""
    return judge(message, is_own=message.is_own)


def is_program(author: Participant) -> bool:
    """Whether an author is called like a bot, a build server or a mailer, though no platform says so."""
    return any(_PROGRAM.search(name) for name in (author.name, author.external_id))


def is_sure_signal(message: Message) -> bool:
    """Whether the rules call it a signal, and it asks something, settles something or names a day."""
    if judged(message).verdict != Verdict.SIGNAL:
        return False
    return message.kind == Message.Kind.POLL or bool(import_string(settings.SURE_SIGNS)(message.text))


def phrase_of(text: str) -> str:
    """A digest of a text without regard to case, width and white space; "" for none, or one that is no mere phrase.

    No lesson keeps words: they go when their message does.
    """
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256(folded.encode()).hexdigest() if folded and len(text) <= LONGEST else ""


def words_of(lesson: NoiseLesson) -> str:
    """The phrase that a lesson is about, as its message has it; "" where that has gone, or says something else now."""
    text = lesson.sample.text if lesson.sample is not None else ""
    return text if lesson.phrase and phrase_of(text) == lesson.phrase else ""


def note(*, message: Message, to_noise: bool) -> None:
    """Count a person's flip of a message that no rule calls noise; inside the transaction that writes it."""
    if to_noise and is_sure_signal(message):
        return
    for about in _lessons_of(message):
        if to_noise:
            NoiseLesson.objects.get_or_create(**about, defaults={"sample": message})
        lesson = NoiseLesson.objects.select_for_update(of=("self",)).filter(**about).first()
        if lesson is None:
            continue
        lesson.flips = max(0, lesson.flips + (1 if to_noise else -1))
        begins, ends = lesson.flips >= ENOUGH and not lesson.off_at, lesson.flips < ENOUGH and lesson.off_at
        if begins:
            lesson.off_at = timezone.now()
        elif ends:
            lesson.off_at, lesson.done_to = None, 0
        lesson.save(update_fields=["flips", "off_at", "done_to"])
        if begins:
            apply(lesson)
        elif ends:
            restore(lesson)


def apply(lesson: NoiseLesson) -> int:
    """Call noise what the lesson is about among messages that came since the last time; how many."""
    newest = Message.objects.filter(pk__gt=lesson.done_to).aggregate(newest=Max("pk"))["newest"]
    if newest is None:
        return 0
    rows = _candidates(lesson).filter(pk__gt=lesson.done_to - BEHIND).order_by("pk")
    # What somebody else has in hand gets another verdict, or other words: to wait for it may be a deadlock.
    seen = list(rows.select_related("author").select_for_update(of=("self",), skip_locked=True)[:AT_ONCE])
    found = [message.pk for message in seen if _is_about(lesson, message) and not is_sure_signal(message)]
    Message.objects.filter(pk__in=found).update(
        verdict=Verdict.NOISE, verdict_score=0.0, verdict_reason=MARK + lesson.rule
    )
    done_to = seen[-1].pk if len(seen) == AT_ONCE else newest
    NoiseLesson.objects.filter(pk=lesson.pk).update(done_to=done_to)
    return len(found)


def restore(lesson: NoiseLesson) -> None:
    """Give what the lesson had called noise the rules' own verdict again."""
    learned = _by_rules(lesson).filter(verdict=Verdict.NOISE, verdict_reason=MARK + lesson.rule)
    changed = []
    rows = learned.select_related("author").select_for_update(of=("self",), skip_locked=True)
    for message in rows.order_by("pk"):
        if _is_about(lesson, message):
            message.verdict, message.verdict_score, message.verdict_reason = judged(message)
            changed.append(message)
    Message.objects.bulk_update(changed, ["verdict", "verdict_score", "verdict_reason"], batch_size=500)


def _lessons_of(message: Message) -> list[dict[str, Any]]:
    """What a flip of the message may teach something about."""
    found: list[dict[str, Any]] = []
    if phrase := phrase_of(message.text):
        found.append({"workspace_id": message.workspace_id, "rule": PHRASE, "author": None, "phrase": phrase})
    if message.author is not None and is_program(message.author):
        found.append({"workspace_id": message.workspace_id, "rule": AUTHOR, "author": message.author, "phrase": ""})
    return found


def _is_about(lesson: NoiseLesson, message: Message) -> bool:
    return lesson.rule == AUTHOR or phrase_of(message.text) == lesson.phrase


def _by_rules(lesson: NoiseLesson) -> QuerySet[Message]:
    rows = Message.objects.filter(workspace=lesson.workspace_id, verdict_by=Message.VerdictBy.RULE)
    return rows.filter(author=lesson.author_id) if lesson.rule == AUTHOR else rows


def _candidates(lesson: NoiseLesson) -> QuerySet[Message]:
    """What may be it: of its author, or with all its words (by their index, while the words are known)."""
    rows = _by_rules(lesson).exclude(verdict=Verdict.NOISE).exclude(verdict_reason__startswith=MARK)
    rows = rows.filter(is_own=False, deleted_at=None)
    if lesson.rule == AUTHOR:
        return rows
    rows = rows.annotate(length=Length("text")).filter(length__lte=LONGEST)
    if words := words_of(lesson):
        document = SearchVector("text", config="simple")  # the expression of the index
        rows = rows.annotate(document=document).filter(document=SearchQuery(words, config="simple"))
    return rows
