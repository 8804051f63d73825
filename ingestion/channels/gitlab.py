"""Issues, merge requests and notes from GitLab's webhooks. Pure.

Message ids are the ends of the addresses of what they stand for: "issues/5", "note_77"; the thread is the issue or
merge request. GitLab tells nobody what was deleted.
"""

from collections.abc import Mapping
from typing import Any

from ingestion.channels.base import Reading
from ingestion.channels.forge import host_of, moment, number, part, text, titled
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.text import clean_name, clean_text, kind_name
from ingestion.webhooks.calls import json_object

PLATFORM = "gitlab"
ISSUES = {"issue": "issues", "work_item": "issues", "merge_request": "merge_requests"}


def read(raw: bytes) -> Reading:
    """What a delivery says; never raises."""
    body = json_object(raw)
    if body is None:
        return Reading(why_not="not JSON")
    kind, said = text(body, "object_kind"), part(body, "object_attributes")
    channel = _channel(part(body, "project"))
    if channel is None or not said or kind not in {*ISSUES, "note"}:
        return Reading(why_not="an event that is no issue, merge request or note")
    if kind == "note":
        if said.get("system") is True:
            return Reading(why_not="a note that GitLab wrote itself")
        return _reading(_note(channel, body, said))
    changes = part(body, "changes")
    if text(said, "action") not in ("open", "") and not {"title", "description"} & changes.keys():
        return Reading(why_not=f"an issue with the action {kind_name(text(said, 'action'))}")
    return _reading(_issue(channel, body, said, ISSUES[kind]))


def _reading(draft: MessageDraft | None) -> Reading:
    if draft is None:
        return Reading(why_not="an issue or note without number or time")
    return Reading(draft) if draft.text.strip() else Reading(why_not="nothing is written in it")


def _channel(project: Mapping[str, Any]) -> ChannelDraft | None:
    host, key = host_of(text(project, "web_url")), number(project, "id")
    return ChannelDraft(PLATFORM, f"{host}/{key}", clean_name(text(project, "path_with_namespace"))) if key else None


def _issue(channel: ChannelDraft, body: Mapping[str, Any], said: Mapping[str, Any], word: str) -> MessageDraft | None:
    place, title = number(said, "iid"), text(said, "title")
    thread = f"{word}/{place}"
    words = titled(title, text(said, "description"))
    return _draft(channel, body, said, key=thread if place else "", thread=thread, title=title, words=words)


def _note(channel: ChannelDraft, body: Mapping[str, Any], said: Mapping[str, Any]) -> MessageDraft | None:
    thread, title = "", ""
    for name in ("issue", "work_item", "merge_request"):
        if place := number(part(body, name), "iid"):
            thread, title = f"{ISSUES[name]}/{place}", text(part(body, name), "title")
            break
    else:
        if commit := text(said, "commit_id"):
            thread, title = f"commit/{clean_name(commit, 64)}", text(part(body, "commit"), "title")
    key = number(said, "id")
    words = text(said, "note")
    return _draft(channel, body, said, key=f"note_{key}" if key else "", thread=thread, title=title, words=words)


def _draft(
    channel: ChannelDraft, body: Mapping[str, Any], said: Mapping[str, Any], *, key: str, thread: str, title: str,
    words: str,
) -> MessageDraft | None:  # fmt: skip
    sent_at = moment(said, "created_at")
    if not key or sent_at is None:
        return None
    edited_at = moment(said, "last_edited_at") or moment(said, "updated_at")
    shown, cut = clean_text(words)
    return MessageDraft(
        channel=channel,
        external_id=key,
        author=_author(body, said, channel),
        text=shown,
        sent_at=sent_at,
        edited_at=edited_at if edited_at and edited_at > sent_at else None,
        reply_to="" if key == thread else thread,
        thread=thread,
        thread_title=clean_name(title, 255),
        metadata={"url": text(said, "url")[:1_000]} | ({"cut": True} if cut else {}),
    )


def _author(body: Mapping[str, Any], said: Mapping[str, Any], channel: ChannelDraft) -> PersonDraft | None:
    """Who wrote it. `user` is who set off the event; somebody else's words keep their author, without a name."""
    user, host = part(body, "user"), channel.external_id.partition("/")[0]
    key, acting = number(said, "author_id"), number(user, "id")
    if not (key or acting):
        return None
    name = clean_name(text(user, "name") or text(user, "username")) if key in ("", acting) or not acting else ""
    return PersonDraft(f"{host}/{key or acting}", name, text(user, "username").startswith(("project_", "group_")))
