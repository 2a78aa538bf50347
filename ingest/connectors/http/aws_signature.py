"""AWS signature version 4, as S3 takes it in the Authorization header.

Amazon Simple Storage Service API Reference, "Authenticating Requests: Using the Authorization
Header"; its example requests are our tests. An SDK would be thirty times the code of this file and
bring an HTTP client of its own, past the guard.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The credentials of an S3 account."""

    key_id: str
    secret: str
    region: str
    token: str = ""
    """The session token of temporary credentials."""


def signer(
    credentials: Credentials, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Callable[[str, httpx.URL, Mapping[str, str], bytes], Mapping[str, str]]:
    """Return the function that signs requests to S3."""

    def sign(method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes) -> Mapping[str, str]:
        added = {
            "x-amz-content-sha256": hashlib.sha256(content).hexdigest(),
            "x-amz-date": now().strftime("%Y%m%dT%H%M%SZ"),
            **({"x-amz-security-token": credentials.token} if credentials.token else {}),
        }
        signed = {name.lower(): value.strip() for name, value in headers.items() if name.lower() in _SIGNED}
        return {**added, "Authorization": authorization(credentials, method, url, {**signed, **added})}

    return sign


# Headers that change the meaning of a request; every x-amz-… header is signed as well.
_SIGNED = frozenset({"host", "range"})


def authorization(credentials: Credentials, method: str, url: httpx.URL, headers: Mapping[str, str]) -> str:
    """Return the Authorization header; all `headers`, with lower-case names, are signed."""
    path, _, query = url.raw_path.decode("ascii").partition("?")
    names = ";".join(sorted(headers))
    request = "\n".join(
        [
            method, path, _canonical(query), *(f"{name}:{headers[name]}" for name in sorted(headers)), "",
            names, headers["x-amz-content-sha256"],
        ]
    )  # fmt: skip
    at = headers["x-amz-date"]
    scope = f"{at[:8]}/{credentials.region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    who = f"Credential={credentials.key_id}/{scope}"
    return f"AWS4-HMAC-SHA256 {who},SignedHeaders={names},Signature={signature}"


def _canonical(query: str) -> str:
    pairs = [part.partition("=") for part in query.split("&") if part]
    return "&".join(f"{key}={value}" for key, _, value in sorted(pairs))
