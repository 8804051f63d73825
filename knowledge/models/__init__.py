"""What people have accepted."""

from knowledge.models.atoms import Atom, AtomLink, Topic
from knowledge.models.memory import Memory
from knowledge.models.projects import Project
from knowledge.models.tasks import ExternalLink, Task
from knowledge.vectors import Embedding

__all__ = ["Atom", "AtomLink", "Embedding", "ExternalLink", "Memory", "Project", "Task", "Topic"]
