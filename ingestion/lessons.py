"""Reviewers teach the noise filter: a rule that they contradict often enough is turned off in their workspace.

What it would call noise is weak from then on, so that models and people look at it. The other way round see taught.py.
Nothing else is learnt: the list in the settings says what, after how many flips, and takes it back exactly.
"""

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F, Max
from django.utils import timezone

from ingestion import taught
from ingestion.models import Message, NoiseLesson
from tasktracker.core.enums import Verdict
from tasktracker.core.errors import NotFound
from tasktracker.core.models import User, Workspace

ENOUGH = taught.ENOUGH  # flips against a rule, less those for it
OF_ONE_AUTHOR = "bot"  # a rule about who speaks: one bot is worth reading, another is not
WORTH_TELLING = 2  # flips of a phrase or an author: one is said of most messages that are flipped
# Never wrong by what is in the message: our own posts are in no window, and an erased person's have no words.
FIXED = ("", "own_post", "service", "sticker", "no_text")

SOFTEN = """
UPDATE ingestion_message SET verdict = 'weak', verdict_score = 0.5, verdict_reason = %(learned)s
WHERE workspace_id = %(workspace)s AND id > %(after)s AND verdict_by = 'rule' AND verdict = 'noise'
  AND verdict_reason = %(rule)s AND (%(author)s::bigint IS NULL OR author_id = %(author)s)
"""


def rule_of(message: Message) -> str:
    """The rule that calls the message noise, whatever has become of its verdict; "" where none does."""
    verdict = taught.judged(message)
    return verdict.reason if verdict.verdict == Verdict.NOISE else ""


@transaction.atomic
def note_flip(*, message: Message, verdict: str) -> None:
    """What a person's verdict says of the rule that calls this noise: called before the verdict is written.

    Against it is who takes a message out of the noise, for it who puts one back: twice the same counts once.
    """
    against = verdict != Verdict.NOISE
    if (message.verdict == Verdict.NOISE) != against:
        return  # nothing changes
    rule = rule_of(message)
    if not rule:
        taught.note(message=message, to_noise=not against)
    if rule in FIXED:
        return
    author = message.author_id if rule == OF_ONE_AUTHOR else None
    lesson, _ = NoiseLesson.objects.get_or_create(workspace_id=message.workspace_id, rule=rule, author_id=author)
    lesson = NoiseLesson.objects.select_for_update(of=("self",)).get(pk=lesson.pk)
    lesson.flips += 1 if against else -1
    lesson.save(update_fields=["flips"])
    if lesson.off_at is None and lesson.flips >= ENOUGH:
        lesson.off_at = timezone.now()
        lesson.save(update_fields=["off_at"])
        apply(lesson_id=lesson.pk)


@transaction.atomic
def apply(*, lesson_id: int) -> int:
    """Soften what the rule has called noise since the last time, or call noise what was taught; how many messages."""
    lesson = NoiseLesson.objects.select_for_update(of=("self",)).get(pk=lesson_id)
    if lesson.off_at is None:
        return 0
    if lesson.rule in taught.RULES:
        return taught.apply(lesson)
    newest = Message.objects.filter(pk__gt=lesson.done_to).aggregate(newest=Max("pk"))["newest"]
    if newest is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            SOFTEN,
            {
                "workspace": lesson.workspace_id,
                "after": lesson.done_to - taught.BEHIND,
                "rule": lesson.rule,
                "author": lesson.author_id,
                "learned": taught.MARK + lesson.rule,
            },
        )
        softened = int(cursor.rowcount)
    NoiseLesson.objects.filter(pk=lesson.pk).update(done_to=newest)
    return softened


def sweep() -> int:
    """Periodic: what came in since, whatever its way in; how many messages."""
    ids = NoiseLesson.objects.filter(off_at__isnull=False).order_by("pk").values_list("pk", flat=True)
    return sum(apply(lesson_id=pk) for pk in list(ids))


@transaction.atomic
def take_back(*, lesson_id: int, workspace: Workspace, by: User) -> NoiseLesson:
    """The rule speaks again, of what it was silent about too; its flips are counted anew. Twice does nothing more.

    What was taught to be noise has the rules' verdict again.
    """
    lesson = NoiseLesson.objects.select_for_update(of=("self",)).filter(pk=lesson_id, workspace=workspace).first()
    if lesson is None:
        raise NotFound("There is no such lesson.")
    if lesson.off_at is not None and lesson.rule in taught.RULES:
        taught.restore(lesson)
    elif lesson.off_at is not None:
        rows = Message.objects.filter(
            workspace=workspace, verdict_by=Message.VerdictBy.RULE, verdict_reason=taught.MARK + lesson.rule
        )
        if lesson.author_id is not None:
            rows = rows.filter(author=lesson.author_id)
        rows.update(verdict=Verdict.NOISE, verdict_score=0.0, verdict_reason=lesson.rule)
    if lesson.off_at is not None:
        NoiseLesson.objects.filter(pk=lesson.pk).update(off_at=None, flips=0, done_to=0, taken_back_by=by)
        lesson.refresh_from_db()
    return lesson


@dataclass(frozen=True, slots=True)
class Line:
    """A lesson as it is listed; `is_taught` where it makes noise, `words` are its phrase while that is here."""

    lesson: NoiseLesson
    is_taught: bool
    words: str


def listed(workspace: Workspace) -> list[Line]:
    """What was learnt, and what is on its way to be: what is in force first."""
    rows = NoiseLesson.objects.filter(workspace=workspace).exclude(flips=0, off_at=None)
    rows = rows.exclude(rule__in=taught.RULES, off_at=None, flips__lt=WORTH_TELLING)
    rows = rows.select_related("author", "sample").order_by(F("off_at").desc(nulls_last=True), "-flips")
    return [Line(lesson, lesson.rule in taught.RULES, taught.words_of(lesson)) for lesson in rows[:100]]
