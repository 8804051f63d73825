"""The one TLS context of a process: it takes 40 ms to make, and httpx makes a new one for each client."""

import functools
import ssl

import httpx


@functools.cache
def tls(*, from_environment: bool = True) -> ssl.SSLContext:
    """What it trusts is certifi's list, or what SSL_CERT_FILE and SSL_CERT_DIR name `from_environment`."""
    return httpx.create_ssl_context(trust_env=from_environment)
