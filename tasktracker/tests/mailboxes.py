"""The real reader of mailboxes in tests: as a process, or on a thread of the test's own."""

import contextlib
from typing import Any

from ingestion.mail import accounts
from ingestion.models import Source
from tasktracker import stack
from tasktracker.core.services import ensure_workspace
from tasktracker.embedded import Child
from tasktracker.mail_reader import Reader
from tasktracker.tests.dovecot import PASSWORD, USER, Dovecot
from tasktracker.tests.workers import Process, running


def mailbox_source(server: Dovecot, *, password: str = PASSWORD, **config: Any) -> Source:
    """A source for the server's mailbox, in the workspace `default`."""
    told = {"host": "127.0.0.1", "port": server.port, "user": USER, "tls": "none", "folders": ["INBOX"], **config}
    source = Source(workspace=ensure_workspace(slug="default"), name="Mail", kind=Source.Kind.EMAIL, config=told)
    source.set_secret(password)
    source.save()
    return source


def reading(source: Source) -> contextlib.AbstractContextManager[Reader]:
    """Read the source's mailbox; on leaving, the reader is stopped as by SIGTERM, and whatever broke it is raised."""
    return running(lambda: Reader(accounts.account_of(source)), Reader.stop)


class MailProcess(Process):
    """`manage.py run_mail`."""

    @staticmethod
    def make(plan: stack.Plan) -> Child:
        return stack.mail(plan)
