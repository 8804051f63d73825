"""Asking a mailbox whether it can be read."""

from ingestion.mail.accounts import account_of
from ingestion.mail.imap import Mailbox, MailboxAway
from ingestion.models import Source


def probe_mailbox(source: Source) -> tuple[bool, str]:
    """Log in and open each folder, as `run_mail` does; whether that went well, and a sentence for who asked."""
    try:
        account = account_of(source)
    except ValueError as error:
        return False, str(error)
    try:
        mailbox = Mailbox(account)
        try:
            found = {folder: mailbox.look(folder, None) for folder in account.folders}
        finally:
            mailbox.close()
    except MailboxAway as error:
        return False, str(error)
    counts = ", ".join(f"{folder} ({len(one.uids)})" for folder, one in found.items())
    since = f" of the last {account.history_days} days" if account.history_days else ""
    how = (
        "New ones come at once." if mailbox.has_idle else "The server tells nothing by itself: it is asked each minute."
    )
    return True, f"Connected as {account.user}. Mails{since}: {counts}. {how}"
