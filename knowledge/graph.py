"""A small picture of how a topic's atoms hang together: numbered points on a circle, arrows between them. No ORM."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

SIZE = 280
RADIUS = 116
DOT = 11
MOST = 24


@dataclass(frozen=True, slots=True)
class Point:
    """An atom in the picture, by its number; `x` and `y` in its units, from the top left.

    `says` are its links in words: (type, number of the other end, its title).
    """

    pk: int
    number: int
    type: str
    title: str
    x: float
    y: float
    says: list[tuple[str, int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Edge:
    """A link from the rim of one point to the rim of another, with its type and in words."""

    x1: float
    y1: float
    x2: float
    y2: float
    type: str
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Points and edges in a square of `size` units; `left_out` linked atoms found no place."""

    size: int
    dot: int
    points: list[Point]
    edges: list[Edge]
    left_out: int


def place(atoms: Sequence[Any], links: Sequence[tuple[int, int, str]]) -> Picture | None:
    """The picture of those atoms that are linked at all (24 at most); None when none is."""
    linked = {pk for start, end, _ in links for pk in (start, end)}
    wanted = [atom for atom in atoms if atom.pk in linked]
    chosen = wanted[:MOST]
    if len(chosen) < 2:
        return None
    points: dict[int, Point] = {}
    for i, atom in enumerate(chosen):
        angle = 2 * math.pi * i / len(chosen) - math.pi / 2
        x, y = (round(SIZE / 2 + RADIUS * turn(angle), 1) for turn in (math.cos, math.sin))
        points[atom.pk] = Point(atom.pk, i + 1, atom.type, atom.title, x, y)
    edges = []
    for start, end, kind in links:
        if start in points and end in points and start != end:
            one, other = points[start], points[end]
            one.says.append((kind, other.number, other.title))
            edges.append(_edge(one, other, kind))
    return Picture(SIZE, DOT, list(points.values()), edges, len(wanted) - len(chosen))


def _edge(one: Point, other: Point, kind: str) -> Edge:
    """From rim to rim, with room for the head of the arrow."""
    dx, dy = other.x - one.x, other.y - one.y
    far = math.hypot(dx, dy)
    ux, uy = dx / far, dy / far
    said = f"{one.number} {kind.replace('_', ' ')} {other.number}"
    return Edge(
        round(one.x + ux * DOT, 1),
        round(one.y + uy * DOT, 1),
        round(other.x - ux * (DOT + 5), 1),
        round(other.y - uy * (DOT + 5), 1),
        kind,
        said,
    )
