"""The names that programs give to fields, in words."""

import re

from ingest.parsers.base import clean

# `ratedLoad`, `rated_load`, `rated-load[0]`.
_WORD_END = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-]+|\[\d+\]")


def in_words(name: str) -> str:
    """Return a field's name in words, without the names of the groups that it is in."""
    words = clean(_WORD_END.sub(" ", name.rpartition(".")[2]))
    return words[:1].upper() + words[1:].lower()
