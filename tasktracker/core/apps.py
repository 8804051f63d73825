from importlib import import_module

from django.apps import AppConfig
from django.urls import register_converter

from tasktracker.core.paths import RowIdConverter


class CoreConfig(AppConfig):
    name = "tasktracker.core"
    label = "core"
    verbose_name = "People and history"

    def ready(self) -> None:
        register_converter(RowIdConverter, "id")
        import_module("tasktracker.core.secondstep")  # hears of each login; it needs the models, which are ready now
