"""Fixtures of the tests of ingestion."""

import pytest
from django.test import Client

from tasktracker.core.tests.factories import Person


@pytest.fixture
def admin(owner: Person) -> Client:
    """The browser of the workspace's admin, who may enter the administration too."""
    owner.user.is_staff = True
    owner.user.save()
    client = Client(headers={"host": "localhost"})
    client.force_login(owner.user)
    return client
