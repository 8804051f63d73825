"""An id that no row can have is a 404 at every address that takes one, and never an error of the server."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import get_resolver

from tasktracker.core.tests.factories import Person
from tasktracker.tests.support import some
from tasktracker.tests.test_access_matrix import EXPECTED, LOCAL, NIL, Visitor, addresses, ask

# More than int() reads, more than a bigint, the largest bigint, more than the pattern takes, and digits of others.
IDS = ["9" * 5000, "9" * 30, str(2**63), str(2**63 - 1), "0" * 19, "١٢", "²"]
TAKES_ID = sorted({address for address, _ in addresses(get_resolver().url_patterns) if "{pk}" in address})
NUMERIC = (models.AutoField, models.IntegerField)


def filled(address: str, number: str) -> str:
    return "/" + address.replace("{pk}", number).replace("{batch}", NIL).replace("{verb}", "start")


@pytest.mark.parametrize("address", some(TAKES_ID, 12))
def test_an_id_that_is_too_long_is_not_found(address: str, owner: Person) -> None:
    client, visitor = Client(headers=LOCAL, raise_request_exception=False), Visitor.of(owner)
    for number in some(IDS, 4, TAKES_ID.index(address) // 12):
        for method in EXPECTED[address]:
            answer = ask(client, visitor, method, filled(address, number))
            assert answer.status_code == 404, (method, number[:20], answer.status_code, answer.content[:200])


def test_there_are_such_addresses() -> None:
    assert len(TAKES_ID) > 40


@pytest.mark.long
def test_the_admin_bears_them_too(owner: Person) -> None:
    client: Any = Client(headers={"host": "localhost"}, raise_request_exception=False)
    client.force_login(owner.user)
    for model in admin.site._registry:
        for number in some(IDS[:4], 4) if isinstance(model._meta.pk, NUMERIC) else ():
            path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{number}/"
            for page in ("change/", "history/", "delete/"):
                answer = client.get(path + page)
                assert answer.status_code in (302, 403, 404), (path[:60], page, answer.status_code)
