"""Where a provider may be: is it the same server still, and may it be connected to at all."""

import queue
import threading
from urllib.parse import urlsplit

from django.conf import settings

from tasktracker.core.errors import Invalid
from tasktracker.core.llm import guard, ledger

UNRESOLVED = "1.1.1.1"  # any public address: stands for a name that does not resolve while the form is saved

RESOLVE_SECONDS = 3.0  # what a form waits for a name server


def host_of(url: str) -> str:
    """Scheme, host and port of a URL, for "is this still the same server?"."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def check_address(url: str) -> None:
    """Refuse (`Invalid`, address_refused) what could not be connected to anyway; nothing to check in an empty one.

    A name that does not resolve now may do so later. Asks a name server, so never inside a transaction.
    """
    if not url:
        return
    ledger.refuse_inside_transaction()
    try:
        _, host, port = guard.split_url(url)
        guard.vet(host, port, allowed=settings.LLM_ALLOWED_HOSTS, resolver=_resolve_leniently)
    except guard.AddressRefused as error:
        raise Invalid(str(error), code="address_refused", field="base_url") from None


def _resolve_leniently(host: str, port: int) -> list[str]:
    # The resolver has no deadline of its own: it runs beside us, and a thread that hangs in it dies by itself.
    answer: queue.SimpleQueue[list[str]] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answer.put(guard.resolve(host, port))
        except (OSError, UnicodeError):
            answer.put([UNRESOLVED])

    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    try:
        return answer.get(timeout=RESOLVE_SECONDS)
    except queue.Empty:
        return [UNRESOLVED]
