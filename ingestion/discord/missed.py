"""What was missed while no session could be resumed, fetched channel by channel."""

from ingestion.discord import accounts
from ingestion.discord.rest import PAGE, DiscordAway, Rest


def fetch_next(*, source_id: int, rest: Rest) -> bool:
    """Take over one channel's next page; whether there may be more. Raises `DiscordAway`.

    The first page of a channel is preceded by a look at what became of the newest messages from before the gap.
    """
    gap = accounts.position_of(source_id=source_id).gap
    if not gap:
        return False
    channel, after = next(iter(gap.items()))
    try:
        if after != "0":
            _look_back(source_id=source_id, rest=rest, channel=channel, last=after)
        while True:
            page = rest.messages(channel, after=after)
            newest = page[-1]["id"] if page else after
            is_last = len(page) < PAGE
            accounts.store_page(source_id=source_id, channel=channel, messages=page, after=newest, is_last=is_last)
            if is_last or rest.pause:
                return True
            after = newest
    except DiscordAway as error:
        if not error.is_closed:
            raise
        accounts.store_page(source_id=source_id, channel=channel, messages=[], after=after, is_last=True)
        return True


def _look_back(*, source_id: int, rest: Rest, channel: str, last: str) -> None:
    """Edits and deletions of the newest messages up to `last`; of what is older they are not seen."""
    page = rest.messages(channel, before=str(int(last) + 1))
    if not page:
        return  # where a bot may not read the history Discord shows nothing, too: that deletes nothing
    there = {message["id"] for message in page}
    here = accounts.newest_here(source_id=source_id, channel=channel, limit=PAGE)
    # A full page says nothing of what is older than its first message.
    first = int(page[0]["id"]) if len(page) == PAGE else 0
    gone = [key for key in here if key.isdigit() and first <= int(key) <= int(last) and key not in there]
    edited = [message for message in page if message.get("edited_timestamp")]
    accounts.store_looked(source_id=source_id, channel=channel, edited=edited, gone=gone)
