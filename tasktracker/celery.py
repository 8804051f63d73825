"""The Celery application: settings come from Django's `CELERY_*`, tasks from each app's tasks.py."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tasktracker.settings")

app = Celery("tasktracker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def load_model_libraries(**_: Any) -> None:
    """Import them once in the worker's parent, so that its children share the memory and no first call waits.

    Only where a model is set up: they take seconds and 180 MB, which the offline engine does not need.
    """
    from django.db import DatabaseError, connection

    from analysis.models import Provider
    from tasktracker.core.enums import ProviderKind
    from tasktracker.core.llm import live

    try:
        wanted = Provider.objects.filter(is_active=True).exclude(kind=ProviderKind.OFFLINE).exists()
    except DatabaseError:
        return  # the first call loads them then; that the database is away is said by whoever needs it
    finally:
        connection.close()  # the children must not inherit it
    if wanted:
        live.load()
