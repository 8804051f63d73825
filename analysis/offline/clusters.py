"""Which atoms are of one matter, so that they make one task and not three."""

from collections.abc import Sequence
from dataclasses import dataclass

from .similar import Likeness, complaints

MAX_CLUSTER = 14
_TIES = ("solves", "continues", "contradicts", "refines", "supersedes")
_TROUBLE = ("problem", "blocker")
# The least likeness at which two atoms are of one matter, by what they are.
_TWINS = 0.28  # two reports
_FIX = 0.28  # a report and a solution
_OTHER = 0.36
_EXCLUDED = 0.14  # what two reports lose that complain of different things


@dataclass(frozen=True, slots=True)
class ClusterAtom:
    """An atom as far as putting together needs it: `quotes` the text of its quotes, `links` (type, id of the other)."""

    id: str
    type: str
    title: str
    content: str = ""
    topics: tuple[str, ...] = ()
    quotes: str = ""
    links: tuple[tuple[str, str], ...] = ()


def cluster_atoms(atoms: Sequence[ClusterAtom], *, ease: float = 0.0) -> list[list[int]]:
    """Groups of places in `atoms`, in order; every place is in exactly one group, of 14 atoms at most.

    Linked atoms go together; so do those that are alike in words, the more easily when they share a topic. `ease`
    lowers the bar for two reports that somebody put together before.
    """
    if not atoms:
        return []
    alike = Likeness([f"{atom.title}. {atom.quotes or atom.content}" for atom in atoms])
    said = [complaints(f"{atom.title} {atom.quotes}") if atom.type in _TROUBLE else frozenset() for atom in atoms]
    place_of = {atom.id: place for place, atom in enumerate(atoms)}
    group = list(range(len(atoms)))
    members: dict[int, list[int]] = {place: [place] for place in range(len(atoms))}

    def unite(a: int, b: int) -> None:
        keep, gone = sorted((group[a], group[b]))
        if keep == gone or len(members[keep]) + len(members[gone]) > MAX_CLUSTER:
            return
        for place in members.pop(gone):
            group[place] = keep
            members[keep].append(place)

    for place, atom in enumerate(atoms):
        for kind, other in atom.links:
            if kind in _TIES and other in place_of:
                unite(place, place_of[other])
    pairs = []
    for a, b in alike.pairs():
        value = alike.of(a, b) + _bonus(atoms[a], atoms[b])
        if said[a] and said[b] and not said[a] & said[b]:
            value -= _EXCLUDED
        both = atoms[a].type in _TROUBLE and atoms[b].type in _TROUBLE
        if value >= _bar(atoms[a].type, atoms[b].type) - ease * both:
            pairs.append((value, a, b))
    pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    for value, a, b in pairs:
        if group[a] == group[b]:
            continue
        # Not by a chain: on average the two groups must be alike as well.
        left, right = members[group[a]], members[group[b]]
        mean = sum(alike.of(x, y) for x in left for y in right) / (len(left) * len(right))
        if mean >= 0.55 * (value - ease) or len(left) == len(right) == 1:
            unite(a, b)
    return [sorted(members[key]) for key in sorted(members)]


def _bar(first: str, second: str) -> float:
    if first in _TROUBLE and second in _TROUBLE:
        return _TWINS
    if "solution" in (first, second) and (first in _TROUBLE or second in _TROUBLE):
        return _FIX
    return _OTHER


def _bonus(first: ClusterAtom, second: ClusterAtom) -> float:
    shared = 0.05 if set(first.topics) & set(second.topics) else 0.0
    linked = any(other == second.id for _, other in first.links) or any(other == first.id for _, other in second.links)
    return shared + (0.15 if linked else 0.0)
