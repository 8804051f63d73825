"""Issues, pull requests and comments from GitHub's webhooks. Pure.

The event is told by the body, which is signed, and not by the header, which is not. Message ids are the ends of the
addresses of what they stand for: "issues/5", "issuecomment-77"; the thread is the issue or pull request.
"""

from collections.abc import Mapping
from typing import Any

from ingestion.channels.base import Reading
from ingestion.channels.forge import host_of, moment, number, part, text, titled
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.text import clean_id, clean_name, clean_text, kind_name
from ingestion.webhooks.calls import json_object

PLATFORM = "github"
SAID = frozenset({"opened", "created", "edited", "submitted", "transferred"})
GONE = frozenset({"deleted", "dismissed"})


def read(raw: bytes) -> Reading:
    """What a delivery says; never raises."""
    body = json_object(raw)
    if body is None:
        return Reading(why_not="not JSON")
    if "zen" in body:
        return Reading(why_not="a ping")
    repository, action = part(body, "repository"), text(body, "action")
    channel = _channel(repository)
    about = part(body, "pull_request") or part(body, "issue")
    comment = part(body, "comment") or part(body, "review")
    if channel is None or not about:
        return Reading(why_not="an event that is no issue, pull request or comment")
    if action == "renamed":
        return Reading(why_not="a repository under a new name", renamed=channel)
    if action not in SAID | GONE:
        return Reading(why_not=f"an issue or comment that was {kind_name(action) if action else 'touched'}")
    draft = _draft(channel, about, comment)
    if draft is None:
        return Reading(why_not="an issue or comment without number, address or time")
    if action in GONE:
        return Reading(draft, is_deleted=True)
    if not draft.text.strip():
        return Reading(why_not="nothing is written in it")
    return Reading(draft)


def _channel(repository: Mapping[str, Any]) -> ChannelDraft | None:
    key, name = number(repository, "id"), clean_name(text(repository, "full_name"))
    host = host_of(text(repository, "html_url")) or "github.com"
    return ChannelDraft(PLATFORM, f"{host}/{key}", name) if key else None


def _draft(channel: ChannelDraft, about: Mapping[str, Any], comment: Mapping[str, Any]) -> MessageDraft | None:
    said = comment or about
    place = number(about, "number")
    # Comments on a pull request come with its issue, which says that it is one.
    is_pull = "pull_request" in about or "head" in about or "/pull/" in text(about, "html_url")
    thread = f"{'pull' if is_pull else 'issues'}/{place}"
    address = text(said, "html_url")
    key = clean_id(address.rpartition("#")[2]) if comment and "#" in address else "" if comment else thread
    sent_at = moment(said, "created_at") or moment(said, "submitted_at")
    if not place or not key or sent_at is None:
        return None
    words = text(said, "body")
    shown, cut = clean_text(words if comment else titled(text(about, "title"), words))
    edited_at = moment(said, "updated_at")
    answered = number(comment, "in_reply_to_id")
    return MessageDraft(
        channel=channel,
        external_id=key,
        author=_author(part(said, "user"), channel),
        text=shown,
        sent_at=sent_at,
        edited_at=edited_at if edited_at and edited_at > sent_at else None,
        reply_to="" if key == thread else f"discussion_r{answered}" if answered else thread,
        thread=thread,
        thread_title=clean_name(text(about, "title"), 255),
        metadata={"url": address[:1_000]} | ({"cut": True} if cut else {}),
    )


def _author(user: Mapping[str, Any], channel: ChannelDraft) -> PersonDraft | None:
    key, login = number(user, "id"), clean_name(text(user, "login"))
    host = channel.external_id.partition("/")[0]
    return PersonDraft(f"{host}/{key}", login, text(user, "type") == "Bot") if key else None
