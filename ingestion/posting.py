"""The statements of a post: whose token it is, where it belongs, and the insert that trusts what was read before."""

from collections.abc import Sequence
from typing import NamedTuple

from ingestion.models import Channel, Participant, Source
from ingestion.storage import INSERTING, Place, Placed, insert_new
from ingestion.tidy import API_PLATFORM
from tasktracker.core.authentication import OWNER_COLUMNS, OWNER_TABLES, owner_in
from tasktracker.core.events import MessageReceived, announce_later, telling
from tasktracker.core.models import ApiToken
from tasktracker.core.paths import is_number
from tasktracker.core.rows import columns, instances, planned_cursor
from tasktracker.core.services import digest

# As it is when a post is looked up and when it is inserted, or the insert leaves it out: each is one that somebody
# wrote meanwhile. Of the token only what matters, since it is written for its last use.
VERSION = (
    "concat_ws(',', t.digest, t.user_id, t.workspace_id, t.scope, t.expires_at,"
    " u.xmin, u.is_active, w.xmin, m.xmin, m.role, s.xmin, c.xmin, p.xmin)"
)

# What a post of a source `s` belongs to, where it is there.
PLACE = """
LEFT JOIN ingestion_channel c
    ON c.workspace_id = s.workspace_id AND c.platform = %(platform)s AND c.external_id = s.id || '/' || %(channel)s
LEFT JOIN ingestion_participant p
    ON p.workspace_id = s.workspace_id AND p.platform = %(platform)s AND p.external_id = %(author)s
"""

# The rows of what is posted: its source by name or id, the channel in it, the author.
FIND_POSTED = f"""
SELECT {columns(Source, "s")}, {columns(Channel, "c")}, {columns(Participant, "p")}
FROM ingestion_source s
{PLACE}
WHERE s.workspace_id = %(workspace)s AND (s.name = %(name)s OR s.id = %(id)s)
ORDER BY s.id = %(id)s DESC NULLS LAST LIMIT 1
"""  # noqa: S608  # the columns are those of our models

# And with the token of who posts, which says in which workspace to look.
FIND_POST = f"""
SELECT {OWNER_COLUMNS}, {columns(Source, "s")}, {columns(Channel, "c")}, {columns(Participant, "p")}, {VERSION}
FROM {OWNER_TABLES}
LEFT JOIN LATERAL (
    SELECT *, xmin FROM ingestion_source s
    WHERE s.workspace_id = t.workspace_id AND (s.name = %(name)s OR s.id = %(id)s)
    ORDER BY s.id = %(id)s DESC NULLS LAST LIMIT 1
) s ON TRUE
{PLACE}
WHERE t.digest = %(token)s
"""  # noqa: S608  # the columns are those of our models

# The rows that were read before, as they are now.
PROVEN = f"""
JOIN ({OWNER_TABLES}) ON t.id = fresh.token
JOIN ingestion_source s ON s.id = %b
JOIN ingestion_channel c ON c.id = fresh.channel
JOIN ingestion_participant p ON p.id = fresh.author
WHERE {VERSION} = fresh.version
ORDER BY fresh.channel, fresh.external_id COLLATE "C"
"""
INSERT_PROVEN = INSERTING.format(types=", %b::bigint[], %b::text[]", names=", token, version", where=PROVEN)
# With the event of each in one statement, which needs no transaction around it: two round trips fewer.
INSERT_AND_TELL = f"""
WITH made AS ({INSERT_PROVEN}, workspace_id, source_id, author_id),
told AS ({telling(MessageReceived, "made", source="source_id", channel="channel_id", author="author_id")})
SELECT id, channel_id, external_id FROM made
"""  # noqa: S608  # the columns are those of our models


class Found(NamedTuple):
    """What the database knows of a post; `version` changes with each row of it."""

    caller: ApiToken
    source: Source | None
    place: Place
    version: str


def find_posted(
    *, workspace_id: int, source: str, channel: str = "", author: str | None = None
) -> tuple[Source | None, Place]:
    """A source by id or name (an id goes first), and the place in it of a message with this channel and author id."""
    with planned_cursor() as cursor:
        cursor.execute(FIND_POSTED, {"workspace": workspace_id, **_asked(source, channel, author)})
        row = cursor.fetchone()
    if row is None:
        return None, Place(None, None)
    found, *place = instances((Source, Channel, Participant), row)
    return found, Place(*place)


def find_post(*, token: str, source: str, channel: str, author: str) -> Found | None:
    """`token_owner` and `find_posted` in one look; None for a token that opens nothing."""
    with planned_cursor() as cursor:
        cursor.execute(FIND_POST, {"token": digest(token), **_asked(source, channel, author)})
        row = cursor.fetchone()
    if row is None:
        return None
    owner, found, *place = owner_in(row, Source, Channel, Participant)
    return Found(owner, found, Place(*place), row[-1]) if owner is not None else None


def _asked(source: str, channel: str, author: str | None) -> dict[str, str | int | None]:
    return {
        "platform": API_PLATFORM,
        "name": source,
        "id": int(source) if is_number(source) else None,
        "channel": channel,
        "author": author,
    }


def insert_and_tell(
    placed: Sequence[Placed], proofs: Sequence[Found], *, workspace_id: int, source_id: int
) -> dict[tuple[int, str], int]:
    """`insert_new` of those whose proof (one for each) still holds, with a MessageReceived for each of the new ones."""
    more = [[proof.caller.pk for proof in proofs], [proof.version for proof in proofs], source_id]
    new = insert_new(placed, workspace_id=workspace_id, source_id=source_id, statement=INSERT_AND_TELL, more=more)
    announce_later(MessageReceived, workspace_id=workspace_id, object_ids=new.values())
    return new
