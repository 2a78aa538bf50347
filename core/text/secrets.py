"""Secrets in addresses: what must not be kept, shown or logged."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

# Names of parameters that hold nothing but secrets, and words within longer names.
_NAMES = frozenset({"auth", "bearer", "hmac", "jwt", "key", "pass", "pwd", "sas", "sid", "sig", "sign"})
_WORDS = re.compile(
    r"passw|passphrase|secret|token|api_?key|access_?key|private_?key|subscription_?key|credential|signature"
    r"|authorization|session_?id|sess_?id"
)
# Values that are secrets whatever their name: signed tokens, and keys of services that mark theirs.
_VALUES = re.compile(
    r"eyJ[\w-]{8,}\.|gh[opsur]_\w{20}|github_pat_|glpat-|xox[abprs]-|AKIA[A-Z0-9]{12}|AIza[\w-]{20}|sk-\w{16}"
)
_PARAMETER = re.compile(r"(?<=[?&;#])([^=&;#?\s]+)=([^&;#\s]*)")
# For a web server, the name alone may be a token; of a mailbox or of Git over SSH, it is part of the address.
_LOGIN = re.compile(r"(?:(?<=http:)|(?<=https:))//[^/@\s?#]*@|//[^/@:\s?#]*:[^/@\s?#]*@")
_PASSWORD = re.compile(r"//[^/@:\s?#]*:[^/@\s?#]+@")
_HIDDEN = "***"


def secret_key(name: str) -> bool:
    """Return whether an option or a field of this name holds a secret."""
    return _is_secret(name, "-")


def secret_in(text: str) -> str:
    """Return what in an address looks like a secret, as a reader would name it; empty if nothing does."""
    if _PASSWORD.search(text):
        return "a password in front of the host"
    found = (match[1] for match in _PARAMETER.finditer(text) if _is_secret(match[1], match[2]))
    return next((f"the parameter {name!r}" for name in found), "")


def redacted(text: str) -> str:
    """Return a text with the secrets hidden that stand in addresses in it: logins and parameters."""
    return _PARAMETER.sub(_hidden, _LOGIN.sub(f"//{_HIDDEN}@", text))


def without_secrets(value: Any) -> Any:
    """Return data with the secrets hidden that stand in its texts, at any depth."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {key: without_secrets(part) for key, part in value.items()}
    return [without_secrets(part) for part in value] if isinstance(value, list | tuple) else value


def _hidden(match: re.Match[str]) -> str:
    return f"{match[1]}={_HIDDEN}" if _is_secret(match[1], match[2]) else match[0]


def _is_secret(name: str, value: str) -> bool:
    """Return whether a parameter holds a secret; an empty value is none."""
    plain = re.sub(r"[\s.-]", "_", unquote(name)).lower()
    named = plain in _NAMES or _WORDS.search(plain)
    return bool(value) and bool(named or _VALUES.match(unquote(value)))
