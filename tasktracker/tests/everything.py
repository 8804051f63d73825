"""One of each thing with the same words in every field, and the address of every page that shows them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from django.urls import reverse
from django.utils import timezone

from analysis import agents
from analysis.models import Agent, AnalysisRun, Finding, Provider, Schedule, TaskConfig, Window, WindowMessage
from ingestion.models import Delivery, LinkedChat, Message, MessageRevision, Quote, Source, Upload
from ingestion.recorder import ImportReport
from knowledge import projects
from knowledge import services as knowledge
from knowledge.models import Atom, AtomLink, ExternalLink, Project, Task, Topic
from proposals.models import Proposal, ReviewAction, SavedFilter
from proposals.tests.factories import make_finding, make_message, make_proposal, make_quote, make_run
from tasktracker.core.models import LLMCall, Workspace
from tasktracker.core.tests.factories import Person


@dataclass(frozen=True)
class Everything:
    """What was made, by what the addresses need."""

    message: Message
    topic: Topic
    atom: Atom
    task: Task
    run: AnalysisRun
    waiting: list[Proposal]
    decided: Proposal
    unproven: Proposal
    agent: Agent
    config: TaskConfig
    schedule: Schedule
    source: Source

    @property
    def pages(self) -> list[str]:
        """Every page of the product, each state of a card among them."""
        first, second = self.waiting[0], self.waiting[3]
        return [
            reverse("dashboard"),
            reverse("proposals:desk"),
            f"{reverse('proposals:desk')}?status=all",
            *(f"{reverse('proposals:desk')}?at={one.pk}" for one in [*self.waiting, self.decided, self.unproven]),
            reverse("proposals:edit", args=[first.pk]),
            f"{reverse('proposals:merge', args=[first.pk])}?into=proposal-{second.pk}",
            reverse("proposals:duplicate", args=[first.pk]),
            f"{reverse('proposals:sweep')}?least=0.1",
            reverse("proposals:history"),
            reverse("ingestion:messages"),
            reverse("ingestion:message", args=[self.message.pk]),
            reverse("knowledge:projects"),
            reverse("knowledge:new_project"),
            reverse("knowledge:project", args=[self.task.project_id]),
            reverse("knowledge:topics"),
            reverse("knowledge:topic", args=[self.topic.pk]),
            *(reverse(f"knowledge:{verb}_topic", args=[self.topic.pk]) for verb in ("edit", "split")),
            f"{reverse('knowledge:merge_topic', args=[self.topic.pk])}?q=a",
            reverse("knowledge:atom", args=[self.atom.pk]),
            reverse("knowledge:edit_atom", args=[self.atom.pk]),
            f"{reverse('knowledge:tasks')}?status=all",
            f"{reverse('knowledge:tasks')}?view=board",
            reverse("knowledge:edit_task", args=[self.task.pk]),
            reverse("knowledge:task", args=[self.task.pk]),
            reverse("analysis:runs"),
            f"{reverse('analysis:run', args=[self.run.pk])}?window=1",
            f"{reverse('search')}?q=words",
            reverse("settings"),
            *(reverse(name) for name in ("account", "set_up_second_step", "invitations")),
            reverse("own_keys"),
            reverse("telegram"),
            reverse("members"),
            reverse("people"),
            reverse("ingestion:noise"),
            reverse("person", args=[self.message.author_id]),
            reverse("audit"),
            f"{reverse('audit')}?kind=project&object_id={self.task.project_id}",
            reverse("proposals:learning"),
            reverse("proposals:duty"),
            reverse("analysis:provider", args=[self.agent.provider_id]),
            reverse("analysis:agent", args=[self.agent.pk]),
            reverse("analysis:task_config", args=[self.config.pk]),
            reverse("analysis:schedule", args=[self.schedule.pk]),
            *(reverse(f"ingestion:{name}") for name in ("sources", "new_source", "import")),
            f"{reverse('ingestion:new_source')}?kind=webhook",
            reverse("ingestion:source", args=[self.source.pk]),
            reverse("ingestion:deliveries", args=[self.source.pk]),
            reverse("ingestion:delivery", args=[self.source.deliveries.get().pk]),
            *(reverse("ingestion:upload", args=[one.pk]) for one in Upload.objects.order_by("pk")),
            *(reverse(f"analysis:new_{name}") for name in ("provider", "agent", "task_config", "schedule")),
        ]


def fill(person: Person, words: str) -> Everything:
    """A workspace with everything in it, `words` wherever a sentence, a name or a title may stand."""
    workspace = person.workspace
    title, name = words[:190], words[:110]
    source = filled_source(person, words)
    files = {"file": {"name": title, "path": f"files/{title}"}, "attachments": [{"name": title}]}
    message = make_message(
        workspace, f"{words} words in a message", author=f"author {name}", thread_title=title, metadata=files
    )
    project = filled_project(person, words, message)
    MessageRevision.objects.create(message=message, text=words)
    quote = make_quote(workspace, message)
    topic = Topic.objects.create(
        workspace=workspace, name=title, description=words, keywords=[words[:60]], project=project
    )
    atoms = [
        made_atom(workspace, kind, title, words, topic, quote)
        for kind in ("problem", "decision", "question", "blocker")
    ]
    AtomLink.objects.create(workspace=workspace, from_atom=atoms[1], to_atom=atoms[0], type="solves")
    task = Task.objects.create(
        workspace=workspace, title=title, description=words, project=project, assignee=message.author,
        labels=[words[:60]], fields={words[:40]: words},
    )  # fmt: skip
    task.atoms.set(atoms)
    task.quotes.add(quote)
    edit_by_hand(person, words, topic, atoms[0], quote)
    ExternalLink.objects.create(task=task, tracker="github", external_id=words[:60], url="https://example.org/1")
    run = filled_run(workspace, words, message, quote)
    waiting = [
        make_proposal(
            workspace, kind, f"{title}{number}"[:200], quotes=[quote], run=run, reasoning=words, project=project,
            payload=payload_of(kind, words, atoms[0].pk), recommendation="update_existing", target_id=target,
            fingerprint=f"waiting-{number}",
            rank=90 - number,
        )
        for number, (kind, target) in enumerate(
            [("task", task.pk), ("atom", atoms[0].pk), ("topic", topic.pk), ("task", task.pk)]
        )
    ]  # fmt: skip
    decided = make_proposal(
        workspace, "task", f"{title}!"[:200], quotes=[quote], run=run, status="approved", decided_by=person.user,
        decided_at=timezone.now(), created_kind="task", created_id=task.pk, note=words[:400], fingerprint="decided",
    )  # fmt: skip
    ReviewAction.objects.create(workspace=workspace, proposal=decided, verb="approve", by=person.user)
    unproven = make_proposal(
        workspace, "atom", f"{title}?"[:200], quotes=[], status="needs_evidence", fingerprint="unproven"
    )
    SavedFilter.objects.create(workspace=workspace, user=person.user, name=words[:60], query="kind=task")
    agent = Agent.objects.get(workspace=workspace)
    properties = {words[:60] or "field": {"enum": [words], "description": words}}
    config = TaskConfig.objects.create(
        workspace=workspace, name=name, project=project, schema={"type": "object", "properties": properties}
    )
    schedule = Schedule.objects.create(
        workspace=workspace, name=name, cron="0 7 * * 1-5", provider=agent.provider, next_at=timezone.now(),
        last_run=run, last_error=words[:300],
    )  # fmt: skip
    return Everything(message, topic, atoms[0], task, run, waiting, decided, unproven, agent, config, schedule, source)


def filled_source(person: Person, words: str) -> Source:
    """A source with a delivery that failed, and histories on their way in."""
    source = Source.objects.create(
        workspace=person.workspace, name=f"source {words[:110]}", kind="webhook",
        config={"mapping": {"text": words[:900]}}, filters={"skip": {"authors": [words[:190]]}},
        last_error=words[:300], last_error_at=timezone.now(),
    )  # fmt: skip
    LinkedChat.objects.create(bot=source, external_id="-1", title=words[:250], source=source, linked_by=person.user)
    Delivery.objects.create(
        source=source, external_id=words[:250], raw=json.dumps({"text": words}).encode(), status="failed",
        error=words[:300],
    )  # fmt: skip
    for status in ("receiving", "ready", "importing", "failed"):
        Upload.objects.create(
            workspace=person.workspace, by=person.user, source_name=words[:110], file_name=words[:250], size=9,
            stored="none", status=status, error=words[:300] if status == "failed" else "",
            preview={"told": words, "channels": 9, "titles": [words], "notes": [words], "reasons": [[words, 1]]},
            counts=ImportReport(seen=9).counts(), report=[[words[:90], words]],
        )  # fmt: skip
    return source


def filled_project(person: Person, words: str, message: Message) -> Project:
    """A project with something in every field, and a change of each in its history."""
    word, speaker = words[:60], message.author
    assert speaker is not None
    values = {"name": words[:110], "description": words, "keywords": [word], "components": [word]}
    project = projects.create_project(workspace=person.workspace, values=values, by=person.user)
    more = {
        "glossary": {word: words[:300]},
        "team": [{"participant": speaker.pk, "components": [word]}],
        "priority_rules": [{"keywords": [word], "priority": "high"}],
        "default_assignee": speaker,
        "manager": person.user,
    }
    return projects.change_project(project_id=project.pk, values=more, by=person.user)


def made_atom(workspace: Workspace, kind: str, title: str, words: str, topic: Topic, quote: Quote) -> Atom:
    atom = Atom.objects.create(workspace=workspace, type=kind, title=title, content=words)
    atom.topics.add(topic)
    atom.quotes.add(quote)
    return atom


def edit_by_hand(person: Person, words: str, topic: Topic, atom: Atom, quote: Quote) -> None:
    """A history with the words in it, before and after, and another topic to merge with; the quote is stale."""
    other = Topic.objects.create(workspace=person.workspace, name=f"{words[:190]}a", description=words)
    knowledge.change_atom(atom_id=atom.pk, by=person.user, values={"content": f"{words} then"})
    knowledge.change_topic(topic_id=topic.pk, by=person.user, values={"description": f"{words} then"})
    knowledge.merge_topic(topic_id=other.pk, into_id=topic.pk, by=person.user)
    Topic.objects.create(workspace=person.workspace, name=f"{words[:190]}b", description=words)
    Quote.objects.filter(pk=quote.pk).update(is_stale=True)


def payload_of(kind: str, words: str, atom: int) -> dict[str, object]:
    """What a model may have written into every key of a payload."""
    if kind == "topic":
        return {"description": words, "keywords": [words[:60]]}
    if kind == "atom":
        return {"content": words, "topic": words[:200], "links": [{"to": words[:200], "type": "solves"}]}
    return {
        "description": words,
        "project": words[:120],
        "assignee": words[:120],
        "labels": [words[:60]],
        "fields": {words[:40]: words},
        "atoms": [atom],
    }


def filled_run(workspace: Workspace, words: str, message: Message, quote: Quote) -> AnalysisRun:
    """A failed run with a window that tells its error, its findings and a call in the ledger."""
    provider = Provider.objects.create(workspace=workspace, name=words[:110], kind="openai", default_model=words[:100])
    values = {"name": words[:110], "purpose": "classify", "provider": provider, "model": words[:100]}
    agent = agents.save_agent(agent=Agent(workspace=workspace), values=values)
    agents.save_agent(agent=agent, values={"instructions": words, "model": words[:90]})
    run = make_run(workspace)
    AnalysisRun.objects.filter(pk=run.pk).update(
        error=words[:400], provider=provider, forecast={"windows": 2, "calls": 1}
    )
    window = Window.objects.create(run=run, ordinal=1, channel=message.channel, error=words[:400], duration_ms=1_200)
    WindowMessage.objects.create(window=window, message=message, position=1)
    finding = make_finding(run, "task", words[:190], quotes=[quote], fingerprint="found")
    answer = {**finding.payload, **payload_of("task", words, 0)}
    Finding.objects.filter(pk=finding.pk).update(window=window, ordinal=1, payload=answer, reasoning=words)
    LLMCall.objects.create(
        workspace=workspace, subject=f"run:{run.pk}", purpose="classify", provider=words[:100], provider_kind="openai",
        model=words[:100], prompt_name="classify", prompt_version="1", tokens_in=10, tokens_out=5, cost="0.0012",
        duration_ms=420, outcome="ok", at=datetime.now(UTC),
    )  # fmt: skip
    return AnalysisRun.objects.get(pk=run.pk)
