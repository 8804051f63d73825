"""Review in a private chat: a proposal with its quotes and three buttons, through the same services as the desk.

Whoever presses a button is asked for anew each time: who they are linked to, their role, the walls before them. The
data of a button is only a verb; which proposal is meant is looked up by the message that it stands under, since a
client may send any data.
"""

from collections.abc import Sequence
from datetime import timedelta
from html import escape

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from ingestion import bot_outbox as outbox
from ingestion.bot import answer
from ingestion.bot_asked import Asked
from ingestion.bot_texts import Texts, texts
from ingestion.models import BotCall, BotContact
from proposals import selectors, services
from proposals.models import Proposal, ShownProposal
from proposals.shown import STALE
from tasktracker.core import walls
from tasktracker.core.enums import RejectReason, Role
from tasktracker.core.errors import Conflict, DomainError
from tasktracker.core.models import User
from tasktracker.core.permissions import Access, access_of
from tasktracker.telegram_cards import APPROVE, BACK, BECAUSE, REJECT, Keyboard, buttons, card, reasons

LATELY, AT_ONCE = timedelta(days=2), 200  # cards that change by themselves; proposals of one look


def on_review(asked: Asked) -> None:
    """The next proposal that waits, for a linked reviewer."""
    if not asked.is_private:
        answer(asked, asked.said.in_private)
        return
    access = _reviewer(asked)
    if access is None:
        return
    if not _show_next(asked, access) and not _show_next(asked, access, waits=True):
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

    Whoever pressed the button has been told already. Who may not see it any more is left without its words.
    """
    bots: set[int] = set()
    with transaction.atomic():
        rows = ShownProposal.objects.select_for_update(of=("self",)).select_related("user", "bot", "proposal")
        for shown in rows.filter(proposal_id=proposal_id).order_by("pk"):
            if shown.told != shown.proposal.status:
                _update(shown)
                bots.add(shown.bot_id)
    return bots


def update_behind() -> set[int]:
    """The same for all that nobody was told of: those whose words are gone, and what changed lately by itself."""
    lately = Q(shown_at__gt=timezone.now() - LATELY) & ~Q(told=F("proposal__status"))
    behind = ShownProposal.objects.filter(Q(told="") | lately).order_by("proposal_id")
    bots: set[int] = set()
    for proposal_id in behind.values_list("proposal_id", flat=True).distinct()[:AT_ONCE]:
        bots |= update_shown(proposal_id=proposal_id)
    return bots


def _update(shown: ShownProposal) -> None:
    said, are_gone = texts(_language(shown)), not shown.told
    access = access_of(shown.user, workspace_id=shown.proposal.workspace_id)
    if access is not None:
        with walls.kept_up(), walls.behind(access.wall):
            proposal = _visible(access, shown.proposal_id)
            if proposal is not None:
                _rewrite(shown, proposal, said, buttons(said, proposal), are_gone=are_gone)
                return
    _put(shown, shown.proposal.status, escape(said.is_gone), [], are_gone=are_gone)


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


def _show_next(asked: Asked, access: Access, *, waits: bool = False) -> bool:
    """Whether there was one. Only who has decided nothing in this transaction may wait for one that others hold."""
    with walls.kept_up(), walls.behind(access.wall):
        # Locked until this is to be sent: whoever takes words out of it finds the card then, or has been before.
        rows = selectors.inbox(access.workspace).select_for_update(of=("self",), no_key=True, skip_locked=not waits)
        proposal = rows.select_related("workspace").first()
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


def _rewrite(
    shown: ShownProposal, proposal: Proposal, said: Texts, keyboard: Keyboard, *, are_gone: bool = False
) -> None:
    _put(shown, proposal.status, card(proposal, said, are_gone=are_gone), keyboard, are_gone=are_gone)


def _put(shown: ShownProposal, told: str, text: str, keyboard: Keyboard, *, are_gone: bool) -> None:
    # Only over what was read: words that went in the meantime are still to be told of.
    ShownProposal.objects.filter(pk=shown.pk, told=shown.told).update(told=told)
    shown.told = told
    outbox.change(
        bot=shown.bot,
        chat_id=shown.chat_id,
        message_id=shown.message_id,
        text=text,
        keyboard=keyboard,
        about={"card": shown.pk} if are_gone else None,
    )


def not_rewritten(card_ids: Sequence[int]) -> None:
    """These cards have words that are gone, and could not be rewritten in time: they are tried again."""
    ShownProposal.objects.filter(pk__in=card_ids).update(told="")


def _kindly(error: Conflict, said: Texts) -> str:
    if error.error_code != "already_decided":
        return error.detail
    outcome = said.outcomes.get(str(error.extra.get("status")), "")
    return said.was_first.format(who=error.extra.get("decided_by", ""), outcome=outcome)


def _language(shown: ShownProposal) -> str:
    """In which language the person speaks to that bot."""
    found = BotContact.objects.filter(bot_id=shown.bot_id, participant__user_id=shown.user_id)
    return found.values_list("language", flat=True).first() or "en"


@transaction.atomic
def keep_shown(*, call: BotCall, message_id: int) -> None:
    """Remember that a sent message shows a proposal; one whose words have gone meanwhile is to be rewritten."""
    # The lock of whoever takes words away: they have found this call, or find what is kept here.
    rows = Proposal.objects.select_for_update(of=("self",), no_key=True)
    proposal = rows.filter(pk=call.about["proposal"]).first()
    user = User.objects.filter(pk=call.about["user"]).first()
    if proposal is None or user is None:
        return
    stale = BotCall.objects.filter(pk=call.pk, about__has_key=STALE).exists()
    place = {"bot_id": call.bot_id, "chat_id": call.chat_id, "message_id": message_id}
    told = {"told": ""} if stale else {}
    ShownProposal.objects.get_or_create(**place, defaults={"proposal": proposal, "user": user, **told})
