"""Mail from files: mbox, a Maildir, or a folder of `.eml` files; each mail is read by the live channel's parser."""

import re
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ingestion.channels.email import parse_mail
from ingestion.drafts import MessageDraft, Skipped
from ingestion.exports.base import Format, Item, Options
from ingestion.exports.files import Broken, CountedStream, Files
from ingestion.exports.mbox import LONGEST, LOOK, POSTMARK, split
from ingestion.text import clean_id

_CHUNK = 256 * 1024
_HEAD = 1024 * 1024
_SUBJECTS = 20_000

_HEADER = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")
_OWNER = re.compile(rb"^(?:Delivered-To|X-Original-To):[ \t]*<?([^\s<>]+@[^\s<>]+?)>?[ \t]*\r?$", re.MULTILINE | re.I)
_IN_MAILDIR = re.compile(r"(?:(?P<folder>[^/]+(?:/[^/]+)*)/)?(?:cur|new)/(?P<name>[^/]+)")


def find_mailbox(files: Files) -> list[str]:
    """Mailbox files that begin as one does; else what a Maildir or a folder of `.eml` files holds."""
    names = files.names()
    likely = [name for name in names if len(names) == 1 or name.endswith((".mbox", ".mbx")) or _is_bare(name)]
    return [name for name in likely if _is_mbox(files, name)] or find_maildir(files)


def find_maildir(files: Files) -> list[str]:
    """The mails of the folders `cur` and `new`, or the `.eml` files; the first one must look like a mail."""
    names = files.names()
    found = [name for name in names if _IN_MAILDIR.fullmatch(name)] or [n for n in names if n.lower().endswith(".eml")]
    if not found:
        return []
    with files.open(found[0]) as stream:
        return found if _HEADER.match(stream.read(LOOK)) else []


def read(files: Files, members: list[str], options: Options) -> Iterator[Item]:
    """Drafts in the order of the files. A mailbox whose last mail is not whole raises Broken, or is told as skipped."""
    threads = _Subjects()
    owner = options.mailbox or _owner(files, members[:20])
    called = options.label or files.label
    if _is_mail(members[0]):
        for member in members:
            for item in _file(files, member, owner or _stem(called)):
                yield threads.placed(item)
        return
    for member in members:
        channel = _folder(owner, called if member == files.label else member, members)
        try:
            with files.open(member) as stream:
                for item in _mailbox(stream, member if len(members) > 1 else "", channel):
                    yield threads.placed(item)
        except Broken as error:
            if len(members) == 1:
                raise
            yield Skipped(member, f"it breaks off: {error}")


class _Subjects:
    """Threads by subject, for answers that name no mail before them."""

    def __init__(self) -> None:
        self._threads: OrderedDict[tuple[str, str], str] = OrderedDict()

    def placed(self, item: Item) -> Item:
        if isinstance(item, Skipped) or not item.thread_title:
            return item
        key = item.channel.external_id, item.thread_title.casefold()
        if not item.thread and item.metadata.get("by_subject"):
            return replace(item, thread=self._threads.get(key, ""))
        if item.thread and key not in self._threads:
            self._threads[key] = item.thread
            if len(self._threads) > _SUBJECTS:
                self._threads.popitem(last=False)
        return item


def _mailbox(stream: CountedStream, member: str, channel: str) -> Iterator[Item]:
    for raw in split(stream):
        place = f"{member} mail {raw.number}".strip()
        yield _item(place, raw.data, channel, raw.received, is_cut=raw.is_cut)


def _file(files: Files, member: str, base: str) -> Iterator[Item]:
    """A mail in a file of its own."""
    found = _IN_MAILDIR.fullmatch(member)
    folder, name = (found["folder"] or "", found["name"]) if found else ("", member)
    try:
        with files.open(member) as stream:
            data = _whole(stream, LONGEST + 1)
    except Broken as error:
        yield Skipped(member, str(error))
        return
    seconds = name.partition(".")[0]
    received = datetime.fromtimestamp(int(seconds), UTC) if re.fullmatch(r"[1-9]\d{8,9}", seconds, re.ASCII) else None
    channel = f"{base}/{folder.lstrip('.')}" if folder.startswith(".") else base
    yield _item(member, data[:LONGEST], channel, received, is_cut=len(data) > LONGEST)


def _item(place: str, data: bytes, channel: str, received: datetime | None, *, is_cut: bool) -> MessageDraft | Skipped:
    if not _HEADER.match(data):
        return Skipped(place, "it has no headers")
    draft = parse_mail(data, channel=clean_id(channel), received=received)
    return replace(draft, metadata={**draft.metadata, "cut": True}) if is_cut else draft


def _owner(files: Files, members: Sequence[str]) -> str:
    """Whose mailbox it is: the address that most of its first mails were delivered to; "" where none says so."""
    counts: Counter[bytes] = Counter()
    for member in members:
        try:
            with files.open(member) as stream:
                counts.update(found.lower() for found in _OWNER.findall(_whole(stream, _HEAD // len(members))))
                stream.forget()
        except Broken:
            break  # told when it is read
    best = counts.most_common(1)
    return clean_id(best[0][0].decode("utf-8", "replace")) if best else ""


def _folder(owner: str, member: str, members: Sequence[str]) -> str:
    """The channel of a mailbox file: whose it is, and which of their folders, as a live source names it."""
    stem = _stem(member)
    if not owner:
        return stem
    return owner if len(members) == 1 or stem.lower() == "inbox" else f"{owner}/{stem}"


def _whole(stream: CountedStream, most: int) -> bytes:
    parts: list[bytes] = []
    while most > 0 and (data := stream.read(min(most, _CHUNK))):
        parts.append(data)
        most -= len(data)
    return b"".join(parts)


def _is_mbox(files: Files, name: str) -> bool:
    with files.open(name) as stream:
        head = stream.read(LOOK)
    return POSTMARK.match(head) is not None


def _is_mail(name: str) -> bool:
    return _IN_MAILDIR.fullmatch(name) is not None or name.lower().endswith(".eml")


def _is_bare(name: str) -> bool:
    """As Thunderbird names its mailboxes: without an ending."""
    return "." not in name.rpartition("/")[2]


def _stem(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".mbox").removesuffix(".mbx").removesuffix(".zip") or "mail"


MBOX = Format("mbox", "a mailbox (mbox)", find_mailbox, read)
MAILDIR = Format("maildir", "a Maildir", find_maildir, read)
