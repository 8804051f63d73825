"""Answers kept for an Idempotency-Key hold what people wrote, and are not kept for ever."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tasktracker.core.models import IdempotentRequest
from tasktracker.core.tasks import forget_old_answers
from tasktracker.core.tests.factories import make_person

pytestmark = pytest.mark.django_db


def test_they_are_forgotten_after_a_week() -> None:
    ada = make_person("ada")
    for key, days in (("new", 6), ("old", 8)):
        IdempotentRequest.objects.create(
            workspace=ada.workspace,
            user=ada.user,
            key=key,
            fingerprint="x",
            response_status=201,
            body={"title": "words"},
            created_at=timezone.now() - timedelta(days=days),
        )
    forget_old_answers()
    assert list(IdempotentRequest.objects.values_list("key", flat=True)) == ["new"]
