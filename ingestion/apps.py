from importlib import import_module

from django.apps import AppConfig


class IngestionConfig(AppConfig):
    name = "ingestion"
    verbose_name = "What was said"

    def ready(self) -> None:
        import_module("ingestion.checks")  # registers them; they need the models, which are ready now
