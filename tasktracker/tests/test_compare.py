"""`manage.py compare`: two versions on decided windows, over a real wire, and nothing written but the bill."""

import json
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from analysis import agents, comparing, execution
from analysis import services as analysis
from analysis.models import Agent, SpendingCap
from analysis.tests import factories
from knowledge.models import Task
from proposals import services
from proposals.models import Proposal
from proposals.past import decided_windows
from tasktracker.core import turns
from tasktracker.core.enums import Purpose
from tasktracker.core.models import LLMCall, User, Workspace
from tasktracker.tests import fake_answers
from tasktracker.tests.fake_llm import FakeLLM, Messages
from tasktracker.tests.support import count

pytestmark = pytest.mark.django_db(transaction=True)
CONVERSATIONS = count(2, 3)


@pytest.fixture(autouse=True)
def _one_long_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker takes up what a lane leaves for its next turn."""
    monkeypatch.setattr(turns, "OWN_SECONDS", 600)


def answer(messages: Messages) -> dict[str, Any]:
    """Version 1 finds everything; a version told to be brief says no topics, and makes one item up."""
    made = fake_answers.valid(messages)
    if "be brief" not in str(messages):
        return made
    for entry in made["windows"]:
        entry["topics"] = []
        entry["atoms"] = entry["atoms"][:2]
        entry["atoms"][1] |= {"title": "Nobody has ever said this", "evidence": [{"m": "m1", "quote": "never said so"}]}
    return made


@pytest.fixture
def server(settings: Any) -> Iterator[FakeLLM]:
    with FakeLLM(answer=answer) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        yield fake


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace("acme")


@pytest.fixture
def alice(workspace: Workspace) -> User:
    return factories.make_user(workspace, "reviewer", "alice")


@pytest.fixture
def agent(workspace: Workspace, server: FakeLLM) -> Agent:
    """An agent with two versions: as it was, and told to be brief."""
    provider = factories.make_provider(workspace, base_url=server.openai_url, timeout_seconds=10, is_default=True)
    row = agents.save_agent(
        agent=Agent(workspace=workspace),
        values={"name": "reader", "purpose": Purpose.EXTRACT_KNOWLEDGE, "provider": provider},
    )
    agents.assign_agent(workspace=workspace, agent=row)
    work(workspace)
    return agents.save_agent(agent=row, values={"instructions": "Please be brief."})


def work(workspace: Workspace, stage: str = "knowledge") -> None:
    """A run to its end, taken in."""
    if stage == "knowledge":
        factories.make_chat(workspace, CONVERSATIONS)
    run = analysis.create_run(workspace=workspace, stage=stage)
    analysis.start_run(run_id=run.pk)
    execution.begin(run_id=run.pk)
    execution.run_lane(run_id=run.pk)
    services.take_in(run_id=run.pk)


def decide(workspace: Workspace, by: User) -> None:
    """Topics are rejected, atoms approved."""
    for proposal in Proposal.objects.filter(workspace=workspace, status="pending"):
        if proposal.kind == "topic":
            services.reject(proposal_id=proposal.pk, by=by, reason="noise")
        else:
            services.approve(proposal_id=proposal.pk, by=by)


def compared(*args: str) -> dict[str, Any]:
    out = StringIO()
    call_command("compare", "reader", *args, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return found


def whole_database() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the ledger."""
    rows = {}
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names()) - {"core_llmcall"}):
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            rows[table] = cursor.fetchall()
    return rows


@pytest.mark.long
def test_two_versions_and_nothing_written_but_the_bill(workspace: Workspace, alice: User, agent: Agent) -> None:
    decide(workspace, alice)
    calls = LLMCall.objects.count()
    before = whole_database()
    found = compared("--versions", "1", "2")
    assert whole_database() == before

    assert (found["agent"], found["stage"], found["windows"]) == ("reader", "knowledge", CONVERSATIONS)
    assert (found["approved"], found["rejected"]) == (5 * CONVERSATIONS, CONVERSATIONS)
    first, second = found["sides"]
    assert (first["label"], second["label"]) == ("v1", "v2")
    # the same question gets the same answer: all of it is found again, what was rejected too
    assert (first["windows"], first["failed"], first["found"]) == (CONVERSATIONS, 0, 6 * CONVERSATIONS)
    assert (first["approved_again"], first["rejected_again"]) == (found["approved"], found["rejected"])
    assert (first["unproven"], first["refused"], first["invalid"]) == (0, 0, 0)
    # the brief one
    assert (second["found"], second["unproven"]) == (CONVERSATIONS, CONVERSATIONS)
    assert second["refused"] == CONVERSATIONS
    assert (second["approved_again"], second["rejected_again"]) == (CONVERSATIONS, 0)
    # and the bill, in the ledger under its own name
    rows = list(LLMCall.objects.order_by("id"))[calls:]
    assert len(rows) == first["calls"] + second["calls"] == 2
    assert {row.subject.split(":")[0] for row in rows} == {"compare"}
    assert first["tokens_in"] == rows[0].tokens_in
    assert second["tokens_out"] == rows[1].tokens_out
    assert (rows[0].cost, first["cost"]) == (Decimal(0), 0.0)
    assert first["seconds"] > 0


@pytest.mark.long
def test_what_came_of_the_windows_is_not_shown_as_known(
    workspace: Workspace, alice: User, agent: Agent, server: FakeLLM
) -> None:
    """Else a model would do as it is told, not restate what is known, and find nothing again."""
    decide(workspace, alice)
    asked = len(server.completions)
    compared("--versions", "1", "2")
    prompts = [fake_answers.read(request.messages) for request in server.completions[asked:]]
    assert [len(prompt.windows) for prompt in prompts] == [CONVERSATIONS] * 2
    assert [prompt.known for prompt in prompts] == [[], []]
    work(workspace)  # a run of now is shown it
    assert fake_answers.read(server.completions[-1].messages).known


@pytest.mark.long
def test_the_offline_engine_is_one_side(workspace: Workspace, alice: User, agent: Agent) -> None:
    decide(workspace, alice)
    before = whole_database()
    found = compared("--versions", "offline", "1")
    assert whole_database() == before
    offline, model = found["sides"]
    assert (offline["label"], offline["calls"], offline["cost"], offline["windows"]) == (
        "offline",
        0,
        0.0,
        CONVERSATIONS,
    )
    assert offline["found"] > 0
    assert model["approved_again"] == found["approved"]


@pytest.mark.long
def test_an_agent_that_proposes_tasks_is_asked_about_atoms(
    workspace: Workspace, alice: User, agent: Agent, server: FakeLLM
) -> None:
    decide(workspace, alice)
    second = agents.save_agent(
        agent=Agent(workspace=workspace),
        values={"name": "tasker", "purpose": Purpose.PROPOSE_TASKS, "provider": agent.provider},
    )
    agents.assign_agent(workspace=workspace, agent=second)
    work(workspace, "tasks")
    agents.save_agent(agent=second, values={"temperature": 0.5})
    decide(workspace, alice)
    before = whole_database()
    out = StringIO()
    call_command("compare", "tasker", "--versions", "1", "2", "--json", stdout=out)
    assert whole_database() == before
    found = json.loads(out.getvalue())
    assert found["stage"] == "tasks"
    assert found["approved"] == Task.objects.count() > 0
    assert [side["approved_again"] for side in found["sides"]] == [found["approved"]] * 2
    assert server.completions[-1].body["temperature"] == 0.5


@pytest.mark.long
def test_a_cap_of_the_day_holds_here_too(workspace: Workspace, alice: User, agent: Agent) -> None:
    decide(workspace, alice)
    SpendingCap.objects.create(workspace=workspace, calls=LLMCall.objects.count())
    with pytest.raises(CommandError, match="Today's cap of"):
        compared("--versions", "1", "2")


@pytest.mark.long
def test_what_people_have_not_decided_is_left_out(workspace: Workspace, alice: User, agent: Agent) -> None:
    decide(workspace, alice)
    newest = decided_windows(workspace, stage="knowledge", most=50)[0]
    last = Proposal.objects.filter(intakes__finding__window=newest.window_id).latest("pk")
    services.undo(proposal_id=last.pk, by=alice)
    assert compared("--versions", "1", "2")["windows"] == CONVERSATIONS - 1
    assert compared("--versions", "1", "2", "--windows", "1")["windows"] == 1


@pytest.mark.long
def test_what_a_policy_approved_is_not_held_against_anybody(workspace: Workspace, alice: User, agent: Agent) -> None:
    for proposal in Proposal.objects.filter(kind="atom"):
        services.approve(proposal_id=proposal.pk, by=None)
    assert decided_windows(workspace, stage="knowledge", most=50) == []
    decide(workspace, alice)
    windows = decided_windows(workspace, stage="knowledge", most=50)
    assert [[(item.kind, item.approved) for item in one.items] for one in windows] == [
        [("topic", False)]
    ] * CONVERSATIONS


@pytest.mark.long
def test_an_answer_that_is_no_good_is_asked_for_in_smaller_packs(
    workspace: Workspace, alice: User, agent: Agent, server: FakeLLM
) -> None:
    decide(workspace, alice)
    valid = server.answer

    def breaks_on_the_first_case(messages: Messages) -> dict[str, Any] | str:
        return "no JSON" if "(case 0)" in str(messages) else valid(messages)

    server.answer = breaks_on_the_first_case
    side = compared("--versions", "1", "2")["sides"][0]
    assert (side["windows"], side["failed"]) == (CONVERSATIONS - 1, 1)
    assert side["calls"] > 2


@pytest.mark.long
def test_a_provider_that_stays_away_is_given_up_and_said(
    workspace: Workspace, alice: User, agent: Agent, server: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(workspace, alice)
    rests: list[float] = []
    monkeypatch.setattr(comparing.compare, "__kwdefaults__", {"pause": rests.append})
    server.always = "error"
    out = StringIO()
    with pytest.raises(CommandError, match="Not every window was asked"):
        call_command("compare", "reader", "--versions", "1", "offline", "--json", stdout=out)
    model, offline = json.loads(out.getvalue())["sides"]
    assert (model["windows"], bool(model["error"])) == (0, True)
    assert offline["windows"] == CONVERSATIONS
    assert rests
    assert all(rest > 0 for rest in rests)


@pytest.mark.long
def test_as_a_table(workspace: Workspace, alice: User, agent: Agent) -> None:
    decide(workspace, alice)
    out = StringIO()
    call_command("compare", "reader", "--versions", "1", "2", stdout=out)
    text = out.getvalue()
    assert "3 decided windows (15 items approved, 3 rejected)" in text
    assert "15 of 15 (100%)" in text
    assert "$0.0000" in text


@pytest.mark.long
@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--versions", "1", "9"), "has no version 9. Kept are: 1, 2"),
        (("--versions", "1", "1"), "two different versions"),
        (("--versions", "1", "newest"), "'newest' is no version"),
        (("--versions", "1", "2", "--windows", "0"), "--windows"),
        (("--versions", "1", "2", "--workspace", "nowhere"), "There is no agent reader in the workspace nowhere"),
    ],
)
def test_one_clear_line_for_what_cannot_be(
    workspace: Workspace, alice: User, agent: Agent, args: tuple[str, ...], told: str
) -> None:
    decide(workspace, alice)
    with pytest.raises(CommandError, match=told):
        compared(*args)


@pytest.mark.long
def test_nothing_decided_yet(agent: Agent) -> None:
    with pytest.raises(CommandError, match="review what waits first"):
        compared("--versions", "1", "2")


def test_an_agent_that_reads_no_windows(workspace: Workspace, server: FakeLLM) -> None:
    provider = factories.make_provider(workspace, base_url=server.openai_url)
    Agent.objects.create(workspace=workspace, name="reader", purpose="classify", provider=provider)
    with pytest.raises(CommandError, match="has windows"):
        compared("--versions", "1", "offline")
