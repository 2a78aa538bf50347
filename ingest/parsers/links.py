"""The addresses that links lead to, as far as their text does not say them."""

import re
from pathlib import PurePosixPath
from urllib.parse import unquote

# Addresses that a person can open; others, such as `javascript:`, are programs or data.
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_OPENED = frozenset("http https mailto tel ftp ftps sftp file smb sip callto".split())
# Relative links to pages are the structure of a site, whose pages are documents with titles of their own.
_PAGES = frozenset("html htm xhtml md markdown mdx rst php asp aspx jsp jspx cgi shtml".split())
_ENDING = re.compile(r"[a-z0-9]{1,8}", re.IGNORECASE)
_MAX_CHARS = 300
_ENCODED = re.compile(r"(?:%[89A-F][0-9A-F])+", re.IGNORECASE)
_QUERY = re.compile(r"[?#].*", re.DOTALL)


def target_behind(text: str, address: str | None) -> str:
    """Return what follows a link's text: its address in brackets, or nothing if the text says enough.

    Nothing follows for a place on the same page, a relative link to another page, or an address that a
    person cannot open.
    """
    target = "".join(letter for letter in (address or "").strip() if letter.isprintable())
    if len(target) > _MAX_CHARS:
        target = _QUERY.sub("", target)
    if not text.strip() or not target or len(target) > _MAX_CHARS or not _is_told(target):
        return ""
    shown = _ENCODED.sub(_letters, target.removeprefix("mailto:").removeprefix("tel:"))
    said = re.search(rf"(?<![\w./]){re.escape(_plain(shown))}(?![\w/])", _plain(text))
    return "" if said else f" ({shown})"


def is_address(target: str) -> bool:
    """Return whether a person can open an address, relative ones included."""
    scheme = _SCHEME.match(target)
    return bool(target) and (scheme is None or scheme[1].lower() in _OPENED)


def _is_told(target: str) -> bool:
    if target.startswith("#") or not is_address(target):
        return False
    if _SCHEME.match(target) or target.startswith(("//", "\\\\")):
        return True
    ending = PurePosixPath(_QUERY.sub("", target)).suffix.lower().removeprefix(".")
    return bool(_ENDING.fullmatch(ending)) and ending not in _PAGES


def _letters(match: re.Match[str]) -> str:
    """Return the letters beyond ASCII in an address as people read them."""
    text = unquote(match[0])
    return match[0] if "\ufffd" in text else text


def _plain(address: str) -> str:
    """Return an address as people write it: without its scheme, `www.` and a slash at the end."""
    bare = re.sub(r"^(?:[a-z][a-z0-9+.-]*:)?//(?:www\.)?", "", address.strip().casefold())
    return bare.removeprefix("www.").rstrip("/.")
