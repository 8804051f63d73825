"""What kind of task it is that was made in a chat."""

from analysis.offline.classify import classify
from knowledge import services as knowledge
from knowledge.models import Task
from tasktracker.core.enums import MessageCategory, TaskCategory

CATEGORIES = {
    MessageCategory.BUG: TaskCategory.BUG,
    MessageCategory.FEATURE: TaskCategory.FEATURE,
    MessageCategory.QUESTION: TaskCategory.QUESTION,
}


def classify_task(task_id: int) -> None:
    """Say of a task that was made in a chat what kind it is, where nobody has since; by the offline rules."""
    task = Task.objects.filter(pk=task_id, category=TaskCategory.CHORE).first()
    if task is None:
        return
    found, _ = classify(f"{task.title}\n{task.description}".strip())
    category = CATEGORIES.get(found)
    if category is not None:
        knowledge.change_task(task_id=task.pk, by=None, values={"category": category})
