"""Logistic regression where a row may say only which classes it is not. numpy alone, deterministic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_MEMORY = 8


@dataclass(frozen=True)
class Sparse:
    """Rows of places and values, one after another; row `i` is `starts[i]` to `starts[i + 1]`."""

    starts: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    values: Floats
    size: int

    @classmethod
    def of(cls, rows: Sequence[tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]], size: int) -> "Sparse":
        starts = np.concatenate([[0], np.cumsum([len(places) for places, _ in rows])]).astype(np.int64)
        return cls(
            starts,
            np.concatenate([places for places, _ in rows]).astype(np.int64),
            np.concatenate([values for _, values in rows]).astype(np.float64),
            size,
        )

    def take(self, rows: npt.NDArray[np.int64]) -> "Sparse":
        """Some of the rows, in the order asked for."""
        lengths = np.diff(self.starts)[rows]
        picked = np.concatenate([np.arange(self.starts[row], self.starts[row + 1]) for row in rows])
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return Sparse(starts, self.places[picked], self.values[picked], self.size)

    def joined(self, other: "Sparse") -> "Sparse":
        """These rows, then those."""
        return Sparse(
            np.concatenate([self.starts, self.starts[-1] + other.starts[1:]]),
            np.concatenate([self.places, other.places]),
            np.concatenate([self.values, other.values]),
            self.size,
        )

    def times(self, weights: Floats) -> Floats:
        """rows x size times size x classes."""
        owner = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        count = len(self.starts) - 1
        return np.stack(
            [
                np.bincount(owner, weights=self.values * weights[self.places, place], minlength=count)
                for place in range(weights.shape[1])
            ],
            axis=1,
        )

    def transposed_times(self, errors: Floats) -> Floats:
        """size x rows times rows x classes."""
        owner = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        return np.stack(
            [
                np.bincount(self.places, weights=self.values * errors[owner, place], minlength=self.size)
                for place in range(errors.shape[1])
            ],
            axis=1,
        )


@dataclass(frozen=True)
class Task:
    """What is fitted: dense rows (n x d), sparse rows or None, `allowed` (n x classes) and the weight of each row."""

    dense: Floats
    sparse: Sparse | None
    allowed: npt.NDArray[np.bool_]
    weight: Floats
    prior: Floats  # d x classes: what the dense coefficients are drawn to
    dense_penalty: float
    sparse_penalty: float = 1.0


@dataclass(frozen=True)
class Fitted:
    """Coefficients: d x classes, size x classes, classes."""

    dense: Floats
    sparse: Floats
    bias: Floats

    def logits(self, dense: Floats, sparse: Sparse | None) -> Floats:
        made = dense @ self.dense + self.bias
        return made if sparse is None else made + sparse.times(self.sparse)


def fit(task: Task, *, steps: int = 80) -> Fitted:
    """The coefficients with the least penalised loss (L-BFGS, `steps` at most)."""
    d, k = task.prior.shape
    size = task.sparse.size if task.sparse is not None else 0
    total = task.weight.sum()

    def split(flat: Floats) -> Fitted:
        first, second = d * k, (d + size) * k
        return Fitted(flat[:first].reshape(d, k), flat[first:second].reshape(size, k), flat[second:])

    def loss(flat: Floats) -> tuple[float, Floats]:
        now = split(flat)
        logits = now.logits(task.dense, task.sparse)
        all_log = _log_sum(logits)
        open_log = _log_sum(np.where(task.allowed, logits, -np.inf))
        value = float((task.weight * (all_log - open_log)).sum()) / total
        shares = np.exp(logits - all_log[:, None])
        wanted = np.where(task.allowed, np.exp(logits - open_log[:, None]), 0.0)
        errors = (shares - wanted) * (task.weight / total)[:, None]
        off = now.dense - task.prior
        value += 0.5 * task.dense_penalty * float((off**2).sum())
        value += 0.5 * task.sparse_penalty * float((now.sparse**2).sum()) + 0.5e-3 * float((now.bias**2).sum())
        parts = [(task.dense.T @ errors + task.dense_penalty * off).ravel()]
        if task.sparse is not None:
            parts.append((task.sparse.transposed_times(errors) + task.sparse_penalty * now.sparse).ravel())
        parts.append(errors.sum(axis=0) + 1e-3 * now.bias)
        return value, np.concatenate(parts)

    start = np.concatenate([task.prior.ravel(), np.zeros(size * k + k)])
    return split(minimise(loss, start, steps=steps))


def _log_sum(logits: Floats) -> Floats:
    most = logits.max(axis=1)
    summed: Floats = most + np.log(np.exp(logits - most[:, None]).sum(axis=1))
    return summed


def minimise(loss: Callable[[Floats], tuple[float, Floats]], start: Floats, *, steps: int) -> Floats:
    """L-BFGS with a backtracking search; stops when the slope is gone."""
    here = start
    value, slope = loss(here)
    moves: list[tuple[Floats, Floats]] = []
    for _ in range(steps):
        way = -_curved(slope, moves)
        down = float(way @ slope)
        if down >= 0:
            moves, way, down = [], -slope, -float(slope @ slope)
        if -down < 1e-10:
            break
        size = 1.0 if moves else min(1.0, 1.0 / float(np.abs(slope).sum()) * 10)
        for _ in range(25):
            there = here + size * way
            new_value, new_slope = loss(there)
            if new_value <= value + 1e-4 * size * down:
                break
            size *= 0.5
        else:
            break
        step, change = there - here, new_slope - slope
        if float(step @ change) > 1e-12:
            moves = [*moves, (step, change)][-_MEMORY:]
        if value - new_value < 1e-7 * max(1.0, abs(value)):
            here = there
            break
        here, value, slope = there, new_value, new_slope
    return here


def _curved(slope: Floats, moves: Sequence[tuple[Floats, Floats]]) -> Floats:
    made = slope.copy()
    kept: list[float] = []
    for step, change in reversed(moves):
        share = float(step @ made) / float(step @ change)
        kept.append(share)
        made -= share * change
    if moves:
        step, change = moves[-1]
        made *= float(step @ change) / float(change @ change)
    for (step, change), share in zip(moves, reversed(kept), strict=True):
        made += step * (share - float(change @ made) / float(step @ change))
    return made
