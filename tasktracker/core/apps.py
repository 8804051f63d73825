from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "tasktracker.core"
    label = "core"
    verbose_name = "People and history"
