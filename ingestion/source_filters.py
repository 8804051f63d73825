"""What a source takes and leaves out, as it is stored: checked here, applied where messages are taken."""

from typing import Any

from tasktracker.core.errors import Invalid

# Place → the lists that it may hold.
SHAPE: dict[str, tuple[str, ...]] = {"take": ("channels",), "skip": ("channels", "authors", "patterns")}
MOST = 200  # entries of one list
LONGEST = 200  # characters of one entry


def clean_filters(given: Any) -> dict[str, dict[str, list[str]]]:
    """`given` in its stored form, without what is empty: `{"take": {"channels": […]}, "skip": {"authors": […]}}`.

    Raises `Invalid` (field `filters`), which names the part that is wrong.
    """
    if not isinstance(given, dict):
        raise refused('Filters are an object such as {"skip": {"authors": ["Bot"]}}.')
    for place in given:
        if place not in SHAPE:
            raise refused(f"Filters know {' and '.join(SHAPE)}, not {place!r}.")
    found = {place: clean_place(place, value) for place, value in given.items()}
    return {place: lists for place, lists in found.items() if lists}


def clean_place(place: str, given: Any) -> dict[str, list[str]]:
    """The lists of "take" or of "skip"."""
    if not isinstance(given, dict):
        raise refused(f"{place} is an object of lists: {', '.join(SHAPE[place])}.")
    lists: dict[str, list[str]] = {}
    for name, entries in given.items():
        if name not in SHAPE[place]:
            raise refused(f"{place} knows {', '.join(SHAPE[place])}, not {name!r}.")
        if kept := clean_entries(f"{place}.{name}", entries):
            lists[name] = kept
    return lists


def clean_entries(where: str, given: Any) -> list[str]:
    """Each entry once, trimmed, in its order."""
    if not isinstance(given, list) or not all(isinstance(entry, str) for entry in given):
        raise refused(f"{where} is a list of texts.")
    kept = list(dict.fromkeys(text for entry in given if (text := entry.replace("\x00", "").strip())))
    if len(kept) > MOST:
        raise refused(f"{where} has {len(kept)} entries; at most {MOST} are possible.")
    for entry in kept:
        if len(entry) > LONGEST or "\n" in entry:
            raise refused(f"{where}: an entry is one line of at most {LONGEST} letters; this is not: {entry[:40]}…")
    return kept


def refused(detail: str) -> Invalid:
    return Invalid(detail, field="filters")
