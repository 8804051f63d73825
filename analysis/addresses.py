"""Where a provider may be: is it the same server still, and may it be connected to at all."""

from urllib.parse import urlsplit

from django.conf import settings

from tasktracker.core.errors import Invalid
from tasktracker.core.llm import guard, ledger

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
    return guard.resolve_leniently(host, port, seconds=RESOLVE_SECONDS)
