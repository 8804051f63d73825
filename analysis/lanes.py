"""How many lanes work on a run: a lane claims windows, asks the engine about them and writes what it found."""

import math

from django.conf import settings

from analysis.models import AnalysisRun
from tasktracker.core.enums import ProviderKind

AHEAD = 2  # lanes more than a model takes calls at once
LARGEST_CREW = 16


def lanes_of(run: AnalysisRun) -> int:
    """How many lanes may work on the run at once.

    A model gets some more than it takes calls at once: while those wait, the others read and write.
    """
    if run.provider.kind == ProviderKind.OFFLINE:
        return max(1, settings.RUN_CONCURRENCY)
    return run.provider.concurrency + (AHEAD if run.provider.concurrency > 1 else 1)


def crew_of(run: AnalysisRun) -> int:
    """How many lanes one Celery task works: a thread each where they wait for a model, and one where they compute."""
    if run.provider.kind == ProviderKind.OFFLINE:
        return 1
    return min(LARGEST_CREW, math.ceil(lanes_of(run) / max(1, settings.RUN_CONCURRENCY)))
