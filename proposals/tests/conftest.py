"""Where most of these tests play: a workspace, somebody who reviews there, a run."""

import pytest

from analysis.models import AnalysisRun
from proposals.tests.factories import make_run, make_user, make_workspace
from tasktracker.core.models import User, Workspace


@pytest.fixture
def workspace(db: None) -> Workspace:
    return make_workspace("acme")


@pytest.fixture
def alice(workspace: Workspace) -> User:
    return make_user(workspace, "alice")


@pytest.fixture
def run(workspace: Workspace) -> AnalysisRun:
    return make_run(workspace)
