"""Which atoms are of one matter, so that they make one task and not three."""

from collections.abc import Sequence

from .bonds import TROUBLE, TWIN, Bonds, ClusterAtom
from .similar import Likeness

MAX_CLUSTER = 14
_TIES = ("solves", "continues", "contradicts", "refines", "supersedes")
# The least likeness at which two atoms are of one matter, by what they are.
_FIX = 0.28  # a report and a solution
_OTHER = 0.36
_WISH = ("requirement", "idea", "decision")
_SAME_WORK = 0.42  # atoms of a kind, for one task
_OTHER_WORK = 0.5


def cluster_atoms(atoms: Sequence[ClusterAtom], *, ease: float = 0.0, one_task: bool = False) -> list[list[int]]:
    """Groups of places in `atoms`, in order; every place is in exactly one group, of 14 atoms at most.

    A solution goes with what it solves, and linked atoms go together; so do those that are alike in words, the more
    easily when they share a topic. `ease` is what reports gain that somebody put together before. `one_task` asks for
    more: atoms that only speak of the same thing are looked at together, but they are not one piece of work.
    """
    if not atoms:
        return []
    alike = Likeness([text_of(atom) for atom in atoms])
    bonds = Bonds(atoms, alike, ease=ease)
    group = list(range(len(atoms)))
    members: dict[int, list[int]] = {place: [place] for place in range(len(atoms))}

    def unite(a: int, b: int) -> None:
        keep, gone = sorted((group[a], group[b]))
        if keep == gone or len(members[keep]) + len(members[gone]) > MAX_CLUSTER:
            return
        for place in members.pop(gone):
            group[place] = keep
            members[keep].append(place)

    for solution, item in bonds.solved():
        unite(solution, item)
    for place, atom in enumerate(atoms):
        for kind, ref in atom.links:
            if kind in _TIES and ref in bonds.by_id:
                unite(place, bonds.by_id[ref])
    for place, atom in enumerate(atoms):
        for message in atom.answers:
            for other in bonds.quoting.get(message, ()):
                if _of_a_kind(atom.type, atoms[other].type):
                    unite(place, other)
    pairs = []
    for a, b in alike.pairs():
        both = atoms[a].type in TROUBLE and atoms[b].type in TROUBLE
        value = bonds.twin(a, b) if both else alike.of(a, b) + _bonus(atoms[a], atoms[b])
        if value >= (_bar_of_task(atoms[a], atoms[b]) if one_task else _bar(atoms[a].type, atoms[b].type)):
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


def text_of(atom: ClusterAtom) -> str:
    """The words by which an atom is compared with others."""
    return f"{atom.title}. {atom.quotes or atom.content}"


def _bar(first: str, second: str) -> float:
    if first in TROUBLE and second in TROUBLE:
        return TWIN
    if "solution" in (first, second) and (first in TROUBLE or second in TROUBLE):
        return _FIX
    return _OTHER


def _bar_of_task(first: ClusterAtom, second: ClusterAtom) -> float:
    kinds = {first.type, second.type}
    if kinds <= set(TROUBLE):
        return TWIN
    if kinds <= set(_WISH):
        return 0.0 if _linked(first, second) else _SAME_WORK
    return _SAME_WORK if len(kinds) == 1 else _OTHER_WORK


def _of_a_kind(first: str, second: str) -> bool:
    return {first, second} <= set(TROUBLE) or {first, second} <= set(_WISH)


def _linked(first: ClusterAtom, second: ClusterAtom) -> bool:
    """Whether one is linked to the other, or was said in reply to it."""
    if any(other == second.id for _, other in first.links) or any(other == first.id for _, other in second.links):
        return True
    return bool(set(first.answers) & set(second.messages) or set(second.answers) & set(first.messages))


def _bonus(first: ClusterAtom, second: ClusterAtom) -> float:
    shared = 0.05 if set(first.topics) & set(second.topics) else 0.0
    return shared + (0.15 if _linked(first, second) else 0.0)
