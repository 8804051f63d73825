"""EMAIL_URL against a real SMTP server over a socket: letters arrive by TLS with a name and password, or not at all."""

import base64
import json
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.mail import EmailMessage
from django.test import Client
from django.utils.module_loading import import_string
from pytest_django.fixtures import Settings

from tasktracker.core.account_models import PasswordLink
from tasktracker.core.models import User
from tasktracker.core.tests.factories import PASSWORD, Person, make_person
from tasktracker.core.throttling import counters
from tasktracker.envvalues import checked_email_url, mailers
from tasktracker.tests.support import free_port

# aiosmtpd warns of what it can't see: that there is TLS from the start.
pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")]
NAME, WORD = b"tasks@example.org", b"p@ss:w/rd"
LOGIN = "tasks%40example.org:p%40ss%3Aw%2Frd@"
OTHER = "another long password"


@dataclass(frozen=True)
class Letter:
    """What came, and how."""

    to: list[str]
    by: str
    encrypted: bool
    known: bool
    message: Any

    @property
    def text(self) -> str:
        return str(self.message.get_content())


class Box:
    """The server's memory."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        encrypted = server.transport.get_extra_info("ssl_object") is not None
        known = bool(session.authenticated)
        self.letters.append(Letter(envelope.rcpt_tos, envelope.mail_from, encrypted, known, message))
        return "250 kept"


def known(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (NAME, WORD)
    return AuthResult(success=right, handled=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate for localhost that nobody trusts unless told to, and the server's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("smtp") / "server.pem"
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    trusted = path.with_name("trusted.pem")
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return trusted, context


type Start = Callable[..., tuple[Box, str]]


@pytest.fixture
def start(certificate: tuple[Path, ssl.SSLContext], settings: Settings) -> Iterator[Start]:
    """`start("smtp")` starts a server that speaks as such an EMAIL_URL wants it, and sets the mail up for it."""
    running: list[Controller] = []

    def begin(scheme: str, login: str = LOGIN, *, speaks: str = "", host: str = "localhost") -> tuple[Box, str]:
        box, port, context = Box(), free_port(), certificate[1]
        how: dict[str, Any] = {
            "smtp": {"tls_context": context, "require_starttls": True, "authenticator": known, "auth_required": True},
            # aiosmtpd knows no other TLS than STARTTLS when it asks for TLS before a password
            "smtps": {
                "ssl_context": context, "authenticator": known, "auth_required": True, "auth_require_tls": False,
            },
            "smtp+plain": {},
        }[speaks or scheme]  # fmt: skip
        server = Controller(box, hostname="127.0.0.1", port=port, **how)
        server.start()
        running.append(server)
        url = checked_email_url(f"{scheme}://{login}{host}:{port}")
        settings.MAILERS = mailers(url)
        settings.DEFAULT_FROM_EMAIL = "Task Tracker <tasks@example.org>"
        return box, url

    yield begin
    for server in running:
        server.stop()


@pytest.fixture
def trusted(certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate is one that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))


def work_off(queue: str) -> None:
    """Do what lies in the queue, as a worker would read it."""
    client: Any = counters()
    while raw := client.rpop(queue):
        letter = json.loads(raw)
        args, kwargs, _ = json.loads(base64.b64decode(letter["body"]))
        import_string(letter["headers"]["task"])(*args, **kwargs)


def send() -> None:
    EmailMessage("Hello", "words", to=["ada@example.org"]).send()


def refusal() -> OSError | None:
    """Why a letter was not sent, of a kind that a worker tries again; the connection is not held by it."""
    try:
        send()
    except OSError as error:
        error.__context__ = None
        return error.with_traceback(None)
    return None


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("scheme", "login"), [("smtp", LOGIN), ("smtps", LOGIN), ("smtp+plain", "")])
def test_each_kind_of_server_gets_the_letter(scheme: str, login: str, start: Start) -> None:
    box, _ = start(scheme, login)
    send()
    (letter,) = box.letters
    assert (letter.to, letter.by, letter.text.strip()) == (["ada@example.org"], "tasks@example.org", "words")
    assert letter.message["From"] == "Task Tracker <tasks@example.org>"
    assert (letter.encrypted, letter.known) == (scheme != "smtp+plain", bool(login))


REFUSED: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "the password is wrong": (
        {"scheme": "smtp", "login": "tasks%40example.org:wrong@"},
        smtplib.SMTPAuthenticationError,
    ),
    "the server wants a password": ({"scheme": "smtp", "login": ""}, smtplib.SMTPException),
    "the server knows no TLS": ({"scheme": "smtp", "speaks": "smtp+plain"}, smtplib.SMTPNotSupportedError),
    "the certificate has another name": ({"scheme": "smtps", "host": "127.0.0.1"}, ssl.SSLCertVerificationError),
    "we want no TLS and it does": ({"scheme": "smtp+plain", "login": "", "speaks": "smtp"}, smtplib.SMTPException),
}


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("how", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_nothing_is_sent_in_the_clear_or_to_a_stranger(
    how: dict[str, Any], error: type[Exception], start: Start
) -> None:
    box, _ = start(**how)
    caught = refusal()
    assert isinstance(caught, error)
    assert not box.letters
    assert WORD.decode() not in str(caught)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_nobody_trusts_gets_nothing(scheme: str, start: Start) -> None:
    box, _ = start(scheme)
    assert isinstance(refusal(), ssl.SSLCertVerificationError)
    assert not box.letters


@pytest.mark.usefixtures("trusted")
def test_invitation_reset_and_unlocking_arrive_and_work(owner: Person, start: Start, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    box, _ = start("smtp")
    admin = Client(headers={"host": "localhost"})
    admin.force_login(owner.user)
    admin.post("/settings/invitations/", {"role": "reviewer", "email": "new@example.org", "days": 7, "max_uses": 1})
    work_off(settings.BROKER_QUEUE_KEY)
    guest = Client(headers={"host": "localhost"})
    data = {"username": "guest", "password": PASSWORD, "again": PASSWORD}
    assert guest.post(link_in(box.letters[0]), data)["Location"] == "/"
    assert User.objects.get(username="guest").email == "new@example.org"

    guest.post("/logout/")
    guest.post("/password/forgotten/", {"email": "new@example.org"})
    work_off(settings.BROKER_QUEUE_KEY)
    assert (
        guest.post(link_in(box.letters[1]), {"new_password1": OTHER, "new_password2": OTHER})["Location"] == "/login/"
    )

    statuses = [guest.post("/login/", {"username": "guest", "password": "wrong"}).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    work_off(settings.BROKER_QUEUE_KEY)
    assert guest.post(link_in(box.letters[2]))["Location"] == "/login/"
    assert guest.post("/login/", {"username": "guest", "password": OTHER})["Location"] == "/"
    assert [(one.to, one.encrypted, one.known) for one in box.letters] == [(["new@example.org"], True, True)] * 3


def link_in(letter: Letter) -> str:
    """The address on our pages that the letter leads to, however long: no line of it may be broken."""
    found = re.search(r"http://localhost(/\S+/)\s", letter.text)
    assert found
    return found[1]


def test_a_letter_that_could_not_be_sent_leaves_no_link_behind(start: Start, settings: Settings) -> None:
    start("smtp")  # which nobody trusts
    ada = make_person("ada").user
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    Client(headers={"host": "localhost"}).post("/password/forgotten/", {"email": "ada@example.org"})
    with pytest.raises(ssl.SSLCertVerificationError):
        work_off(settings.BROKER_QUEUE_KEY)
    assert not PasswordLink.objects.exists()
