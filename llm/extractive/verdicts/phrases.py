"""Phrases that mean the same as a single word, so that a question and a sentence can be compared by words."""

import re

_PHRASES = {
    "automatically": r"(?:by|of) (?:itself|themselves)|on (?:its|their) own|of its own accord",
    "expire": r"runs? out|ran out|running out",
    "return": r"(?:go|goes|come|comes|given?|gives|sent|send) back",
    "submit": r"hand(?:s|ed)? in|turn(?:s|ed)? in",
    "remove": r"(?:take|takes|taken|took|taking|pull|pulled) (?:it |them )?off|get(?:s|ting)? rid of",
    "discard": r"throw(?:s|n)? away|dispose of",
    "restart": r"starts? again|started again|starts? up again",
    "together": r"in one go|all at once|at once",
    "wrong": r"mislabel(?:l?ed)|mismarked",
}
_PATTERN = re.compile(
    "|".join(rf"(?P<{name}>\b(?:{pattern})\b)" for name, pattern in _PHRASES.items()), re.IGNORECASE
)


def with_plain_verbs(text: str) -> str:
    """Return a text with a single word for each phrase that means the same."""
    return _PATTERN.sub(lambda found: str(found.lastgroup), text)
