"""The pairing of two sets of groups that shares most rows: the Hungarian method, part by part."""

from collections import defaultdict
from collections.abc import Hashable, Mapping

import numpy as np
import numpy.typing as npt


def best_pairing(shared: Mapping[tuple[Hashable, Hashable], int]) -> int:
    """How many rows the best one-to-one pairing agrees on; `shared` counts the rows of each (left, right) that meet."""
    return sum(_best(_matrix(part)) for part in _parts(shared))


def _parts(shared: Mapping[tuple[Hashable, Hashable], int]) -> list[dict[tuple[Hashable, Hashable], int]]:
    """What is not connected is paired apart: the method takes the cube of a part's size."""
    lefts: defaultdict[Hashable, list[Hashable]] = defaultdict(list)
    rights: defaultdict[Hashable, list[Hashable]] = defaultdict(list)
    for left, right in shared:
        lefts[left].append(right)
        rights[right].append(left)
    parts = []
    seen: set[Hashable] = set()
    for begin in lefts:
        if begin in seen:
            continue
        seen.add(begin)
        waiting, inside = [begin], []
        while waiting:
            left = waiting.pop()
            inside.append(left)
            for right in lefts[left]:
                for other in rights[right]:
                    if other not in seen:
                        seen.add(other)
                        waiting.append(other)
        parts.append({(left, right): shared[left, right] for left in inside for right in lefts[left]})
    return parts


def _matrix(part: Mapping[tuple[Hashable, Hashable], int]) -> npt.NDArray[np.int64]:
    lefts = {left: place for place, left in enumerate(dict.fromkeys(left for left, _ in part))}
    rights = {right: place for place, right in enumerate(dict.fromkeys(right for _, right in part))}
    counts = np.zeros((len(lefts), len(rights)), dtype=np.int64)
    for (left, right), count in part.items():
        counts[lefts[left], rights[right]] = count
    return counts if len(lefts) <= len(rights) else counts.T


def _best(counts: npt.NDArray[np.int64]) -> int:
    """The greatest sum of one entry in each row, no two in one column (rows <= columns)."""
    rows, columns = counts.shape
    if rows == 1:
        return int(counts.max())
    cost = -counts
    of_row, of_column = np.zeros(rows + 1, np.int64), np.zeros(columns + 1, np.int64)
    taken_by = np.zeros(columns + 1, np.int64)  # column -> row, both from 1; 0 is none
    for row in range(1, rows + 1):
        taken_by[0], column = row, 0
        least = np.full(columns + 1, np.iinfo(np.int64).max)
        came_from, used = np.zeros(columns + 1, np.int64), np.zeros(columns + 1, np.bool_)
        while taken_by[column]:
            used[column] = True
            here = taken_by[column]
            slack = cost[here - 1] - of_row[here] - of_column[1:]
            better = ~used[1:] & (slack < least[1:])
            least[1:][better] = slack[better]
            came_from[1:][better] = column
            open_columns = np.flatnonzero(~used[1:]) + 1
            column_next = int(open_columns[np.argmin(least[open_columns])])
            step = least[column_next]
            of_row[taken_by[used]] += step
            of_column[used] -= step
            least[~used] -= step
            column = column_next
        while column:
            before = int(came_from[column])
            taken_by[column] = taken_by[before]
            column = before
    return int(sum(counts[taken_by[column] - 1, column - 1] for column in range(1, columns + 1) if taken_by[column]))
