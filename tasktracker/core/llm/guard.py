"""Which addresses the product may connect to when a person, and not the operator, wrote the URL or the host.

Public addresses only, unless the URL's `host:port` stands in LLM_ALLOWED_HOSTS (OLLAMA_URL's always does); mail servers
have a list of their own. The check is made on what the name resolves to, and `wire` connects to exactly the addresses
that passed: a name that answers differently the second time gains nothing.
"""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Collection
from urllib.parse import SplitResult, urlsplit

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Resolver = Callable[[str, int], list[str]]

DEFAULT_PORTS = {"http": 80, "https": 443}
UNRESOLVED = "1.1.1.1"  # any public address: stands for a name that does not resolve while a form is saved

# Prefixes that carry an IPv4 address which `is_global` does not look at: (network, bits right of that address).
_CARRIERS = (
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),
    (ipaddress.IPv6Network("2002::/16"), 80),
)

# What ipaddress of some Python versions takes for public, or what leads to somebody's own network again.
_NEVER = tuple(
    map(
        ipaddress.ip_network,
        (
            *("192.0.0.0/24", "192.88.99.0/24", "100::/64", "3fff::/20", "5f00::/16"),
            # Here an IPv4 address may stand where nobody can see it, or leads through somebody else's relay.
            *("64:ff9b:1::/48", "2001::/32", "::/96"),
        ),
    )
)


class AddressRefused(ValueError):
    """The address is not one that may be connected to; the text says why and is safe to show."""


def split_url(url: str) -> tuple[SplitResult, str, int]:
    """The parts, host (lower case, no brackets) and port of an http(s) URL; raises `AddressRefused`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("The address can't be read.") from None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise AddressRefused("The address must look like https://host/path.")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("The address must not hold a user name or password.")
    return parts, parts.hostname.lower(), port or DEFAULT_PORTS[parts.scheme]


def resolve(host: str, port: int) -> list[str]:
    """The host's addresses, in the resolver's order; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


def resolve_leniently(host: str, port: int, *, seconds: float) -> list[str]:
    """For forms: `resolve`, or any public address for a name that is not known now, or not within `seconds`."""
    # The resolver has no deadline of its own: it runs beside us, and a thread that hangs in it dies by itself.
    answer: queue.SimpleQueue[list[str]] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answer.put(resolve(host, port))
        except (OSError, UnicodeError):
            answer.put([UNRESOLVED])

    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    try:
        return answer.get(timeout=seconds)
    except queue.Empty:
        return [UNRESOLVED]


def vet(
    host: str,
    port: int,
    *,
    allowed: Collection[str],
    setting: str = "LLM_ALLOWED_HOSTS",
    resolver: Resolver = resolve,
) -> list[str]:
    """The addresses of `host` that may be connected to, all of them vetted.

    `allowed` holds the `host:port` entries of `setting`, an IPv6 host in brackets. Raises `AddressRefused` when the
    name does not resolve, or when any of its addresses is not public and the pair is not allowed.
    """
    try:
        addresses = resolver(host, port)
    except OSError:
        raise AddressRefused(f"The host {host} is not known.") from None
    if not addresses:
        raise AddressRefused(f"The host {host} is not known.")
    name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if name.lower() in {entry.lower() for entry in allowed}:
        return addresses
    for address in addresses:
        if not is_public(ipaddress.ip_address(address)):
            raise AddressRefused(f"{name} is not a public address. An operator may add it to {setting}.")
    return addresses


def is_public(address: Address) -> bool:
    """Whether anybody on the internet may have it, also when an IPv4 address is wrapped in an IPv6 one."""
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = _wrapped(address)
        if wrapped is not None:
            return is_public(wrapped)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_unspecified and not address.is_reserved


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    for network, shift in _CARRIERS:
        if address in network:
            return ipaddress.IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
    return None


def check_url(url: str, *, allowed: Collection[str], resolver: Resolver = resolve) -> None:
    """For forms: raise `AddressRefused` when `url` could not be used now. The real check is made at each connect."""
    _, host, port = split_url(url)
    vet(host, port, allowed=allowed, resolver=resolver)
