"""The three kinds of what people have accepted, by the names that addresses, payloads and the history use."""

from knowledge.models import Atom, Task, Topic

Item = Topic | Atom | Task
MODELS: dict[str, type[Topic] | type[Atom] | type[Task]] = {"topic": Topic, "atom": Atom, "task": Task}
KIND = {model._meta.label_lower: kind for kind, model in MODELS.items()}  # by what a journal calls a model


def kind_of(item: Item) -> str:
    """topic, atom or task."""
    return KIND[item._meta.label_lower]
