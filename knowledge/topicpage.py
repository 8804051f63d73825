"""What a topic's page reads: what is decided, what is open and since when, what happened, how it hangs together."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Length

from ingestion.models import Quote
from knowledge import graph, selectors, staleness
from knowledge.models import Atom, AtomLink, Topic
from tasktracker.core.enums import AtomType

MOST = 30  # of what is decided or open
PAGE_SIZE = 40
MOST_LINKS = 200
MOST_LOOKED_AT = 100  # quotes that were edited since


@dataclass(frozen=True, slots=True)
class Shown:
    """Atoms of one sort, `total` of them, the first ones in `atoms`."""

    atoms: list[Atom]
    total: int


def atoms_of(topic: Topic) -> QuerySet[Atom]:
    """Its active atoms."""
    return Atom.objects.filter(topics=topic, status=Atom.Status.ACTIVE)


def with_words(atoms: QuerySet[Atom]) -> QuerySet[Atom]:
    """With the quotes of each and who said them."""
    return atoms.prefetch_related("quotes__message__author")


def decided(topic: Topic) -> Shown:
    """Decisions that hold, newest first."""
    return _some(atoms_of(topic).filter(type=AtomType.DECISION, valid_to=None).order_by("-valid_from", "-id"))


def still_open(topic: Topic, *kinds: AtomType) -> Shown:
    """Atoms of these types that hold and that nothing solves, the oldest first."""
    return _some(selectors.still_open(atoms_of(topic), *kinds).order_by("valid_from", "id"))


def by_type(topic: Topic) -> list[tuple[str, int]]:
    """How many atoms of each type there are, in the order of the types."""
    counts = dict(atoms_of(topic).order_by().values("type").annotate(n=Count("pk")).values_list("type", "n"))
    return [(kind.value, counts[kind.value]) for kind in AtomType if kind.value in counts]


def timeline(topic: Topic, *, kind: str = "", before: int | None = None) -> tuple[list[Atom], int | None]:
    """Atoms, newest first, by keyset, and the key of the last one where there are more."""
    rows = atoms_of(topic).filter(type=kind) if kind else atoms_of(topic)
    edge = Atom.objects.filter(pk=before, topics=topic).first() if before is not None else None
    if edge is not None:
        rows = rows.filter(Q(valid_from__lt=edge.valid_from) | Q(valid_from=edge.valid_from, id__lt=edge.pk))
    found = list(with_words(rows).order_by("-valid_from", "-id")[: PAGE_SIZE + 1])
    return found[:PAGE_SIZE], found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A quote whose message was edited since, and what rests on it that nobody has looked at: kind, id and title."""

    quote: Quote
    change: staleness.Stale
    about: list[tuple[str, int, str]]


def doubts(topic: Topic) -> list[Doubt]:
    """What is in doubt in a topic: quotes of its own and of its atoms, the oldest first; four queries at most."""
    own, atoms = (
        Topic.quotes.through.objects.filter(topic=topic),
        Atom.quotes.through.objects.filter(atom__topics=topic, atom__status=Atom.Status.ACTIVE).select_related("atom"),
    )
    rows: list[tuple[str, int, str, Quote]] = [("topic", topic.pk, topic.name, link.quote) for link in _edited(own)] + [
        ("atom", link.atom_id, link.atom.title, link.quote) for link in _edited(atoms)
    ]
    found = staleness.of_many((kind, pk, quote) for kind, pk, _, quote in rows)
    made: dict[int, Doubt] = {}
    for kind, pk, title, quote in rows:
        change = found[kind, pk, quote.pk]
        if not change.holds:
            made.setdefault(quote.pk, Doubt(quote, change, [])).about.append((kind, pk, title))
    return list(made.values())[:MOST]


def _edited(links: QuerySet[Any]) -> list[Any]:
    """Rows of quotes with their messages, those that were edited and not deleted."""
    rows = links.filter(quote__is_stale=True, quote__message__deleted_at=None).order_by("quote_id", "id")
    return list(rows.select_related("quote__message__author", "quote__message__channel")[:MOST_LOOKED_AT])


def picture(topic: Topic) -> graph.Picture | None:
    """The newest links between its atoms, drawn."""
    inside = atoms_of(topic).values("pk")
    links = list(
        AtomLink.objects.filter(from_atom__in=inside, to_atom__in=inside)
        .order_by("-id")
        .values_list("from_atom_id", "to_atom_id", "type")[:MOST_LINKS]
    )
    keys = {pk for start, end, _ in links for pk in (start, end)}
    return graph.place(list(Atom.objects.filter(pk__in=keys).order_by("-valid_from", "-id")), links)


def near(topic: Topic, words: str) -> QuerySet[Topic]:
    """Active topics that this one could be merged into: those named like `words`, else those with a keyword alike."""
    rows = Topic.objects.filter(workspace=topic.workspace_id, status=Topic.Status.ACTIVE).exclude(pk=topic.pk)
    for word in words.split()[:10]:
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
    if words.split():
        return rows.order_by(Length("name"), "id")
    names = [word for word in topic.name.split() if len(word) > 3][:5]
    alike = Q(keywords__overlap=topic.keywords) if topic.keywords else Q(pk__in=[])
    for word in names:
        alike |= Q(name__icontains=word)
    return rows.filter(alike).order_by("name", "id")


def _some(rows: QuerySet[Atom]) -> Shown:
    found = list(with_words(rows)[:MOST])
    return Shown(found, len(found) if len(found) < MOST else rows.count())
