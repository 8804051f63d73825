"""People as a team knows them: accounts of several platforms joined by hand as one person, and taken apart exactly."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from ingestion import people_log
from ingestion.models import Participant, PersonJoin
from tasktracker.core.errors import Conflict, Invalid, NotFound
from tasktracker.core.models import User, Workspace

MOST_JOINED = 100
COUNTED = 10_000  # messages of an account beyond this are "10000+"
CODE_ONLY = "telegram"  # whoever is linked here may decide in a chat, so only the owner links it, by a code

COUNT = """
SELECT one.id, (SELECT count(*) FROM (SELECT FROM ingestion_message m WHERE m.author_id = one.id LIMIT %s) AS said)
FROM unnest(%s::bigint[]) AS one (id)
"""


@dataclass(slots=True)
class Person:
    """A person with all their accounts, the first one first; `messages` is how many, up to COUNTED for an account."""

    first: Participant
    accounts: list[Participant] = field(default_factory=list)
    messages: int = 0

    @property
    def user(self) -> User | None:
        """The login of the person, where one of the accounts is linked to one."""
        return next((account.user for account in self.accounts if account.user is not None), None)


def accounts(wanted: Iterable[int]) -> QuerySet[Participant]:
    """Every account of the people to whom these accounts belong."""
    roots = set()
    for pk, same_as in Participant.objects.filter(pk__in=list(wanted)).values_list("pk", "same_as"):
        roots.add(same_as or pk)
    return Participant.objects.filter(Q(pk__in=roots) | Q(same_as__in=roots))


def named(name: str) -> QuerySet[Participant]:
    """Every account of the people of whom one account has this name, whatever its case."""
    ours = Participant.objects.filter(name__iexact=name)
    return Participant.objects.filter(
        Q(pk__in=ours.values("pk"))
        | Q(same_as__in=ours.values("pk"))
        | Q(pk__in=ours.values("same_as"))
        | Q(same_as__in=ours.values("same_as"))
    )


def listed(workspace: Workspace, *, text: str = "") -> QuerySet[Participant]:
    """The first account of each person by name, with `others` fetched; of those whose name or id has `text`."""
    rows = Participant.objects.filter(workspace=workspace, same_as=None)
    if text:
        mine = Q(name__icontains=text) | Q(external_id__iexact=text)
        joined = Participant.objects.filter(mine, workspace=workspace).exclude(same_as=None)
        rows = rows.filter(mine | Q(pk__in=joined.values("same_as")))
    others = Prefetch("others", Participant.objects.select_related("user").order_by("pk"))
    return rows.select_related("user").prefetch_related(others).order_by("name", "pk")


def as_people(rows: Iterable[Participant]) -> list[Person]:
    """Rows of `listed` with their accounts and figures; one query."""
    found = [Person(row, [row, *row.others.all()]) for row in rows]
    said = counts([account.pk for person in found for account in person.accounts])
    for person in found:
        person.messages = sum(said[account.pk] for account in person.accounts)
    return found


def counts(ids: list[int]) -> dict[int, int]:
    """How many messages each account wrote, up to COUNTED."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [COUNTED, ids])
        return dict(cursor.fetchall())


@transaction.atomic
def join_people(*, workspace: Workspace, participant_ids: Iterable[int], by: User | None = None) -> PersonJoin:
    """Say that accounts are one person: filters by one of them find the messages of all. The most talkative is first.

    Raises `Invalid` for fewer than two people, `NotFound` for one that is not of this workspace, `Conflict` where
    one was erased, or where two are linked to different logins.
    """
    wanted = sorted(set(participant_ids))
    if len(wanted) > MOST_JOINED:
        raise Invalid(f"At most {MOST_JOINED} accounts are joined at once.")
    rows = _locked(workspace, wanted)
    if not set(wanted) <= {row.pk for row in rows}:
        raise NotFound("There is no such person.")
    if len({row.same_as_id or row.pk for row in rows}) < 2:
        raise Invalid("Choose at least two people to join.")
    if any(row.erased_at for row in rows):
        raise Conflict("One of them was erased.", code="erased")
    if len({row.user_id for row in rows if row.user_id}) > 1:
        raise Conflict("They are linked to different logins: two people, it seems.", code="different_logins")
    said = counts([row.pk for row in rows])
    first = max(rows, key=lambda row: (said[row.pk], -row.pk))
    before = {}
    for row in rows:
        new = None if row.pk == first.pk else first.pk
        if row.same_as_id != new:
            before[str(row.pk)] = row.same_as_id
            Participant.objects.filter(pk=row.pk).update(same_as=new)
    join = PersonJoin.objects.create(workspace=workspace, first=first, before=before, by=by)
    changes = {"accounts": [None, sorted(row.pk for row in rows)]}
    people_log.note(workspace_id=workspace.pk, participant_id=first.pk, verb="joined", by=by, changes=changes)
    return join


@transaction.atomic
def take_apart(*, join_id: int, workspace: Workspace, by: User | None = None) -> PersonJoin:
    """Take a join back: each account belongs to whom it belonged to before. The second time does nothing.

    Raises `Conflict` where somebody joined more on top of it: that is taken back first.
    """
    join = PersonJoin.objects.select_for_update().filter(pk=join_id, workspace=workspace).first()
    if join is None:
        raise NotFound("There is no such join.")
    if join.undone_at is not None:
        return join
    rows = {row.pk: row for row in _locked(workspace, [join.first_id, *map(int, join.before)])}
    later = PersonJoin.objects.filter(workspace=workspace, undone_at=None, pk__gt=join.pk, first__in=list(rows))
    stands = all(
        rows[pk].same_as_id == (None if pk == join.first_id else join.first_id)
        for pk in map(int, join.before)
        if pk in rows
    )
    if later.exists() or not stands:
        raise Conflict("More was joined on top of this since: take that back first.", code="joined_since")
    for pk, before in join.before.items():
        Participant.objects.filter(pk=int(pk)).update(same_as=before)
    join.undone_at = timezone.now()
    join.save(update_fields=["undone_at"])
    changes = {"accounts": [sorted(map(int, {*join.before, str(join.first_id)})), None]}
    people_log.note(workspace_id=workspace.pk, participant_id=join.first_id, verb="parted", by=by, changes=changes)
    return join


@transaction.atomic
def link_login(*, participant_id: int, workspace: Workspace, user: User | None, by: User | None = None) -> int:
    """Say which login a person has, or (None) that they have none; how many of their accounts that changed.

    A Telegram account is linked only by its owner, with a code, since it may decide in a chat; it can be unlinked
    here. Raises `Invalid` for a login that is no member here.
    """
    if user is not None and not user.memberships.filter(workspace=workspace).exists():
        raise Invalid("This login is no member of this workspace.", field="user")
    rows = _locked(workspace, [participant_id])
    if not rows:
        raise NotFound("There is no such person.")
    if any(row.erased_at for row in rows):
        raise Conflict("This person was erased.", code="erased")
    changed = [row for row in rows if row.user != user and (user is None or row.platform != CODE_ONLY)]
    for row in changed:
        told = {"user_id": [row.user_id, user.pk if user else None]}
        people_log.note(workspace_id=workspace.pk, participant_id=row.pk, verb="linked", by=by, changes=told)
    Participant.objects.filter(pk__in=[row.pk for row in changed]).update(user=user)
    return len(changed)


def _locked(workspace: Workspace, ids: Iterable[int]) -> list[Participant]:
    """All accounts of these people, locked in the order of their ids, as everybody who locks several does.

    One join at a time in a workspace: who belongs together is read before those can be locked.
    """
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    of_ours = list(accounts(ids).filter(workspace=workspace).values_list("pk", flat=True))
    return list(Participant.objects.select_for_update(of=("self",)).filter(pk__in=of_ours).order_by("pk"))
