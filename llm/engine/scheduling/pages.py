"""The pool of KV pages: reference counts, and an index of published pages by their content.

A page is in exactly one of three states: free (its content is worthless), held (one or more sequences
use it), or idle (no sequence uses it, but its content is published and can be shared again). If no
free page is left, idle pages are given out, the longest idle first.
"""

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b

DIGEST_BYTES = 32  # wide enough that two prefixes do not collide, by chance or by intent


def prefix_root(*salts: str) -> bytes:
    """Return the digest at the root of a chain of pages; prefixes of different salts never share a page."""
    root = blake2b(digest_size=DIGEST_BYTES, person=b"prefix root")
    for salt in salts:
        encoded = salt.encode()
        root.update(len(encoded).to_bytes(8, "little") + encoded)
    return root.digest()


def page_digest(parent: bytes, tokens: Sequence[int]) -> bytes:
    """Return the digest of a full page of `tokens` behind the prefix whose digest is `parent`."""
    content = b"".join(token.to_bytes(4, "little") for token in tokens)
    return blake2b(parent + content, digest_size=DIGEST_BYTES, person=b"prefix page").digest()


class PagePool:
    """Hands out pages `0..num_pages-1` by number; it has no tensors."""

    def __init__(self, num_pages: int) -> None:
        self.num_pages = num_pages
        self._free = list(range(num_pages - 1, -1, -1))
        self._holders = [0] * num_pages
        self._published: dict[bytes, int] = {}
        self._digests: dict[int, bytes] = {}
        self._idle: OrderedDict[int, None] = OrderedDict()

    @property
    def num_available(self) -> int:
        """Pages that `take` can give out now."""
        return len(self._free) + len(self._idle)

    @property
    def num_held(self) -> int:
        """Pages that at least one sequence holds."""
        return self.num_pages - self.num_available

    def take(self) -> int:
        """Return a page that is now held once and whose content is worthless.

        Raises: IndexError if no page is available; check `num_available` first.
        """
        if self._free:
            page = self._free.pop()
        elif self._idle:
            page, _ = self._idle.popitem(last=False)
            self._forget(page)
        else:
            raise IndexError("no page is available")
        self._holders[page] = 1
        return page

    def release(self, page: int) -> None:
        """Decrease the reference count of `page`."""
        assert self._holders[page] > 0, f"page {page} is not held"
        self._holders[page] -= 1
        if self._holders[page] == 0:
            if page in self._digests:
                self._idle[page] = None
            else:
                self._free.append(page)

    def share(self, digest: bytes) -> int | None:
        """Return the page published under `digest`, its reference count increased, or None."""
        page = self._published.get(digest)
        if page is not None:
            self._idle.pop(page, None)
            self._holders[page] += 1
        return page

    def publish(self, page: int, digest: bytes) -> None:
        """Publish a full, computed page for sharing; of pages with equal content, only the first is."""
        assert self._holders[page] > 0, f"page {page} is not held"
        if digest not in self._published and page not in self._digests:
            self._published[digest] = page
            self._digests[page] = digest

    def knows(self, digest: bytes) -> bool:
        """Whether a page is published under `digest`."""
        return digest in self._published

    def forget_all(self) -> None:
        """Unpublish every page, as after a change of weights; held pages stay held."""
        self._free.extend(self._idle)
        self._idle.clear()
        self._published.clear()
        self._digests.clear()

    def _forget(self, page: int) -> None:
        del self._published[self._digests.pop(page)]
