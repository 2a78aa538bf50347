"""Items below a lead-in or heading that forbids them, as sentences that forbid by themselves.

"Never do this: Smoke in the room." says "Never smoke in the room."
"""

import re

from core.text.prohibitions import forbidden, forbids_what_follows
from core.values.answers import Passage
from llm.extractive.structure import blocks_of, forbidding_above, leads_in

# Sentences with the space behind them; a colon ends one too.
_SENTENCE = re.compile(r".+?(?:[:：。！？]+\s*|[.!?]+(?=\s)\s*|\n+|$)", re.DOTALL)


def follows_prohibition(before: str) -> bool:
    """Return whether the last lead-in of a text forbids what stands behind it."""
    leads = [one for one in _SENTENCE.findall(before) if leads_in(one)]
    return bool(leads) and forbids_what_follows(leads[-1])


def spelled_out(quote: str) -> str:
    """Return a quote in which each item below a lead-in that forbids it is a sentence that does.

    The list ends at the next lead-in, or with its paragraph.
    """
    parts, forbids = list[str](), False
    for one in _SENTENCE.findall(quote):
        leads = leads_in(one)
        parts.append(forbidden(one) if forbids and not leads else one)
        forbids = forbids_what_follows(one) if leads else forbids and not one.endswith("\n\n")
    return "".join(parts)


def quote_as_meant(passage: Passage, start: int, end: int, under: str) -> str:
    """Return the text between two offsets, in which an item that is forbidden is a sentence that forbids it.

    `under` is the lead-in or heading that is said in front of it: what that forbids stands as it is.
    """
    if forbids_what_follows(under):
        return passage.between(start, end)
    blocks, parts, at = blocks_of(passage), list[str](), start
    for place, block in enumerate(blocks):
        first, last = max(block.start, start), min(block.end, end)
        if first < last and forbidding_above(passage, blocks, place):
            parts += [passage.between(at, first), forbidden(passage.between(first, last))]
            at = last
    return "".join([*parts, passage.between(at, end)])
