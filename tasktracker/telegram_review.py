"""Review in a private chat: a proposal with its quotes and three buttons, through the same services as the desk.

Whoever presses a button is asked for anew each time: who they are linked to, their role, the walls before them. The
data of a button is only a verb; which proposal is meant is looked up by the message that it stands under, since a
client may send any data.
"""

from html import escape
from urllib.parse import urlsplit

from django.db import transaction
from django.urls import reverse

from ingestion import bot_outbox as outbox
from ingestion.bot import answer
from ingestion.bot_asked import Asked
from ingestion.bot_texts import Texts, texts
from ingestion.models import BotContact, Source
from proposals import selectors, services
from proposals.cards import pieces
from proposals.digests import address
from proposals.models import Proposal, ShownProposal
from tasktracker.core import walls
from tasktracker.core.enums import RejectReason, Role
from tasktracker.core.errors import Conflict, DomainError
from tasktracker.core.models import User
from tasktracker.core.permissions import Access, access_of

QUOTES, QUOTE, BODY = 3, 500, 700  # shown of a proposal; characters of each
APPROVE, REJECT, BACK, BECAUSE = "approve", "reject", "back", "reject:"

type Keyboard = list[list[dict[str, str]]]


def on_review(asked: Asked) -> None:
    """The next proposal that waits, for a linked reviewer."""
    if not asked.is_private:
        answer(asked, asked.said.in_private)
        return
    access = _reviewer(asked)
    if access is None:
        return
    if not _show_next(asked, access):
        answer(asked, asked.said.nothing_waits)


def on_button(asked: Asked) -> None:
    """A press: done, or said kindly why not; the message tells what became of it either way."""
    shown = (
        ShownProposal.objects.select_related("proposal")
        .filter(bot=asked.bot, chat_id=asked.chat_id, message_id=asked.message.get("message_id"))
        .first()
    )
    access = asked.access() if shown is not None and asked.is_private else None
    if shown is None or access is None or access.user.pk != shown.user_id:
        outbox.nod(bot=asked.bot, query_id=asked.query_id, text=asked.said.is_gone)
        return
    if not access.allows(Role.REVIEWER):
        outbox.nod(bot=asked.bot, query_id=asked.query_id, text=asked.said.not_allowed)
        return
    with walls.kept_up(), walls.behind(access.wall):
        _press(asked, shown, access)


def _press(asked: Asked, shown: ShownProposal, access: Access) -> None:
    proposal = _visible(access, shown.proposal_id)
    if proposal is None:
        outbox.nod(bot=asked.bot, query_id=asked.query_id, text=asked.said.is_gone)
        return
    verb, said = asked.words, ""
    if verb in (REJECT, BACK):
        keyboard = reasons(asked.said) if verb == REJECT else buttons(asked.said, proposal)
        if proposal.is_open:
            _rewrite(shown, proposal, asked.said, keyboard)
    else:
        try:
            with transaction.atomic():  # what a refusal leaves half done is taken back
                decided = _decide(proposal, access.user, verb)
        except Conflict as error:
            said = _kindly(error, asked.said)
            decided = False
        except DomainError as error:
            said, decided = error.detail, False
        proposal.refresh_from_db()
        _rewrite(shown, proposal, asked.said, buttons(asked.said, proposal))
        if decided and not _show_next(asked, access):
            answer(asked, asked.said.nothing_waits)
    outbox.nod(bot=asked.bot, query_id=asked.query_id, text=said)


def _decide(proposal: Proposal, user: User, verb: str) -> bool:
    """Whether that was a decision."""
    if verb == APPROVE:
        services.approve(proposal_id=proposal.pk, by=user)
        return True
    reason = verb.removeprefix(BECAUSE)
    if verb.startswith(BECAUSE) and reason in RejectReason.values:
        services.reject(proposal_id=proposal.pk, by=user, reason=reason)
        return True
    return False


def update_shown(*, proposal_id: int) -> set[int]:
    """Have every message that shows the proposal tell what became of it; ids of the bots that have something to send.

    Whoever pressed the button has been told already.
    """
    bots: set[int] = set()
    with transaction.atomic():
        rows = ShownProposal.objects.select_for_update(of=("self",)).select_related("user", "bot")
        for shown in rows.filter(proposal_id=proposal_id):
            workspace_id = Proposal.objects.values_list("workspace_id", flat=True).get(pk=proposal_id)
            access = access_of(shown.user, workspace_id=workspace_id)
            if access is None:
                continue
            with walls.kept_up(), walls.behind(access.wall):
                proposal = _visible(access, proposal_id)
                if proposal is not None and proposal.status != shown.told:
                    said = texts(_language(shown))
                    _rewrite(shown, proposal, said, buttons(said, proposal))
                    bots.add(shown.bot_id)
    return bots


def _reviewer(asked: Asked) -> Access | None:
    """The person's access where they may review; else they are told what is missing."""
    access = asked.access()
    if access is None:
        answer(asked, asked.said.not_linked)
        return None
    if not access.allows(Role.REVIEWER):
        answer(asked, asked.said.not_allowed)
        return None
    return access


def _show_next(asked: Asked, access: Access) -> bool:
    with walls.kept_up(), walls.behind(access.wall):
        proposal = selectors.inbox(access.workspace).select_related("workspace").first()
        if proposal is None:
            return False
        outbox.say(
            bot=asked.bot,
            chat_id=asked.chat_id,
            text=card(proposal, asked.said),
            html=True,
            keyboard=buttons(asked.said, proposal),
            about={"proposal": proposal.pk, "user": access.user.pk},
        )
    return True


def _visible(access: Access, proposal_id: int) -> Proposal | None:
    found = selectors.visible_to(access.user).filter(workspace=access.workspace, pk=proposal_id)
    return found.select_related("workspace", "decided_by").first()


def _rewrite(shown: ShownProposal, proposal: Proposal, said: Texts, keyboard: Keyboard) -> None:
    shown.told = proposal.status
    shown.save(update_fields=["told"])
    outbox.change(
        bot=shown.bot,
        chat_id=shown.chat_id,
        message_id=shown.message_id,
        text=card(proposal, said),
        keyboard=keyboard,
    )


def card(proposal: Proposal, said: Texts) -> str:
    """The proposal as Telegram's HTML, everything out of a chat or a model escaped; what became of it stands first."""
    lines = []
    if proposal.status != Proposal.Status.PENDING:
        lines += [f"<i>{escape(_outcome(proposal, said))}</i>", ""]
    sure = said.confidence.format(value=f"{proposal.confidence:.2f}")
    lines += [f"<b>{escape(proposal.title)}</b>", f"{said.kinds[proposal.kind]} · {sure}"]
    body = str(proposal.payload.get("content") or proposal.payload.get("description") or "")
    if body and body != proposal.title:
        lines += ["", escape(_cut(body, BODY))]
    for piece in pieces(proposal)[:QUOTES]:
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


def _kindly(error: Conflict, said: Texts) -> str:
    if error.error_code != "already_decided":
        return error.detail
    outcome = said.outcomes.get(str(error.extra.get("status")), "")
    return said.was_first.format(who=error.extra.get("decided_by", ""), outcome=outcome)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _language(shown: ShownProposal) -> str:
    """In which language the person speaks to that bot."""
    found = BotContact.objects.filter(bot_id=shown.bot_id, participant__user_id=shown.user_id)
    return found.values_list("language", flat=True).first() or "en"


def keep_shown(*, bot: Source, chat_id: str, message_id: int, about: dict[str, int]) -> None:
    """Remember that a sent message shows a proposal."""
    if Proposal.objects.filter(pk=about["proposal"]).exists() and User.objects.filter(pk=about["user"]).exists():
        ShownProposal.objects.get_or_create(
            bot=bot,
            chat_id=chat_id,
            message_id=message_id,
            defaults={"proposal_id": about["proposal"], "user_id": about["user"]},
        )
