"""Many decisions as one: a frozen list of ids, a result for each, undone together."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from proposals import decisions, undoing, uniting
from proposals.models import Proposal
from tasktracker.core.errors import DomainError, Invalid
from tasktracker.core.models import User, Workspace

MOST = 1_000
VERBS: dict[str, Callable[..., Proposal]] = {
    "approve": decisions.approve,
    "reject": decisions.reject,
    "snooze": decisions.snooze,
    "merge": uniting.merge,
    "undo": undoing.undo,
}


@dataclass(frozen=True, slots=True)
class Bulk:
    """What became of each: ids that are done, and `{id, code}` of those that were not. `action_id` undoes it."""

    requested: int
    action_id: uuid.UUID
    done: list[int] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)


def decide_bulk(*, workspace: Workspace, ids: Iterable[int], verb: str, by: User, **params: Any) -> Bulk:
    """Do `verb` to each of `ids`, each in a transaction of its own; one that can't be is skipped with its code.

    `params` are those of the verb (reject: reason, note; snooze: until; merge: into; approve: edits; undo: confirm).
    Raises `Invalid` for an unknown verb, wrong parameters or more than 1,000 ids.
    """
    wanted = list(dict.fromkeys(ids))
    if verb not in VERBS:
        raise Invalid(f"{verb!r} is no verb: use one of {', '.join(VERBS)}.")
    if len(wanted) > MOST:
        raise Invalid(f"At most {MOST:,} at once.")
    batch = uuid.uuid4()
    result = Bulk(requested=len(wanted), action_id=batch)
    extra = {} if verb == "undo" else {"batch": batch}
    own = set(Proposal.objects.filter(workspace=workspace, pk__in=wanted).values_list("pk", flat=True))
    for pk in wanted:
        if pk not in own:
            result.skipped.append({"id": pk, "code": "not_found"})
            continue
        try:
            VERBS[verb](proposal_id=pk, by=by, **extra, **params)
        except Invalid:
            if not result.done and not result.skipped:
                raise  # what is wrong with the first is wrong with the question
            result.skipped.append({"id": pk, "code": "invalid"})
        except DomainError as error:
            result.skipped.append({"id": pk, "code": error.error_code})
        else:
            result.done.append(pk)
    return result


def undo_bulk(*, action_id: uuid.UUID, workspace: Workspace, by: User, confirm: bool = False) -> Bulk:
    """Take back what was done as one, as one. Raises `Conflict` (has_consequences) as `undo` does, and `NotFound`.

    What somebody has taken back or decided anew since is skipped as `changed_since`.
    """
    done, left = undoing.undo_batch(batch=action_id, workspace_id=workspace.pk, by=by, confirm=confirm)
    skipped = [{"id": pk, "code": "changed_since"} for pk in left]
    return Bulk(requested=len(done) + len(left), action_id=action_id, done=done, skipped=skipped)
