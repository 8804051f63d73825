"""A proposal as a message of a private chat: its card in Telegram's HTML, and the buttons under it."""

from html import escape
from urllib.parse import urlsplit

from django.urls import reverse

from ingestion.bot_texts import Texts
from proposals.cards import pieces
from proposals.digests import address
from proposals.models import Proposal
from tasktracker.core.enums import RejectReason

QUOTES, QUOTE, BODY = 3, 500, 700  # shown of a proposal; characters of each
APPROVE, REJECT, BACK, BECAUSE = "approve", "reject", "back", "reject:"

type Keyboard = list[list[dict[str, str]]]


def card(proposal: Proposal, said: Texts, *, are_gone: bool = False) -> str:
    """The proposal as Telegram's HTML, everything out of a chat or a model escaped; what became of it stands first.

    With `are_gone` it says that words of it were deleted.
    """
    lines = [f"<i>{escape(said.words_gone)}</i>", ""] if are_gone else []
    if proposal.status != Proposal.Status.PENDING:
        lines += [f"<i>{escape(_outcome(proposal, said))}</i>", ""]
    sure = said.confidence.format(value=f"{proposal.confidence:.2f}")
    lines += [f"<b>{escape(proposal.title)}</b>", f"{said.kinds[proposal.kind]} · {sure}"]
    body = str(proposal.payload.get("content") or proposal.payload.get("description") or "")
    if body and body != proposal.title:
        lines += ["", escape(_cut(body, BODY))]
    for piece in [each for each in pieces(proposal) if each.quote.text.strip()][:QUOTES]:
        lines += [f"<blockquote>{escape(_cut(piece.quote.text, QUOTE))}</blockquote>{escape(piece.author)}"]
    if not _has_button(link := _address(proposal)):
        lines += ["", escape(link)]
    return "\n".join(lines)


def buttons(said: Texts, proposal: Proposal) -> Keyboard:
    """Approve, Reject, Open; only the last where it is decided."""
    link = _address(proposal)
    rows: Keyboard = []
    if proposal.is_open:
        rows.append([{"text": said.approve, "callback_data": APPROVE}, {"text": said.reject, "callback_data": REJECT}])
    if _has_button(link):
        rows.append([{"text": said.open, "url": link}])
    return rows


def reasons(said: Texts) -> Keyboard:
    """Why it is rejected; two in a row."""
    found = [{"text": said.reasons[value], "callback_data": BECAUSE + value} for value in RejectReason.values]
    return [*(found[at : at + 2] for at in range(0, len(found), 2)), [{"text": said.back, "callback_data": BACK}]]


def _address(proposal: Proposal) -> str:
    return address(reverse("proposals:proposal", args=[proposal.pk]), proposal.workspace)


def _has_button(link: str) -> bool:
    """Telegram takes no button that leads to a name without a dot, or to a number: there the address is text."""
    host = urlsplit(link).hostname or ""
    return "." in host and not host.replace(".", "").isdigit()


def _outcome(proposal: Proposal, said: Texts) -> str:
    outcome = said.outcomes[proposal.status]
    if proposal.decided_at is None:
        return outcome
    return f"{outcome} · {proposal.decider if proposal.decided_by else said.by_policy}"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
