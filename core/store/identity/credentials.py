"""Keys, sessions and sign-in links. Each is found by the SHA-256 of its secret, which is random."""

import hashlib
import secrets
import string
import zlib
from datetime import UTC, datetime, timedelta
from re import compile as regex

_KID = string.ascii_lowercase + string.digits
_KID_CHARACTERS = 10
_SECRET_BYTES = 32
# A use is written down if the one before is older.
_USES_APART = timedelta(minutes=1)
_KEY = regex(r"(vade_([a-z0-9]{10})_[A-Za-z0-9_-]{43})_([0-9a-f]{8})")


def new_kid() -> str:
    """Return a name for a key, which is no secret."""
    return "".join(secrets.choice(_KID) for _ in range(_KID_CHARACTERS))


def new_secret() -> str:
    """Return 43 random characters of 256 bits."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def key_text(kid: str, secret: str) -> str:
    """Return a key: `vade_KID_SECRET_CRC32`. By its checksum scanners for secrets know a real one."""
    body = f"vade_{kid}_{secret}"
    return f"{body}_{zlib.crc32(body.encode()):08x}"


def kid_of(key: str) -> str:
    """Return the name of a key; empty if the text is no key, such as one with a typing error."""
    match = _KEY.fullmatch(key)
    return match[2] if match and f"{zlib.crc32(match[1].encode()):08x}" == match[3] else ""


def digest_of(secret: str) -> bytes:
    """Return the SHA-256 of a key, a cookie or a token."""
    return hashlib.sha256(secret.encode()).digest()


def was_just_used(last: datetime) -> bool:
    """Return whether a use now need not be written down, because the last one on record is recent."""
    return datetime.now(UTC) - last < _USES_APART
