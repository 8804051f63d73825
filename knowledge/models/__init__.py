"""What people have accepted."""

from knowledge.models.atoms import Atom, AtomLink, Topic
from knowledge.models.edits import Confirmation, Edit
from knowledge.models.memory import Memory
from knowledge.models.projects import Project, ProjectVersion
from knowledge.models.tasks import ExternalLink, Task
from knowledge.vectors import Embedding

__all__ = [
    "Atom",
    "AtomLink",
    "Confirmation",
    "Edit",
    "Embedding",
    "ExternalLink",
    "Memory",
    "Project",
    "ProjectVersion",
    "Task",
    "Topic",
]
