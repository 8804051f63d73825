"""The page Learning: what confidence has meant here, and whether anything may be approved without a person."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from proposals import learning, services, watching
from proposals.calibration import Bin, WhatIf
from proposals.models import AutoApproval, Proposal
from proposals.watching import Standing
from tasktracker.core.enums import Role
from tasktracker.core.errors import Invalid
from tasktracker.core.models import StatusChange, Workspace
from tasktracker.core.permissions import access_for, page, workspace_for

SIDE = 300  # of the chart, in its own units
SHOWN = tuple(hundredths / 100 for hundredths in (70, 75, 80, 85, 90, 92, 94, 95, 96, 97, 98, 99))


class PolicyForm(forms.Form):
    """A policy; the sample in percent."""

    kind = forms.ChoiceField(choices=Proposal.Kind.choices, widget=forms.HiddenInput)
    threshold = forms.FloatField(
        label="From this confidence up",
        min_value=AutoApproval.LEAST,
        max_value=1,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    sample = forms.FloatField(
        label="Kept for people, %",
        min_value=100 * AutoApproval.LEAST_SAMPLE,
        max_value=100,
        widget=forms.NumberInput(attrs={"step": "1"}),
    )


@dataclass(frozen=True, slots=True)
class Point:
    """A bin on the chart: where its mean and share are, its interval, its size; in units of the chart."""

    told: str
    x: float
    y: float
    top: float
    bottom: float
    radius: float


@dataclass(frozen=True, slots=True)
class Rule:
    """The policy of a kind, or, where `policy` is None, what one would be that is set as it is offered."""

    kind: str
    policy: AutoApproval | None
    standing: Standing
    waiting: int
    resting: bool
    trail: list[StatusChange]
    form: PolicyForm

    @property
    def missing(self) -> str:
        """What keeps it from being turned on, in a sentence; "" where nothing does, or where it is on."""
        on = self.policy is not None and self.policy.is_active
        return "" if on else self.standing.missing

    @property
    def told(self) -> str:
        """What it would have done, in a sentence; "" where nobody has set one."""
        if self.policy is None:
            return ""
        seen = self.standing.would_have
        return (
            f"At {seen.threshold:g} you would have auto-approved {seen.approved}, {seen.wrong} of them wrong"
            f" ({seen.rejected} rejected, {seen.merged} merged), and {seen.edited} that people edited first."
        )


def line(one: Bin) -> dict[str, str]:
    """A bin as the table writes it, shares in percent."""
    share, interval = "–", "–"
    if one.share is not None and one.share_low is not None and one.share_high is not None:
        share, interval = f"{one.share:.0%}", f"{one.share_low:.0%} to {one.share_high:.0%}"
    return {
        "between": f"{one.low:.1f} to {one.high:.1f}",
        "mean": "–" if one.mean is None else f"{one.mean:.2f}",
        "decided": str(one.decided),
        "approved": str(one.approved),
        "share": share,
        "interval": interval,
    }


def points(bins: tuple[Bin, ...]) -> list[Point]:
    """The bins that hold something, as the chart draws them."""
    most = max((one.decided for one in bins), default=0) or 1
    return [
        Point(
            f"{one.low:.0%} to {one.high:.0%} sure: {one.approved} of {one.decided} approved",
            x=round(one.mean * SIDE, 1),
            y=round((1 - one.share) * SIDE, 1),
            top=round((1 - (one.share_high or 0)) * SIDE, 1),
            bottom=round((1 - (one.share_low or 0)) * SIDE, 1),
            radius=round(3 + 6 * (one.decided / most) ** 0.5, 1),
        )
        for one in bins
        if one.mean is not None and one.share is not None
    ]


def table_of(rows: list[WhatIf]) -> list[tuple[float, list[WhatIf]]]:
    """A line for each threshold that is shown, with a cell for each kind."""
    return [(at, [row for row in rows if row.threshold == at]) for at in SHOWN]


def rules(workspace: Workspace) -> list[Rule]:
    """A rule for each kind."""
    known = {row.kind: row for row in learning.policies(workspace)}
    return [_rule(known.get(kind) or AutoApproval(workspace=workspace, kind=kind)) for kind in learning.KINDS]


def _rule(row: AutoApproval) -> Rule:
    initial = {"kind": row.kind, "threshold": row.threshold, "sample": f"{100 * row.sample_rate:g}"}
    return Rule(
        row.kind,
        row if row.pk else None,
        watching.standing(row),
        waiting=watching.waiting_sample(row),
        resting=watching.is_resting(row),
        trail=learning.trail(row) if row.pk else [],
        form=PolicyForm(initial=initial, auto_id=f"id_{row.kind}_%s"),
    )


@page()
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Figures for everybody, policies to change for managers."""
    workspace = workspace_for(request)
    found = learning.learning(workspace)
    context = {
        "learning": found,
        "side": SIDE,
        "points": points(found.curves[0].bins),
        "ticks": [(SIDE * place // 4, SIDE - SIDE * place // 4, place * 25) for place in range(5)],
        "bins": [line(one) for one in found.curves[0].bins],
        "off": f"{100 * (found.curves[0].error or 0):.1f}",
        "what_if": [(at, cells) for at, cells in table_of(found.what_if) if any(one.approved for one in cells)],
        "rules": rules(workspace),
        "stopped": learning.stopped(workspace),
        "voices": learning.VOICES,
        "chat_known": learning.CHAT_KNOWN,
        "most_waiting": watching.MOST_WAITING,
        "fewest": watching.FEWEST,
    }
    return render(request, "proposals/learning.html", context)


@page(Role.MANAGER)
@require_POST
def policy(request: HttpRequest, verb: str) -> HttpResponseBase:
    """Set a policy (save), turn it on or off."""
    access = access_for(request)
    if verb == "save":
        form = PolicyForm(request.POST)
        if not form.is_valid():
            raise Invalid("Give a kind, a confidence from 0.85 to 1 and a sample from 1 to 100 %.")
        row = services.save_policy(
            workspace=access.workspace,
            kind=form.cleaned_data["kind"],
            threshold=form.cleaned_data["threshold"],
            sample_rate=form.cleaned_data["sample"] / 100,
            by=access.user,
        )
        told = f"Saved. This is what the policy for {row.kind}s would have done so far."
    elif verb in ("on", "off"):
        kind = request.POST.get("kind", "")
        if kind not in learning.KINDS:
            raise Invalid("Say for which kind: topic, atom or task.")
        row = get_object_or_404(AutoApproval, workspace=access.workspace, kind=kind)
        turn = services.turn_on if verb == "on" else services.turn_off
        row = turn(policy=row, by=access.user)
        told = f"Auto-approval of {row.kind}s is {'on' if row.is_active else 'off'}."
    else:
        raise Invalid(f"A policy knows no {verb!r}.")
    messages.success(request, told)
    return redirect("proposals:learning")
