"""S18, S19, S20: every address × every role, generated from the resolver. An address that nobody listed fails."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from proposals.tests.factories import make_world
from tasktracker.core.tests.factories import Person, make_person

VIEWER, REVIEWER, MANAGER, ADMIN = ROLES = ("viewer", "reviewer", "manager", "admin")
OPEN, MEMBER = "open", VIEWER

CRUD = {"get": VIEWER, "put": REVIEWER, "patch": REVIEWER, "delete": REVIEWER}
CRUD_ADMIN = {"get": VIEWER, "put": ADMIN, "patch": ADMIN, "delete": ADMIN}
CRUD_MANAGER = {"get": VIEWER, "put": MANAGER, "patch": MANAGER, "delete": MANAGER}

# Address → method → the least role. `{kind}` stands for the id of such an object.
EXPECTED: dict[str, dict[str, str]] = {
    "api/health": {"get": OPEN},
    "api/live": {"get": OPEN},
    "api/config": {"get": MEMBER},
    "api/stats": {"get": MEMBER},
    "api/events": {"get": MEMBER},
    "api/schema": {"get": MEMBER},
    "api/docs": {"get": MEMBER},
    "api/sources": {"get": VIEWER, "post": ADMIN},
    "api/sources/{source}": CRUD_ADMIN,
    "api/sources/{source}/test": {"post": ADMIN},
    "api/sources/{source}/rotate-secret": {"post": ADMIN},
    "api/messages": {"get": VIEWER, "post": REVIEWER},
    "api/messages/bulk": {"post": REVIEWER},
    "api/messages/filters": {"get": VIEWER},
    "api/messages/{message}": {"get": VIEWER},
    "api/messages/{message}/verdict": {"post": REVIEWER},
}
