"""Who holds which KV page: reference counts, and which pages can be found again by their content.

A page is in exactly one of three places: free (content worthless), held (one or more sequences
use it), or idle (nobody uses it, but its content is published and may be found again). Idle pages
are given out, the longest idle first, when no free page is left.
"""

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b

DIGEST_BYTES = 32  # wide enough that two prefixes never meet by chance or by intent


def prefix_root(*salts: str) -> bytes:
    """Return the digest on which a chain of pages starts; different salts never share a page."""
    root = blake2b(digest_size=DIGEST_BYTES, person=b"prefix root")
    for salt in salts:
        encoded = salt.encode()
        root.update(len(encoded).to_bytes(8, "little") + encoded)
    return root.digest()


def page_digest(parent: bytes, tokens: Sequence[int]) -> bytes:
    """Return the digest of a full page: it stands for these tokens behind that prefix."""
    content = b"".join(token.to_bytes(4, "little") for token in tokens)
    return blake2b(parent + content, digest_size=DIGEST_BYTES, person=b"prefix page").digest()


class PagePool:
    """Hands out pages `0..num_pages-1` by number; knows nothing of tensors."""

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

        Raises: IndexError if none is available; ask `num_available` first.
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
        """Give up one hold on `page`."""
        assert self._holders[page] > 0, f"page {page} is not held"
        self._holders[page] -= 1
        if self._holders[page] == 0:
            if page in self._digests:
                self._idle[page] = None
            else:
                self._free.append(page)

    def share(self, digest: bytes) -> int | None:
        """Return the page published under `digest`, held once more, or None."""
        page = self._published.get(digest)
        if page is not None:
            self._idle.pop(page, None)
            self._holders[page] += 1
        return page

    def publish(self, page: int, digest: bytes) -> None:
        """Let others find a full, computed page; the first page of equal content stays the known one."""
        assert self._holders[page] > 0, f"page {page} is not held"
        if digest not in self._published and page not in self._digests:
            self._published[digest] = page
            self._digests[page] = digest

    def knows(self, digest: bytes) -> bool:
        """Whether a page is published under `digest`."""
        return digest in self._published

    def forget_all(self) -> None:
        """Forget every published page, as after a change of weights; held pages stay held."""
        self._free.extend(self._idle)
        self._idle.clear()
        self._published.clear()
        self._digests.clear()

    def _forget(self, page: int) -> None:
        del self._published[self._digests.pop(page)]
