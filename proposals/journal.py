"""The journal of a decision, which changes by hand share: see core."""

from tasktracker.core.journal import Change, Journal, is_claim, read, revert, snapshot, unchanged

__all__ = ["Change", "Journal", "is_claim", "read", "revert", "snapshot", "unchanged"]
