"""What kind of message each one of an answered window is, where the offline engine reads them anyway."""

from collections.abc import Sequence

from analysis.models import AnalysisRun
from analysis.offline import classify
from analysis.results import Answered, Result
from tasktracker.core.enums import ProviderKind, Stage


def of(run: AnalysisRun, results: Sequence[Result]) -> dict[int, str]:
    """The category of each message that has none yet, by its id; nothing for runs of other engines or stages."""
    if run.provider.kind != ProviderKind.OFFLINE or run.stage != Stage.KNOWLEDGE:
        return {}
    fresh = {
        result.loaded.messages[shown.ref]
        for result in results
        if isinstance(result, Answered)
        for shown in result.loaded.input.messages
        if not shown.context
    }
    return {message.pk: classify(message.text)[0].value for message in fresh if not message.category}
