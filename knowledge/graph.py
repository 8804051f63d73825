"""A small picture of how a topic's atoms hang together: points on a circle, links between them. No ORM."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SIZE = 260
RADIUS = 100
MOST = 24


@dataclass(frozen=True, slots=True)
class Point:
    """An atom in the picture; `x` and `y` in its units, from the top left."""

    pk: int
    type: str
    title: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Edge:
    """A link between two points, with its type."""

    x1: float
    y1: float
    x2: float
    y2: float
    type: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Points and edges in a square of `size` units."""

    size: int
    points: list[Point]
    edges: list[Edge]


def place(atoms: Sequence[Any], links: Sequence[tuple[int, int, str]]) -> Picture | None:
    """The picture of those atoms that are linked at all (24 at most); None when none is."""
    linked = {pk for start, end, _ in links for pk in (start, end)}
    chosen = [atom for atom in atoms if atom.pk in linked][:MOST]
    if len(chosen) < 2:
        return None
    points: dict[int, Point] = {}
    for i, atom in enumerate(chosen):
        angle = 2 * math.pi * i / len(chosen) - math.pi / 2
        x, y = (round(SIZE / 2 + RADIUS * turn(angle), 1) for turn in (math.cos, math.sin))
        points[atom.pk] = Point(atom.pk, atom.type, atom.title, x, y)
    edges = [
        Edge(points[start].x, points[start].y, points[end].x, points[end].y, kind)
        for start, end, kind in links
        if start in points and end in points
    ]
    return Picture(SIZE, list(points.values()), edges)
