"""Whether a filter can select a document that the asker may read, and by which values it could.

An asker learns the same of a value that no document has and of one that only documents have which they may
not read: neither is known.
"""

from collections.abc import Collection
from difflib import get_close_matches

from core.errors import FilterError
from core.store.database import Database
from core.store.documents.filter_values import FilterValues, filter_values
from core.store.documents.reading import read_passages
from core.text.labels import SearchFilter
from core.values.notices import Notice, value_unknown
from core.values.search import AccessScope, Hit, LabelFilter
from retrieval.follow.follower import Opens
from retrieval.index import LexicalIndex

NO_DOCUMENT = (
    "There is no document yet that you may read. `vade ingest PATH` ingests a folder or a file; "
    "with --public everybody may read it, otherwise the user who ingests it."
)
NONE_FITS = "No document that you may read fits all parts of the filter at once."

# Chunks of the index that are looked up in the database until one is readable: a stale index has others.
_TRIED = 20
# Known values that a message names.
_NAMED = 20
_SAID = {
    "source": "is from the source {}",
    "type": "is of the type {}",
    "language": "is in the language {}",
    "tag": "has the tag {}",
    "device": "is on the device {}",
}


class FilterCheck:
    """Checks filters against the documents that an asker may read."""

    def __init__(self, database: Database, lexical: Opens[LexicalIndex], waiting: bool = False) -> None:
        """Check against documents in force; with `waiting`, also against those that wait behind a gate."""
        self._database = database
        self._lexical = lexical
        self._waiting = waiting

    def check(self, within: SearchFilter, scope: AccessScope) -> tuple[Notice, ...]:
        """Return a notice for each field with a value that no document has, beside one that is known.

        An asker who may read no document at all gets no notice and no error: see `why_nothing`.

        Raises: FilterError, with the values that are known, if no document has any value of a field, or a
            day of the filter's.
        """
        if within.since and within.until and within.since > within.until:
            raise FilterError(
                f"The filter ends before it begins: since {within.since} is later than as of {within.until}."
            )
        several = any(len(words) > 1 for words in within.named.values())
        if (not several and self._fits(scope, within.labels)) or not self._fits(scope):
            return ()
        unknown = {
            kind: [word for word, label in sorted(words.items()) if not self._has(scope, label)]
            for kind, words in within.named.items()
        }
        outside = bool(within.since or within.until) and not self._has(scope, *within.days)
        if not outside and not any(unknown.values()):
            return ()
        with self._database.reading() as session:
            known = filter_values(session, scope)
        said = [_unknown_text(kind, words, known) for kind, words in unknown.items() if words]
        if outside:
            said.append(_outside_text(within, known))
        if outside or any(len(words) == len(within.named[kind]) for kind, words in unknown.items()):
            raise FilterError(" ".join(said))
        return tuple(map(value_unknown, said))

    def why_nothing(self, within: SearchFilter, scope: AccessScope) -> str:
        """Return why a search cannot find anything for this asker; empty if its words are the reason."""
        if not self._fits(scope):
            return NO_DOCUMENT
        return "" if self._fits(scope, within.labels) else NONE_FITS

    def _has(self, scope: AccessScope, *labels: str) -> bool:
        """Return whether there is a chunk with one of the labels."""
        return self._fits(scope, (frozenset(labels),))

    def _fits(self, scope: AccessScope, labels: LabelFilter = ()) -> bool:
        """Return whether there is a chunk with one label of each set; without sets, whether there is any."""
        with self._lexical.index() as lexical:
            ids = lexical.labelled(scope, _TRIED, labels)
        with self._database.reading() as session:
            return bool(read_passages(session, [Hit(int(one), 0.0) for one in ids], scope, self._waiting))


def _unknown_text(kind: str, words: Collection[str], known: FilterValues) -> str:
    quoted = " or ".join(map(repr, words))
    said = f"No document that you may read {_SAID[kind].format(quoted)}"
    values = sorted(known.words[kind], key=str.casefold)
    if not values:
        return f"{said}; none has any {kind}."
    near = [one for word in words for one in get_close_matches(word, values)]
    named = list(dict.fromkeys([*near, *values]))[:_NAMED]
    more = f" and {len(values) - len(named):,} more" if len(values) > len(named) else ""
    return f"{said}; known {kind}s: {', '.join(named)}{more}."


def _outside_text(within: SearchFilter, known: FilterValues) -> str:
    period = " ".join(
        [
            *([f"from {within.since}"] if within.since else []),
            *([f"to {within.until}"] if within.until else []),
        ]
    )
    return f"No document that you may read has a day {period}; their days are {known.first} to {known.last}."
