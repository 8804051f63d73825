"""A morning's proposals: what a careful model would find in the sample chat, of every kind, in the order of a queue."""

import json
from pathlib import Path

from ingestion import services as ingestion
from ingestion.models import Message, Quote
from proposals.models import Proposal
from proposals.ranking import rank_of
from proposals.tests.factories import make_proposal
from tasktracker import demo
from tasktracker.core.models import Workspace

FOLDER = Path(demo.__file__).parent
AGAIN = "Again: "  # the title of what says the same as the atom before it
ATOMS = ("problems", "decisions", "questions", "requirements", "blockers", "risks", "ideas")


def import_chat(workspace: Workspace) -> dict[int, Message]:
    """The sample chat, by the number that a message has in its export."""
    source = ingestion.ensure_source(workspace=workspace, name="Spoke · product team", kind="import")
    ingestion.import_export(source=source, path=FOLDER / "chat.json")
    return {int(one.external_id): one for one in Message.objects.filter(workspace=workspace)}


def make_morning(workspace: Workspace, count: int) -> list[Proposal]:
    """`count` proposals: of every three a topic, an atom and a task, each with its words; some say it again."""
    messages = import_chat(workspace)
    expected = json.loads((FOLDER / "expected.json").read_text())
    topics = [(one["title"], one["messages"][:4]) for one in expected["subjects"]]
    groups = zip(*(expected[kind] for kind in ATOMS), strict=False)
    atoms = [
        (kind.removesuffix("s"), number_of(one)) for group in groups for kind, one in zip(ATOMS, group, strict=True)
    ]
    tasks = [one["message"] for one in expected["actions"]]
    made: list[Proposal] = []

    def propose(kind: str, title: str, numbers: list[int], **payload: object) -> None:
        quotes = [whole(messages[number]) for number in numbers if messages[number].text]
        made.append(
            make_proposal(
                workspace,
                kind,
                title[:200],
                quotes=quotes,
                payload=dict(payload),
                confidence=round(0.97 - 0.015 * (len(made) % 25), 3),
                fingerprint=f"morning-{len(made)}",
                reasoning="Somebody says so in as many words, and nobody contradicts.",
            )
        )
        made[-1].rank = rank_of(made[-1])
        made[-1].save(update_fields=["rank"])

    while len(made) < count:
        step = len(made) // 3
        if len(made) % 3 == 0:
            propose("topic", topics[step][0], topics[step][1], keywords=topics[step][0].lower().split()[:2])
        elif len(made) % 3 == 1:
            again = step % 4 == 3
            kind, number = atoms[step - again]
            title = f"{AGAIN if again else ''}{first_words(messages[number])}"
            propose("atom", title, [number], type=kind, topic=topics[step][0])
        else:
            propose("task", first_words(messages[tasks[step]]), [tasks[step]], description=messages[tasks[step]].text)
    return made


def number_of(one: int | dict[str, int]) -> int:
    return one if isinstance(one, int) else one["message"]


def whole(message: Message) -> Quote:
    """A quote of all that a message says."""
    text = message.text
    return Quote.objects.get_or_create(
        workspace_id=message.workspace_id, message=message, start=0, end=len(text), defaults={"text": text}
    )[0]


def first_words(message: Message) -> str:
    return " ".join(message.text.split()[:12])
