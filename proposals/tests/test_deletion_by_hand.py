"""The words of a deleted message go out of the history of changes by hand as well, and no undo brings them back."""

import json

import pytest

from ingestion import services as ingestion
from knowledge import services
from knowledge.models import Atom, Edit
from proposals import redacting
from proposals.tests.factories import make_message, make_quote
from tasktracker.core.tests.factories import make_person

pytestmark = pytest.mark.django_db


def test_words_of_a_deleted_message_leave_the_history_of_edits() -> None:
    rita = make_person("rita")
    message = make_message(rita.workspace, "the secret rebate is forty percent")
    atom = Atom.objects.create(workspace=rita.workspace, type="decision", title=message.text)
    atom.quotes.add(make_quote(rita.workspace, message))
    services.change_atom(
        atom_id=atom.pk, by=rita.user, values={"title": "A rebate", "content": f"Said: {message.text}"}
    )
    ingestion.delete_message(message_id=message.pk, by=rita.user)
    redacting.forget_message(message_id=message.pk)
    edit = Edit.objects.get()
    assert "secret rebate" not in json.dumps([edit.fields, edit.changes])
    services.take_back(edit_id=edit.pk, by=rita.user)
    atom.refresh_from_db()
    assert (atom.title, atom.content) == ("[deleted]", "")
