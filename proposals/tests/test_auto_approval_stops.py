"""A policy rests while its sample waits, and stops for an engine that nobody has judged; people are told."""

from typing import Any

import pytest
from django.utils import timezone

from analysis.models import Agent, AnalysisRun, Provider
from proposals import auto, services
from proposals.engines import engines_of, newest
from proposals.models import AutoApproval, Proposal
from proposals.tests.factories import make_decided, make_finding, make_proposals, make_sure, make_voices, unsaved
from proposals.tests.test_auto_approval import TITLES, make, policy, status_of
from proposals.tests.test_learning import make_agent_run
from tasktracker.core.models import Event, LLMCall, StatusChange, User, Workspace
from tasktracker.core.selectors import events_since
from tasktracker.core.tests.factories import make_person
from tasktracker.tests.pages import Page
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
__all__ = ["policy"]  # fixtures
AT = "/learning/"


def keep_sample(workspace: Workspace, count: int, kind: str = "atom") -> list[Proposal]:
    return make_proposals([unsaved(workspace, kind, sampled_at=timezone.now()) for _ in range(count)])


def run_of(workspace: Workspace, run: AnalysisRun, **call: Any) -> AnalysisRun:
    """A run that found something and, unless it is offline, has a call in the ledger."""
    make_finding(run, "atom", quotes=make_voices(workspace))
    if run.provider.kind != "offline":
        values: dict[str, Any] = {"provider": run.provider.name, "provider_kind": run.provider.kind, "model": "llama"}
        values |= {"purpose": "extract_knowledge", "prompt_name": "extract_knowledge", "prompt_version": "3"}
        values |= {"subject": f"run:{run.pk}", "duration_ms": 1, "outcome": "ok", **call}
        LLMCall.objects.create(workspace=workspace, **values)
    return run


def told(run: AnalysisRun) -> str:
    return engines_of([run.pk])[run.pk]


@pytest.mark.long
def test_it_rests_while_twenty_of_its_sample_wait(policy: AutoApproval, alice: User) -> None:
    kept = keep_sample(policy.workspace, 20)
    proposal = make(policy.workspace)
    assert services.auto_approve(workspace_id=policy.workspace_id) == auto.Done()
    assert status_of(proposal) == "pending"
    client = make_person("vera", role="viewer").browser
    assert "It rests: 20 of its sample wait" in Page.of(client.get(AT)).text
    services.approve(proposal_id=kept[0].pk, by=alice)
    assert services.auto_approve(workspace_id=policy.workspace_id) == auto.Done(approved=1)
    assert "It rests" not in Page.of(client.get(AT)).text


def test_it_rests_as_soon_as_its_sample_is_full(policy: AutoApproval, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_sample(policy.workspace, 19)
    first, second = make(policy.workspace), make(policy.workspace, TITLES[3])
    monkeypatch.setattr(auto, "is_sampled", lambda proposal_id, rate: proposal_id == first.pk)
    assert services.auto_approve(workspace_id=policy.workspace_id) == auto.Done(sampled=1)
    assert status_of(second) == "pending"


def test_the_sample_of_another_kind_or_room_holds_nothing_up(policy: AutoApproval) -> None:
    keep_sample(policy.workspace, 20, "task")
    proposal = make(policy.workspace)
    services.auto_approve(workspace_id=policy.workspace_id)
    assert status_of(proposal) == "approved"


def another_version(workspace: Workspace) -> AnalysisRun:
    return make_agent_run(workspace, 2)


def another_prompt(workspace: Workspace) -> AnalysisRun:
    return make_agent_run(workspace, 1, prompt="4")


def another_agent(workspace: Workspace) -> AnalysisRun:
    run = make_agent_run(workspace, 1)
    run.agent = Agent.objects.create(
        workspace=workspace, name="second", purpose="extract_knowledge", provider=run.provider
    )
    run.save()
    return run


def another_provider(workspace: Workspace) -> AnalysisRun:
    run = make_agent_run(workspace, 1)
    run.provider = Provider.objects.create(workspace=workspace, name="other", kind="openai")
    run.save()
    return run


def no_model(workspace: Workspace) -> AnalysisRun:
    run = make_agent_run(workspace, 1)
    offline, _ = Provider.objects.get_or_create(workspace=workspace, name="offline", kind="offline")
    run.provider, run.agent, run.agent_version, run.prompt_version = offline, None, None, ""
    run.save()
    return run


def the_same(workspace: Workspace) -> AnalysisRun:
    return make_agent_run(workspace, 1)


@pytest.mark.long
@pytest.mark.parametrize(
    ("case", "call", "is_on"),
    some(
        [
            (another_version, {}, False),
            (another_prompt, {}, False),
            (another_agent, {}, False),
            (another_provider, {}, False),
            (the_same, {"outcome": "timeout", "model": "mistral"}, True),  # it did not answer
            (no_model, {}, False),
            (the_same, {"model": "mistral"}, False),
            (the_same, {"provider": "fallback"}, False),
            (the_same, {"purpose": "judge_same", "model": "mistral"}, True),  # it found nothing
            (the_same, {}, True),
        ],
        4,
    ),
)
def test_another_engine_stops_it_before_it_approves_anything(
    policy: AutoApproval, case: Any, call: dict[str, Any], is_on: bool
) -> None:
    workspace = policy.workspace
    Provider.objects.create(workspace=workspace, name="server", kind="ollama", default_model="llama")
    before = told(run_of(workspace, make_agent_run(workspace, 1)))
    AutoApproval.objects.filter(pk=policy.pk).update(engine=before, set_at=timezone.now())
    run = run_of(workspace, case(workspace), **call)
    proposal = make(workspace, run=run)
    done = services.auto_approve(workspace_id=workspace.pk)
    policy.refresh_from_db()
    assert policy.is_active is is_on
    if is_on:
        assert status_of(proposal) == "approved"
        return
    assert (done, status_of(proposal)) == (auto.Done(), "pending")
    assert policy.stopped == f"Now {told(run)} proposes; what people decided was about {before}."


def test_a_run_that_found_nothing_of_its_kind_changes_nothing(policy: AutoApproval) -> None:
    run = make_agent_run(policy.workspace, 2)
    make_finding(run, "topic")
    make_sure(make_person("zoe", workspace="elsewhere").workspace, run=make_agent_run(policy.workspace, 3))
    assert newest(policy.workspace, "atom") == []
    services.check_samples(workspace_id=policy.workspace_id)
    assert AutoApproval.objects.get(pk=policy.pk).is_active


@pytest.mark.long
def test_one_of_another_engine_that_came_in_late_is_left_to_people(policy: AutoApproval) -> None:
    """Found before the policy was turned on, taken in after it: no reason to stop, and not what it is for."""
    run = run_of(policy.workspace, make_agent_run(policy.workspace, 2))
    AutoApproval.objects.filter(pk=policy.pk).update(set_at=timezone.now())
    proposal, ours = make(policy.workspace, run=run), make(policy.workspace, TITLES[3])
    assert services.auto_approve(workspace_id=policy.workspace_id) == auto.Done(approved=1)
    assert (status_of(proposal), status_of(ours)) == ("pending", "approved")


def test_one_that_was_on_before_engines_were_kept_stops(policy: AutoApproval) -> None:
    AutoApproval.objects.filter(pk=policy.pk).update(engine="")
    proposal = make(policy.workspace)
    services.auto_approve(workspace_id=policy.workspace_id)
    assert status_of(proposal) == "pending"
    assert "whose proposals" in AutoApproval.objects.get(pk=policy.pk).stopped


@pytest.mark.long
def test_names_of_any_length_fit_and_are_told_apart(policy: AutoApproval) -> None:
    provider = Provider.objects.create(workspace=policy.workspace, name="p" * 120, kind="openai")
    runs = [make_agent_run(policy.workspace, 1), make_agent_run(policy.workspace, 1)]
    AnalysisRun.objects.filter(pk__in=[run.pk for run in runs]).update(provider=provider)
    for number, run in enumerate(runs):
        run.provider = provider
        run_of(policy.workspace, run, model="m" * 199 + str(number))
    first, second = (told(run) for run in runs)
    assert first != second
    AutoApproval.objects.filter(pk=policy.pk).update(engine=first)
    services.check_samples(workspace_id=policy.workspace_id)
    assert not AutoApproval.objects.get(pk=policy.pk).is_active
    assert StatusChange.objects.filter(kind="proposals.autoapproval", object_id=policy.pk, to_status="off").exists()


def stop_by_engine(policy: AutoApproval, by: User) -> None:
    run_of(policy.workspace, make_agent_run(policy.workspace, 2))


def stop_by_sample(policy: AutoApproval, by: User) -> None:
    make_decided(policy.workspace, by, 10, wrong=10, sampled_at=timezone.now())


def stop_by_undo(policy: AutoApproval, by: User) -> None:
    made = make_proposals([unsaved(policy.workspace, "atom") for _ in range(10)])
    for proposal in made:
        services.approve(proposal_id=proposal.pk, by=None)
    for proposal in made[:2]:
        services.undo(proposal_id=proposal.pk, by=by)


STOPS = [("engine", stop_by_engine), ("sample", stop_by_sample), ("undone", stop_by_undo)]


@pytest.mark.long
@pytest.mark.parametrize(("reason", "happen"), STOPS)
def test_when_it_stops_itself_everybody_is_told_once(
    policy: AutoApproval, alice: User, reason: str, happen: Any
) -> None:
    happen(policy, alice)
    assert services.check_samples(workspace_id=policy.workspace_id) == ["atom"]
    assert services.check_samples(workspace_id=policy.workspace_id) == []
    event = Event.objects.get(type="policy.stopped")
    assert (event.object_kind, event.object_id, event.by) == ("policy", policy.pk, None)
    assert event.data == {"proposal_kind": "atom", "reason": reason}
    assert "policy.stopped" in [one["type"] for one in events_since(policy.workspace_id, 0).events]
    policy.refresh_from_db()
    line = StatusChange.objects.get(kind="proposals.autoapproval", object_id=policy.pk)
    assert (line.from_status, line.to_status, line.by, line.note) == ("on", "off", None, policy.stopped)


@pytest.mark.long
@pytest.mark.parametrize("happen", some([happen for _, happen in STOPS], 3))
def test_when_it_stops_itself_its_page_says_why_and_a_managers_first_page(
    policy: AutoApproval, alice: User, happen: Any
) -> None:
    happen(policy, alice)
    services.check_samples(workspace_id=policy.workspace_id)
    policy.refresh_from_db()
    client = make_person("mona", role="manager").browser
    page = Page.of(client.get(AT))
    banner = page.one("div", id="stopped")
    assert "Auto-approval of atoms turned itself off" in banner.text
    assert policy.stopped in banner.text
    assert banner.attrs["data-live"] == "policy."  # it comes by itself on a page that is open
    assert "off by itself" in page.text
    home = Page.of(client.get("/"))
    assert policy.stopped in home.one("div", id="stopped").text
    assert policy.stopped not in Page.of(make_person("rita", role="reviewer").browser.get("/")).text


@pytest.mark.long
def test_a_manager_who_turns_it_off_sets_off_no_alarm(policy: AutoApproval, alice: User) -> None:
    services.turn_off(policy=policy, by=alice)
    assert not Event.objects.filter(type="policy.stopped").exists()
    page = Page.of(make_person("mona", role="manager").browser.get(AT))
    assert "turned itself off" not in page.one("div", id="stopped").text
    assert "off by alice" in page.text
