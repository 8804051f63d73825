from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "tasktracker.core"
    label = "core"
    verbose_name = "People and history"

    def ready(self) -> None:
        from tasktracker.core import schema  # noqa: F401  (registers itself with drf-spectacular)
