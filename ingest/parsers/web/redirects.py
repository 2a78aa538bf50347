"""Pages that hold no text of their own and lead to another page."""

import re

from lxml.html import HtmlElement

from ingest.parsers.base import clean
from ingest.parsers.links import is_address

# `5; url=https://…`, with or without quotation marks.
_REFRESH = re.compile(r"\s*[\d.]*\s*[;,]?\s*url\s*=\s*[\"']?\s*([^\"'>]+)", re.IGNORECASE)
_SCRIPT = re.compile(
    r"\blocation(?:\.href)?\s*=\s*[\"']([^\"']{1,500})[\"']|\blocation\.(?:replace|assign)\(\s*[\"']([^\"']{1,500})"
)
# A page with more letters says something itself: "This page has moved to …" has fewer.
_MAX_LETTERS = 200
# A page has a canonical address whether it leads there or not; one without text is a stub.
_STUB_LETTERS = 30


def redirect_target(root: HtmlElement, letters: int) -> str:
    """Return the address to which a page leads that has so many letters, or an empty string."""
    if letters > _MAX_LETTERS:
        return ""
    found = _refreshed(root) or _scripted(root)
    if not found and letters <= _STUB_LETTERS:
        found = next(
            (
                link.get("href") or ""
                for link in root.iter("link")
                if (link.get("rel") or "").lower() == "canonical"
            ),
            "",
        )
    target = clean(found)
    return target if is_address(target) and not target.startswith("#") else ""


def _refreshed(root: HtmlElement) -> str:
    for meta in root.iter("meta"):
        match = _REFRESH.match(meta.get("content") or "")
        if match and (meta.get("http-equiv") or "").lower() == "refresh":
            return match[1].strip()
    return ""


def _scripted(root: HtmlElement) -> str:
    for script in root.iter("script"):
        match = _SCRIPT.search(script.text or "")
        if match:
            return match[1] or match[2]
    return ""
