"""`manage.py token` and `manage.py password`: what they print, and that it works."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tasktracker.core.authentication import token_owner
from tasktracker.core.models import User
from tasktracker.core.tests.factories import Person

pytestmark = pytest.mark.django_db


def said(*command: str, **options: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out, **options)
    return out.getvalue()


def test_a_password_is_new_random_and_printed(owner: Person) -> None:
    printed = [re.fullmatch(r"username: owner\npassword: (\S{12,})\n", said("password", "owner")) for _ in range(2)]
    first, second = [found[1] for found in printed if found]
    user = User.objects.get(username="owner")
    assert not user.check_password(first)
    assert user.check_password(second)


def test_nobody_gets_no_password() -> None:
    with pytest.raises(CommandError, match=r"No user 'bob': make one with manage\.py token bob"):
        said("password", "bob")


def test_a_token_stands_alone_on_its_line_and_works() -> None:
    printed = said("token", "ann", role="reviewer", workspace="room")
    assert re.fullmatch(r"\S+\n", printed)
    found = token_owner(printed.strip())
    assert found is not None
    assert (found.user.username, found.workspace.slug, getattr(found, "role", "")) == ("ann", "room", "reviewer")
