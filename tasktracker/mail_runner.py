"""One reader for each mailbox that a source names, while `run_mail` runs."""

from ingestion.mail import accounts
from tasktracker.mail_reader import Reader
from tasktracker.runner import Runner


def mail_runner() -> Runner[accounts.Account, Reader]:
    """Runs until SIGTERM or SIGINT."""
    return Runner(name="mail", find=accounts.read_accounts, make=Reader, stop=Reader.stop)
