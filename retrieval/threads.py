"""Messages of one thread: a newer one is asked before those that it follows or quotes."""

import re
from collections import defaultdict
from collections.abc import Sequence

from core.values.answers import Citation, Passage
from core.values.documents import is_inside
from core.values.notices import EARLIER_MESSAGE, Notice

# What mail programs put before the subject of a reply: English, German and Nordic, Romance, Chinese.
_REPLY = re.compile(
    r"^\s*(?:(?:re|aw|antw|antwort|sv|vs|ref|回复|回覆|答复|答覆)\s*(?:\[\d+\])?\s*[:：]\s*)+", re.I
)


def newest_of_threads(passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages in order, without messages that a newer one of their thread follows.

    A thread is the messages of one subject, if at least one of them is a reply. Messages of one day stay,
    unless one quotes the other.
    """
    threads: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        threads[_subject(passage.title)].append(passage)
    older = {
        passage.document_id
        for thread in threads.values()
        if any(_REPLY.match(one.title) for one in thread)
        for passage in thread
        if any(_is_older(passage, other) for other in thread)
    }
    return [passage for passage in passages if passage.document_id not in older]


def earlier_notice(
    citations: Sequence[Citation], passages: Sequence[Passage], newest: Sequence[Passage]
) -> tuple[Notice, ...]:
    """Return the notice for an answer that cites a message which a newer one follows; empty for any other."""
    earlier = {one.document_id for one in passages} - {one.document_id for one in newest}
    return (EARLIER_MESSAGE,) if any(one.document_id in earlier for one in citations) else ()


def _subject(title: str) -> str:
    return _REPLY.sub("", title).casefold().strip()


def _is_older(one: Passage, other: Passage) -> bool:
    if is_inside(one.uri, other.uri):
        return True
    days = one.metadata.day, other.metadata.day
    return days[0] is not None and days[1] is not None and days[0] < days[1]
