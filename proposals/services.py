"""Everything that may be done at the review desk, by its verb."""

from proposals.auto import auto_approve, check_samples, delete_policy, save_policy, turn_off, turn_on
from proposals.bulk import Bulk, decide_bulk, undo_bulk
from proposals.decisions import approve, edit, reject, snooze, supersede
from proposals.evidence import add_evidence
from proposals.identity import Target
from proposals.intake import take_in
from proposals.saved_filters import delete_filter, save_filter
from proposals.undoing import undo, undo_batch
from proposals.uniting import mark_not_same, merge
from proposals.waking import set_aside_unproven, settle_runs, wake_snoozed

__all__ = [
    "Bulk",
    "Target",
    "add_evidence",
    "approve",
    "auto_approve",
    "check_samples",
    "decide_bulk",
    "delete_filter",
    "delete_policy",
    "edit",
    "mark_not_same",
    "merge",
    "reject",
    "save_filter",
    "save_policy",
    "set_aside_unproven",
    "settle_runs",
    "snooze",
    "supersede",
    "take_in",
    "turn_off",
    "turn_on",
    "undo",
    "undo_batch",
    "undo_bulk",
    "wake_snoozed",
]
