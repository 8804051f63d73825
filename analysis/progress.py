"""Telling how far a run is."""

from analysis import selectors
from analysis.models import AnalysisRun
from tasktracker.core.events import RunProgress, emit


def emit_progress(run: AnalysisRun) -> None:
    """One `run.progress` event, counted from the run's windows now."""
    progress = selectors.progress(run)
    emit(
        RunProgress(
            workspace_id=run.workspace_id,
            object_id=run.pk,
            stage=run.stage,
            done=progress.done,
            failed=progress.failed,
            total=progress.total,
        )
    )
