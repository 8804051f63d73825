"""Two topics or atoms into one, and one topic into two. Nothing is lost: words, links and tasks go along."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from knowledge import handwork
from knowledge.handwork import Hand, add_links, announce, touch
from knowledge.models import Atom, AtomLink, Edit, Task, Topic
from tasktracker.core.errors import Conflict, Invalid, NotFound
from tasktracker.core.events import TopicCreated, emit
from tasktracker.core.journal import Journal
from tasktracker.core.models import User
from tasktracker.core.transitions import lock

MOST_ATOMS = 2_000


def merge_topic(*, topic_id: int, into_id: int, by: User) -> Topic:
    """Merge a topic into another one: atoms, quotes and keywords move, the loser keeps `merged_into`."""
    winner: Topic
    with transaction.atomic():
        hand, winner = _two(Topic, topic_id, into_id, by=by)
        loser = hand.row
        _copy(hand.journal, Topic.quotes.through, "topic_id", "quote_id", loser.pk, winner.pk)
        _copy(hand.journal, Atom.topics.through, "topic_id", "atom_id", loser.pk, winner.pk)
        for link in Atom.topics.through.objects.filter(topic_id=loser.pk):
            hand.journal.delete(link)
        extra = [word for word in loser.keywords if word not in winner.keywords]
        if extra:
            hand.journal.update(winner, keywords=[*winner.keywords, *extra])
        _lost(hand, winner)
    return winner


def merge_atom(*, atom_id: int, into_id: int, by: User) -> Atom:
    """Merge an atom into another one: quotes, topics, tasks and links move, the loser keeps `merged_into`."""
    winner: Atom
    with transaction.atomic():
        hand, winner = _two(Atom, atom_id, into_id, by=by)
        loser, journal = hand.row, hand.journal
        _copy(journal, Atom.quotes.through, "atom_id", "quote_id", loser.pk, winner.pk)
        _copy(journal, Atom.topics.through, "atom_id", "topic_id", loser.pk, winner.pk)
        _copy(journal, Task.atoms.through, "atom_id", "task_id", loser.pk, winner.pk)
        for link in AtomLink.objects.filter(Q(from_atom=loser) | Q(to_atom=loser)):
            start = winner.pk if link.from_atom_id == loser.pk else link.from_atom_id
            end = winner.pk if link.to_atom_id == loser.pk else link.to_atom_id
            same = AtomLink.objects.filter(from_atom_id=start, to_atom_id=end, type=link.type)
            if start != end and not same.exists():
                journal.create(
                    AtomLink, workspace_id=link.workspace_id, from_atom_id=start, to_atom_id=end, type=link.type
                )
            journal.delete(link)
        _lost(hand, winner)
    return winner


def split_topic(
    *, topic_id: int, by: User, name: str, atoms: Collection[int], description: str = "", keep: bool = False
) -> Topic:
    """Take some of a topic's atoms into a new one, with the words that both rest on; with `keep` they stay here too.

    `atoms` are primary keys. The new topic has the same project. Raises `Invalid` for an atom that is not in the
    topic, `Conflict` (`exists`) for a name that is taken.
    """
    name = name.strip()
    if not name or len(name) > 200:
        raise Invalid("The new topic needs a name of 200 characters at most.")
    with transaction.atomic():
        hand = handwork.take(Topic, topic_id, by=by)
        topic: Topic = hand.row
        if topic.status == Topic.Status.MERGED:
            raise Conflict("This topic was merged into another one.", code="wrong_state", status=topic.status)
        chosen = _chosen(topic, atoms)
        if Topic.objects.filter(workspace_id=topic.workspace_id, name__iexact=name, status="active").exists():
            raise Conflict("There is a topic with this name already: merge into that instead.", code="exists")
        made = hand.journal.create(
            Topic, workspace_id=topic.workspace_id, project_id=topic.project_id, name=name, description=description
        )
        through = Atom.topics.through
        add_links(hand.journal, through, [{"topic_id": made.pk, "atom_id": pk} for pk in chosen])
        shared = topic.quotes.filter(atoms__in=list(chosen)).distinct().values_list("pk", flat=True)
        add_links(hand.journal, Topic.quotes.through, [{"topic_id": made.pk, "quote_id": pk} for pk in shared])
        if not keep:
            for link in through.objects.filter(topic_id=topic.pk, atom_id__in=list(chosen)):
                hand.journal.delete(link)
        touch(topic)
        hand.tell("split off", "", f"{name}: {'; '.join(chosen.values())}")
        hand.keep(Edit.Verb.SPLIT, other=made.pk)
        emit(TopicCreated(workspace_id=topic.workspace_id, object_id=made.pk), by=by)
        return made


def _chosen(topic: Topic, wanted: Collection[int]) -> Mapping[int, str]:
    """Those atoms of the topic, by primary key, with their titles."""
    keys = set(wanted)
    if not keys:
        raise Invalid("Choose the atoms that go into the new topic.")
    if len(keys) > MOST_ATOMS:
        raise Invalid(f"{MOST_ATOMS} atoms at once are the most.")
    found = dict(Atom.objects.filter(topics=topic, pk__in=keys).order_by("pk").values_list("pk", "title"))
    if len(found) != len(keys):
        raise Invalid("One of these atoms is not in this topic (any more).")
    return found


def _two(model: Any, loser_id: int, winner_id: int, *, by: User) -> tuple[Hand, Any]:
    """The loser in hand, and the winner, locked; raises for two that can't be merged."""
    if loser_id == winner_id:
        raise Invalid("It can't be merged into itself.")
    hand, winner = handwork.take(model, loser_id, by=by), lock(model, winner_id)
    if hand.row.workspace_id != winner.workspace_id:
        raise NotFound(f"There is no {model._meta.verbose_name} {winner_id}.")
    if winner.status != "active":
        raise Conflict(f"The other one is {winner.status}.", code="wrong_state", status=winner.status)
    if hand.row.status == "merged":
        raise Conflict("This was merged already.", code="wrong_state", status="merged")
    return hand, winner


def _copy(journal: Journal, through: Any, mine: str, theirs: str, loser: int, winner: int) -> None:
    """Let the winner have the loser's rows of a many-to-many table too."""
    has = through.objects.filter(**{mine: winner}).values_list(theirs, flat=True)
    new = through.objects.filter(**{mine: loser}).exclude(**{f"{theirs}__in": has}).values_list(theirs, flat=True)
    add_links(journal, through, [{mine: winner, theirs: pk} for pk in list(new)])


def _lost(hand: Hand, winner: Any) -> None:
    """The loser says where it went, and so does what was merged into it before."""
    hand.move("merged", into=winner)
    for earlier in type(winner)._default_manager.filter(merged_into_id=hand.row.pk):
        hand.journal.update(earlier, merged_into=winner)
    touch(winner)
    hand.fields = [{"name": "merged into", "old": "", "new": str(winner)}]
    hand.keep(Edit.Verb.MERGE, other=winner.pk)
    announce(winner, by=hand.by)
