"""The robots exclusion protocol (RFC 9309): which pages of a site a crawler may read, and how quickly."""

import re
from typing import Self

from protego import Protego

# RFC 9309, 2.5: a crawler reads at least the first 500 KiB.
_MOST_BYTES = 500 * 1024
_PRODUCT_TOKEN = re.compile(r"[A-Za-z_-]+")  # RFC 9309, 2.2.1
# A site may ask for as long a pause as an operator may set, and no longer: no run waits for ever.
_LONGEST_DELAY_SECONDS = 3600.0


class Robots:
    """The rules of a site's robots.txt for one crawler.

    Of the rules that match a path the longest counts, and of two that are equally long the one that
    allows. `*` stands for any characters, `$` for the end. Groups for the same crawler are merged; the
    group `*` counts only if no group names the crawler.
    """

    def __init__(self, rules: Protego, product: str) -> None:
        self._rules = rules
        self._product = product

    @classmethod
    def parse(cls, content: bytes, user_agent: str) -> Self:
        """Return the rules of a robots.txt; an empty one allows everything.

        The crawler is known by the product token that `user_agent` begins with. The content after the
        first 500 KiB is ignored, together with the line that is cut off there.
        """
        if len(content) > _MOST_BYTES:
            content = content[:_MOST_BYTES]
            content = content[: max(content.rfind(b"\n"), content.rfind(b"\r")) + 1]
        token = _PRODUCT_TOKEN.match(user_agent)
        rules = Protego.parse(content.decode("utf-8-sig", "replace"))
        return cls(rules, token.group() if token else user_agent)

    def may_read(self, url: str) -> bool:
        """Return whether the page at a URL of the site may be read."""
        return self._rules.can_fetch(url, self._product)

    @property
    def delay_seconds(self) -> float:
        """The pause between two requests that the site asks for, at most an hour; 0 if it asks for none."""
        return min(self._rules.crawl_delay(self._product) or 0.0, _LONGEST_DELAY_SECONDS)
