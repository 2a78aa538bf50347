"""Authentication by name and password, or by a token."""

import base64
from collections.abc import Mapping

import httpx

from ingest.connectors.http.client import Sign, unsigned
from ingest.connectors.options import SecretOptions


def login(options: SecretOptions) -> Sign:
    """Return the function that signs requests: Basic with a user, Bearer without; none without a password.

    Raises: SourceError if the password is not where the options name it.
    """
    password = options.password()
    if not password:
        return unsigned
    pair = base64.b64encode(f"{options.user}:{password}".encode()).decode()
    value = f"Basic {pair}" if options.user else f"Bearer {password}"

    def sign(method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes) -> Mapping[str, str]:
        return {"Authorization": value}

    return sign
