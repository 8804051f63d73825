"""Hand-written statements give what the ORM gives."""

import pytest
from django.db import IntegrityError, connection, transaction

from ingestion.models import Channel, Source
from tasktracker.core.models import User, Workspace
from tasktracker.core.rows import columns, instances, planned_cursor
from tasktracker.core.tests.factories import Person


def test_the_instances_of_a_joined_row_are_those_of_the_orm(owner: Person) -> None:
    source = Source.objects.create(workspace=owner.workspace, name="bot", kind="telegram", config={"a": [1, None]})
    with planned_cursor() as cursor:
        cursor.execute(
            f"SELECT {columns(Source, 's')}, {columns(Channel, 'c')}, {columns(Workspace, 'w')} FROM ingestion_source s"
            " JOIN core_workspace w ON w.id = s.workspace_id LEFT JOIN ingestion_channel c ON c.workspace_id = w.id"
            " WHERE s.name = %(name)s",
            {"name": "bot"},
        )
        (row,) = cursor.fetchall()
    found, channel, workspace = instances((Source, Channel, Workspace), row)
    assert (found, channel, workspace) == (source, None, owner.workspace)
    for stored in (found, workspace):
        again = type(stored).objects.get(pk=stored.pk)
        for field in stored._meta.concrete_fields:
            assert getattr(stored, field.attname) == getattr(again, field.attname), field.name
    assert found.config == {"a": [1, None]}
    found.name = "renamed"
    found.save()
    assert Source.objects.get().name == "renamed"


@pytest.mark.django_db
def test_an_error_is_one_of_djangos() -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), planned_cursor() as cursor:
        cursor.execute("INSERT INTO core_workspace (name) VALUES (%s)", ["x"])


@pytest.mark.django_db
def test_a_statement_that_comes_again_is_planned_once() -> None:
    for number in range(10):
        with planned_cursor() as cursor:
            cursor.execute(f"SELECT {columns(User, 'u')} FROM core_user u WHERE u.id = %s", [number])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%FROM core_user u WHERE%"]
        )
        assert cursor.fetchone() == (1,)
