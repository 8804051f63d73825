"""Addresses of webhooks, without a slash at the end."""

from django.urls import path

from ingestion.webhooks.doors import DOORS
from ingestion.webhooks.views import webhook

urlpatterns = [path(f"{name}/<uuid:uid>", webhook, {"door": name}, name=f"webhook_{name}") for name in DOORS]
