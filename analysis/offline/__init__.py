"""The engine that needs no model: rules and embeddings, no network, the same answers as a language model."""

from .embed import DIM, embed
from .knowledge import knowledge
from .plan import Plan, plan

NAME = "offline rules"
VERSION = 1

__all__ = ["DIM", "NAME", "VERSION", "Plan", "embed", "knowledge", "plan"]
