"""The engine that needs no model: rules and embeddings, no network, the same answers as a language model."""

from .bonds import ClusterAtom
from .classify import action, classify, signal
from .clusters import cluster_atoms
from .embed import DIM, embed
from .knowledge import knowledge
from .plan import Plan, plan
from .similar import same
from .tasks import tasks

NAME = "offline rules"
VERSION = 1

__all__ = [
    "DIM",
    "NAME",
    "VERSION",
    "ClusterAtom",
    "Plan",
    "action",
    "classify",
    "cluster_atoms",
    "embed",
    "knowledge",
    "plan",
    "same",
    "signal",
    "tasks",
]
