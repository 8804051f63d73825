"""What tests of the desk in a browser put on it, and ask of it."""

from typing import Any

from proposals.models import Proposal
from proposals.tests.factories import make_proposal
from tasktracker.core.tests.factories import Person


def ranked(person: Person, count: int, **more: Any) -> list[Proposal]:
    """Proposals of tasks in the person's workspace, the first one on top."""
    return [make_proposal(person.workspace, kind="task", rank=100 - number, **more) for number in range(count)]


def status(proposal: Proposal) -> str:
    """As the database has it by now."""
    return Proposal.objects.get(pk=proposal.pk).status
