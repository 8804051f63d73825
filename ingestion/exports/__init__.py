"""History from other programs: one file for each format, all registered here.

    with open_export(path) as export:
        for item in export:            # MessageDraft or Skipped
            bar.update(export.position, export.size)

A new format is one module with a `FORMAT`, and its name in `REGISTRY`.
"""

from pathlib import Path
from typing import Unpack

from ingestion.drafts import NotThisFormat
from ingestion.exports import csvtable, discord, jsonl, mail, mattermost, slack, telegram
from ingestion.exports.base import CutFile, Export, Format, Item, Options, Told
from ingestion.exports.files import Broken, Files, UnsafeArchive, open_files

__all__ = ["REGISTRY", "CutFile", "Export", "Item", "UnsafeArchive", "detect", "open_export"]

# In the order of detection: what is told most surely by its first bytes comes first.
_FORMATS = (
    telegram.FORMAT,
    slack.FORMAT,
    discord.FORMAT,
    mattermost.FORMAT,
    jsonl.FORMAT,
    mail.MAILDIR,
    mail.MBOX,
    csvtable.FORMAT,
)
REGISTRY: dict[str, Format] = {format_.name: format_ for format_ in _FORMATS}


def detect(path: str | Path) -> str:
    """The name of the format at `path` (a file, a folder or a zip). Raises NotThisFormat when there is none."""
    files = open_files(Path(path))
    try:
        return _find(files, "auto")[0].name
    finally:
        files.close()


def open_export(path: str | Path, format: str = "auto", **told: Unpack[Told]) -> Export:
    """An export ready to be iterated and then closed.

    `timezone` is for files that give local times without a zone; `label` is the name of a file that lies under another
    one, after which its mailbox is called; `mailbox` for mail: the address, or address/folder,
    that its live source goes by. The others are for CSV, and stand in for what is guessed from its first lines:
    `{"text": "Body", "author": "From", …}`, the name of an encoding, and dates as `strptime` takes them.

    Raises NotThisFormat with one line that says what was found and what to do; iterating raises CutFile after the last
    whole message of a file that breaks off.
    """
    files = open_files(Path(path))
    try:
        found, members = _find(files, format)
        options = Options(**told)
        if found.check is not None:
            found.check(files, members, options)
        files.rewind()
        return Export(found, files, members, options)
    except BaseException:
        files.close()
        raise


def _find(files: Files, name: str) -> tuple[Format, list[str]]:
    if name != "auto" and name not in REGISTRY:
        raise NotThisFormat(f"there is no format {name}; known are {', '.join(REGISTRY)}")
    candidates = list(REGISTRY.values()) if name == "auto" else [REGISTRY[name]]
    for candidate in candidates:
        files.rewind()
        try:
            members = ((name != "auto" and candidate.find_named) or candidate.find)(files)
        except Broken as error:
            raise NotThisFormat(f"{files.label} cannot be read: {error}") from error
        if members:
            return candidate, members
    raise NotThisFormat(_what_it_is(files, candidates))


def _what_it_is(files: Files, candidates: list[Format]) -> str:
    names = [name.rpartition("/")[2] for name in files.names()]
    if any(name.startswith("messages") and name.endswith(".html") for name in names):
        return f"{files.label} is Telegram's HTML export; export again from Telegram Desktop with the format JSON"
    if names and all(name.endswith(".zip") for name in names):
        return f"{files.label} holds another archive: unpack it first"
    expected = " or ".join(candidate.label for candidate in candidates)
    return f"{files.label} is not an export that can be read here; expected {expected}"
