"""Taking back what was done by hand, exactly; what others did since is never written over."""

from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from knowledge import desk, transitions, vectors
from knowledge.handwork import add_links, announce, touch
from knowledge.kinds import KIND, MODELS
from knowledge.models import Atom, Edit, Task, Topic
from tasktracker.core.errors import Conflict, NotFound
from tasktracker.core.journal import Change, Journal, revert, unchanged
from tasktracker.core.models import User
from tasktracker.core.transitions import lock


def take_back(*, edit_id: int, by: User, confirm: bool = False) -> Edit:
    """Take back a change by hand: every row is as before, with the same primary keys.

    Raises `Conflict`: `nothing_to_undo` (with `decided_by` where somebody took it back before), `changed_since` where
    a later change lies on top of it, `has_consequences` with `items` [{kind, id, title}] where others have built on
    a topic that was split off (not with `confirm`: then what joined it since goes to the topic it came from).
    """
    with transaction.atomic():
        workspace_id = Edit.objects.filter(pk=edit_id).values_list("workspace_id", flat=True).first()
        if workspace_id is None:
            raise NotFound("There is no such change.")
        desk.hold(workspace_id)
        edit = lock(Edit, edit_id)
        if edit.undone_at is not None and edit.undone_by_id == by.pk:
            return edit  # a double click
        if edit.undone_at is not None or edit.verb == Edit.Verb.MAKE:
            winner = {"decided_by": edit.undone_by.get_username()} if edit.undone_by else {}
            raise Conflict("There is nothing to take back.", code="nothing_to_undo", **winner)
        _check_on_top(edit)
        if edit.verb == Edit.Verb.SPLIT:
            _give_up_split(edit, by=by, confirm=confirm)
        revert(edit.changes, restore=dict.fromkeys(KIND, lambda change: _restore(change, by=by)))
        edit.undone_at, edit.undone_by = timezone.now(), by
        edit.save(update_fields=["undone_at", "undone_by"])
        for row in _alive(edit):
            touch(row)
            announce(row, by=by)
        if edit.verb == Edit.Verb.SPLIT and edit.other_id is not None:
            vectors.forget("topic", [edit.other_id])
        return edit


def _alive(edit: Edit) -> list[Any]:
    keys = [pk for pk in (edit.object_id, edit.other_id) if pk is not None]
    return list(MODELS[edit.kind]._default_manager.filter(pk__in=keys))


def _check_on_top(edit: Edit) -> None:
    """Whether the columns that it wrote are as it left them; a merge cares for nothing but where the loser is."""
    for change in edit.changes:
        if change["model"] not in KIND or not change["before"] or not change["after"]:
            continue
        if edit.verb == Edit.Verb.MERGE and not _is_move(change):
            continue
        if _was_moved_back(change) or unchanged(change):
            continue
        raise Conflict(
            "This was changed again since. Take the later change back first.",
            code="changed_since",
        )


def _is_move(change: Change) -> bool:
    return bool({"status", "merged_into_id"} & set(change["before"]))


def _was_moved_back(change: Change) -> bool:
    """Whether a merged row is where it was before: an undo at the review desk has freed it already."""
    return _is_move(change) and unchanged({**change, "after": change["before"]})


def _restore(change: Change, *, by: User) -> None:
    """Put a status back through transitions."""
    if _was_moved_back(change):
        return
    row: Any = lock(apps.get_model(change["model"]), change["pk"])
    if isinstance(row, Task):
        transitions.move_task(row, to=change["before"]["status"], by=by)
    else:
        into = change["before"].get("merged_into_id")
        target = type(row)._default_manager.get(pk=into) if into else None
        transitions.go_back(row, to=change["before"]["status"], into=target, by=by)


def _give_up_split(edit: Edit, *, by: User, confirm: bool) -> None:
    """What others have put into the topic that was split off goes to the one it came from."""
    made = Topic.objects.filter(pk=edit.other_id).first()
    if made is None:
        return
    if made.status == Topic.Status.MERGED:
        raise Conflict("The new topic was merged since. Take that back first.", code="changed_since")
    ours = {change["pk"] for change in edit.changes if change["model"] == "knowledge.atom_topics"}
    through = Atom.topics.through
    joined = list(through.objects.filter(topic_id=made.pk).exclude(pk__in=ours).select_related("atom"))
    merged = list(Topic.objects.filter(merged_into=made))
    if (joined or merged) and not confirm:
        items = [{"kind": "atom", "id": link.atom_id, "title": link.atom.title} for link in joined]
        items += [{"kind": "topic", "id": one.pk, "title": one.name} for one in merged]
        raise Conflict(
            f"Others have built on this: {len(items)} would change. Confirm to do it.",
            code="has_consequences",
            items=items,
        )
    here = set(through.objects.filter(topic_id=edit.object_id).values_list("atom_id", flat=True))
    back = [{"topic_id": edit.object_id, "atom_id": link.atom_id} for link in joined if link.atom_id not in here]
    if Topic.objects.filter(pk=edit.object_id).exists():
        add_links(Journal(), through, back)
    for one in merged:
        transitions.reactivate(one, by=by)
