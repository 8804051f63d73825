"""Which mail servers may be connected to: public ones, and those on private addresses that an operator allows.

Whoever sets a source up writes the server's name, so it passes the guard that addresses of model providers pass: when
it is saved, when it is tested and at each connection. A connection goes to the very address that passed, while TLS
still wants the server's name: a name that answers otherwise a moment later leads nowhere else.
"""

import socket
import ssl
from typing import Any

from django.conf import settings
from imapclient import IMAPClient
from imapclient.imap4 import IMAP4WithTimeout
from imapclient.tls import IMAP4_TLS, wrap_socket

from tasktracker.core.errors import Invalid
from tasktracker.core.llm import guard, ledger

SETTING = "MAIL_ALLOWED_HOSTS"
RESOLVE_SECONDS = 3.0  # what a form waits for a name server


def check_server(host: str, port: int) -> None:
    """Refuse (`Invalid`, address_refused) a server that could not be connected to; nothing to check without one.

    A name that does not resolve now may do so later. Asks a name server, so never inside a transaction.
    """
    if not host:
        return
    ledger.refuse_inside_transaction()
    try:
        guard.vet(host, port, allowed=settings.MAIL_ALLOWED_HOSTS, setting=SETTING, resolver=_leniently)
    except guard.AddressRefused as error:
        raise Invalid(str(error), code="address_refused", field="host") from None


def vetted(host: str, port: int) -> list[str]:
    """The server's addresses, all of which may be connected to; raises OSError, UnicodeError or `AddressRefused`."""
    found = guard.resolve(host, port)
    return guard.vet(host, port, allowed=settings.MAIL_ALLOWED_HOSTS, setting=SETTING, resolver=lambda *_: found)


def connect(host: str, port: int, seconds: float | None) -> socket.socket:
    """A connection to the first vetted address that answers; raises as `vetted`."""
    failed: OSError | None = None
    for address in vetted(host, port):
        try:
            return socket.create_connection((address, port), seconds)
        except OSError as error:
            failed = error
    raise failed or OSError("no address")


class VettedClient(IMAPClient):
    """imapclient, whose connections are made by `connect`; names in certificates are checked as ever."""

    def _create_IMAP4(self) -> Any:
        seconds = getattr(self._timeout, "connect", None)
        if self.ssl:
            return _Tls(self.host, self.port, self.ssl_context, seconds)
        return _Plain(self.host, self.port, seconds)


class _Plain(IMAP4WithTimeout):
    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        return connect(self.host, self.port, timeout if timeout is not None else self._timeout)


class _Tls(IMAP4_TLS):
    def _create_socket(self, timeout: float | None = None) -> ssl.SSLSocket:
        sock = connect(self.host, self.port, timeout if timeout is not None else self._timeout)
        wrapped: ssl.SSLSocket = wrap_socket(sock, self.ssl_context, self.host)
        return wrapped


def _leniently(host: str, port: int) -> list[str]:
    return guard.resolve_leniently(host, port, seconds=RESOLVE_SECONDS)
