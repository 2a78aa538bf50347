"""The sections that the candidates stand in: what all sentences below the same headings say together."""

from collections import defaultdict
from collections.abc import Sequence

from llm.extractive.candidates import Candidate
from llm.extractive.measures import measure_held

_Key = tuple[int, tuple[str, ...]]


class Sections:
    """The words and the measures of each candidate's section, found once."""

    def __init__(self, found: Sequence[Candidate], asked_for: str) -> None:
        """Part the candidates by the headings above them; `asked_for` is the question, empty if it asks for
        no measure."""
        self._asked_for = asked_for
        self._parts = defaultdict[_Key, list[Candidate]](list)
        for one in found:
            self._parts[_key(one)].append(one)
        self._words: dict[_Key, frozenset[str]] = {}
        self._measures: dict[_Key, float] = {}

    def words(self, one: Candidate) -> frozenset[str]:
        """Return the terms of a candidate's section and of the headings above it."""
        key = _key(one)
        if key not in self._words:
            parts = self._parts[key]
            self._words[key] = one.above_words.union(*(part.words for part in parts))
        return self._words[key]

    def measure(self, one: Candidate) -> float:
        """Return 1 if a candidate's section holds the measure asked for, -1 if not, 0 if none is."""
        key = _key(one)
        if key not in self._measures:
            self._measures[key] = measure_held(self._asked_for, self._text(key)) if self._asked_for else 0.0
        return self._measures[key]

    def _text(self, key: _Key) -> str:
        """Return the headings, the names of columns and the text of a section."""
        parts = self._parts[key]
        columns = {part.passage.context for part in parts if part.is_row}
        return "\n".join((*key[1], *columns, *(part.text for part in parts)))


def _key(one: Candidate) -> _Key:
    return one.passage_number, one.path
