"""The other form of what a question names, as documents define it: `FMLA`, `family medical leave act`."""

from collections.abc import Sequence

from core.text.abbreviations import abbreviation_like
from core.text.identifiers import is_inside, quoted_spans
from core.text.language import STOP_WORDS, TOKEN, terms
from core.values.search import AccessScope
from retrieval.index import LexicalIndex

# A form with a smaller share of the definitions is one of several meanings.
_MEANT = 0.5
# The other form is added if it is in at least so many chunks for each one with the form asked for.
_USED = 0.5
# The most words of a long form, and the most forms that are added to a question.
_MOST_WORDS, _MOST_ADDED = 6, 2


def with_other_forms(question: str, lexical: LexicalIndex, scope: AccessScope) -> str:
    """Return a question with the other form in brackets behind each abbreviation, and behind each long form.

    Only definitions in chunks that `scope` may read count. An abbreviation of several meanings stays alone.
    """
    kept, added = quoted_spans(question), list[tuple[int, str]]()
    words = [match for match in TOKEN.finditer(question) if not is_inside(match.start(), kept)]
    folded = question.casefold()
    for first, last in _runs([word.group().casefold() for word in words]):
        written = [word.group() for word in words[first:last]]
        if len(written) == 1 and not abbreviation_like(written[0]):
            continue
        other = _other_form(" ".join(written), question, lexical, scope)
        free = all(abs(end - words[last - 1].end()) > len(written) for end, _ in added)
        if other and free and other.casefold() not in folded:
            added.append((words[last - 1].end(), other))
    for end, other in sorted(added[:_MOST_ADDED], reverse=True):
        question = f"{question[:end]} ({other}){question[end:]}"
    return question


def _runs(words: Sequence[str]) -> list[tuple[int, int]]:
    """Return the runs of words that could be a form, half-open, the longest first."""
    content = [place for place, word in enumerate(words) if word not in STOP_WORDS]
    runs = [(first, last + 1) for first in content for last in content if 0 <= last - first < _MOST_WORDS]
    return sorted(runs, key=lambda run: run[0] - run[1])


def _other_form(form: str, question: str, lexical: LexicalIndex, scope: AccessScope) -> str:
    """Return what the definitions give for a form; empty if it is none, or of several meanings.

    Of several, one that shares a word with the rest of the question is meant. Where the documents write the
    form asked for and seldom the other one, the other one would not help, unless it tells which is meant.
    """
    found = lexical.forms(form.casefold(), scope)
    rest = frozenset(terms(question)) - frozenset(terms(form))
    shared = {other: count for other, count in found.items() if rest.intersection(terms(other))}
    meant = shared or found
    best = max(meant, key=lambda other: meant[other], default="")
    if not best or meant[best] <= _MEANT * sum(meant.values()):
        return ""
    if len(shared) < len(found) and shared:
        return best
    asked, added = (lexical.phrase_frequency(terms(text), scope) for text in (form, best))
    return best if added >= _USED * asked else ""
