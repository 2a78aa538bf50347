"""Passwords: which are good enough, and their hashes (argon2id, the library's parameters of RFC 9106)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import InputError

# NIST SP 800-63B: length is what counts; no rule about kinds of characters.
FEWEST_CHARACTERS, MOST_CHARACTERS = 12, 1024
_hasher = PasswordHasher()
# Compared with where there is no account, so that the time taken does not say so.
_NO_ONES = _hasher.hash("the password of no account")


def hashed(password: str, name: str) -> str:
    """Return the hash of a password for an account. Raises: InputError if it is too short or its name."""
    if not FEWEST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise InputError(f"a password has {FEWEST_CHARACTERS} to {MOST_CHARACTERS:,} characters")
    if password.casefold() == name.casefold() or len(set(password)) < FEWEST_CHARACTERS // 2:
        raise InputError("this password is easily guessed; take another one")
    return _hasher.hash(password)


def matches(password: str, kept: str) -> bool:
    """Return whether a password is the one of a hash; it takes as long where the hash is empty."""
    try:
        return _hasher.verify(kept or _NO_ONES, password[:MOST_CHARACTERS]) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False
