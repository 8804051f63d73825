"""A mail server on a private address gets no connection, at no door, unless an operator allows it."""

import json
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from ingestion.mail import servers
from ingestion.mail.accounts import account_of
from ingestion.mail.imap import Mailbox, MailboxAway
from ingestion.models import Source
from ingestion.probing import probe
from tasktracker.core.llm import guard
from tasktracker.core.tests.factories import Person
from tasktracker.tests.support import some
from tasktracker.tests.test_ssrf import NAME, PUBLIC, Trap, names

pytestmark = pytest.mark.django_db(transaction=True)

PRIVATE = (
    *("127.0.0.1", "::1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::ffff:127.0.0.1"),
    *("64:ff9b::7f00:1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost"),
)


@pytest.fixture
def trap() -> Iterator[Trap]:
    made = Trap()
    yield made
    made._socket.close()


def mailbox(owner: Person, host: str, port: int = 993, tls: str = "none") -> Source:
    config = {"host": host, "port": port, "tls": tls, "user": "team", "folders": ["INBOX"]}
    source = Source(workspace=owner.workspace, name="box", kind=Source.Kind.EMAIL, config=config)
    source.set_secret("hunter2")
    source.save()
    return source


def test_no_private_address_is_connected_to_in_whatever_way_it_is_written(
    owner: Person, trap: Trap, settings: Settings
) -> None:
    settings.MAIL_ALLOWED_HOSTS = [f"127.0.0.1:{trap.port + 1}", f"other:{trap.port}"]
    source = mailbox(owner, "x", trap.port)
    for place, host in enumerate(PRIVATE):
        source.config = {**source.config, "host": host}
        for tls in some(("none", "starttls", "tls"), 3, place):
            source.config["tls"] = tls
            with pytest.raises(MailboxAway, match=r"not a public address.*MAIL_ALLOWED_HOSTS") as refused:
                Mailbox(account_of(source))
            assert refused.value.is_final
        tried = probe(source)
        assert not tried.ok
        assert "MAIL_ALLOWED_HOSTS" in tried.detail
    assert trap.close() == 0


def test_the_connection_goes_to_the_address_that_passed_and_the_certificate_is_that_of_the_name(
    owner: Person, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.MAIL_ALLOWED_HOSTS = []
    tried: list[Any] = []
    wanted: list[Any] = []

    def create(address: tuple[str, int], *_: Any) -> socket.socket:
        tried.append(address)
        ours, _theirs = socket.socketpair()
        return ours

    def wrap(self: ssl.SSLContext, sock: socket.socket, **how: Any) -> ssl.SSLSocket:
        wanted.append(how["server_hostname"])
        sock.close()
        raise ConnectionResetError

    source = mailbox(owner, NAME, tls="tls")
    with names(monkeypatch, PUBLIC, "127.0.0.1") as asked:
        monkeypatch.setattr(socket, "create_connection", create)
        monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap)
        with pytest.raises(MailboxAway, match="does not answer"):
            Mailbox(account_of(source))
        assert (asked, tried, wanted) == ([NAME], [(PUBLIC, 993)], [NAME])
        # The name leads elsewhere now: it is looked up and vetted for each connection.
        with pytest.raises(MailboxAway, match="not a public address"):
            Mailbox(account_of(source))
        assert len(tried) == 1


def test_an_operator_allows_one_server_however_its_name_is_written(settings: Settings) -> None:
    settings.MAIL_ALLOWED_HOSTS = ["LocalHost:143", "[::1]:993"]
    assert "127.0.0.1" in servers.vetted("lOCALhOST", 143)
    assert servers.vetted("::1", 993) == ["::1"]
    for host, port in (("localhost", 993), ("127.0.0.1", 143), ("::1", 143)):
        with pytest.raises(guard.AddressRefused, match="MAIL_ALLOWED_HOSTS"):
            servers.vetted(host, port)


@pytest.mark.parametrize("way", ["page", "api", "admin"])
def test_it_can_not_be_saved_either(owner: Person, way: str, settings: Settings) -> None:
    settings.MAIL_ALLOWED_HOSTS = ["127.0.0.1:1993"]
    owner.user.is_staff = True
    owner.user.save()
    client = Client(headers={"host": "localhost"})
    client.force_login(owner.user)

    def save(port: int, host: str = "127.0.0.1") -> Any:
        config = {"host": host, "port": port, "user": "team", "folders": ["INBOX"]}
        values = {"name": "box", "kind": "email", "is_active": "on"}
        if way == "api":
            body = {"name": "box", "kind": "email", "config": config, "secret": "hunter2"}
            return client.post("/api/sources", body, content_type="application/json")
        if way == "admin":
            form = {**values, "workspace": owner.workspace.pk, "config": json.dumps(config), "secret": "hunter2"}
            return client.post("/admin/ingestion/source/add/", form)
        form = {**values, "way": "imap", "host": host, "port": port, "user": "team", "password": "hunter2"}
        return client.post("/settings/sources/new/?kind=email", form)

    refused = save(993)
    assert refused.status_code in (400, 422), refused.content
    assert "not a public address" in refused.content.decode()
    assert not Source.objects.exists()
    assert save(1993).status_code in (201, 302)
    source = Source.objects.get()
    assert (source.config["host"], source.open_secret()) == ("127.0.0.1", "hunter2")
    if way == "api":
        body = {"config": {**source.config, "host": "169.254.169.254"}}
        assert client.patch(f"/api/sources/{source.pk}", body, content_type="application/json").status_code == 400
        source.refresh_from_db()
        assert source.config["host"] == "127.0.0.1"
