"""Task Tracker: what a team agrees on in chat, found, shown with its words, decided by a person, kept."""

from tasktracker.celery import app as celery_app

__all__ = ["celery_app"]
