"""Markers of chat formats: which text of a document could pass for the end or the beginning of a turn.

A marker is a token of its own (`<|im_end|>`) or plain text that a chat template writes between the turns
(`[INST]`, `### Instruction:`).
"""

import re
from collections.abc import Iterable

# Found in the templates of many models; a document may hold one whose template the model does not use.
_WELL_KNOWN = frozenset({
    "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]",
    "[TOOL_CALLS]", "[TOOL_RESULTS]",
})  # fmt: skip
_MARKER = re.compile(
    r"<<?[|/｜]?[\w▁ .:-]{1,40}[|｜]?>>?|\[/?[A-Z][A-Z_]{2,30}\]|#{2,4} ?[A-Z]\w{2,20}:?|\b[A-Z]{4,12}:"
)
_BRACKET = re.compile(r"[<>\[\]|｜◁▷]")
_OF_THOUGHT = re.compile(r"think|thought|reason|scratchpad|reflect|channel|message", re.IGNORECASE)


def is_marker(token: str) -> bool:
    """Return whether an added token is a marker; others are words, or runs of spaces."""
    return len(token) > 1 and bool(_BRACKET.search(token))


def is_thought_marker(token: str) -> bool:
    """Return whether a special token may begin or end what a model thinks before it answers."""
    return is_marker(token) and bool(_OF_THOUGHT.search(token))


def markers_between(pieces: Iterable[str]) -> frozenset[str]:
    """Return the markers in what a template writes between contents, and those known of other templates."""
    return _WELL_KNOWN | {match.group() for piece in pieces for match in _MARKER.finditer(piece)}


def defused(content: str, markers: Iterable[str]) -> str:
    """Return a content in which no marker stands: a space parts its first character from the rest."""
    for marker in sorted(filter(None, markers), key=lambda one: (-len(one), one)):
        content = content.replace(marker, f"{marker[0]} {marker[1:]}")
    return content
