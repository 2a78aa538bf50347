"""Exact matches: passages with a quoted phrase come first, those with a similar identifier last."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from core.text.definitions import defined
from core.text.identifiers import all_identifiers, identifiers, nearest, plain
from core.text.language import cjk_share
from core.text.names import members, names_in
from core.values.answers import Passage

# The most identifiers that are offered in place of one that no document has.
_OFFERED = 5
# The share of Chinese, Japanese and Korean letters from which a text is in such a script; names lower it.
_MOSTLY = 0.3


def exact_first(
    passages: Sequence[Passage], asked: Mapping[str, str], phrases: Collection[str]
) -> list[Passage]:
    """Return the passages in order, but first those with the quoted `phrases`, and last the look-alikes.

    `asked` are identifiers as `identifiers` returns them. A look-alike has none of them, but one similar to
    them: it reads like an answer, above all to an embedder, and is about another thing. Of two passages
    with the same identifier, the one that writes it as in the question comes first.
    """
    if not asked and not phrases:
        return list(passages)
    held = {passage.chunk_id: identifiers(passage.indexed_text) for passage in passages}

    def place(passage: Passage) -> tuple[bool, int]:
        words = plain(passage.indexed_text) if phrases else ""
        missing = sum(phrase not in words for phrase in phrases)
        return _is_look_alike(held[passage.chunk_id], asked), missing

    def written_otherwise(passage: Passage) -> bool:
        return not any(held[passage.chunk_id].get(term) == written for term, written in asked.items())

    placed = sorted(passages, key=place)
    named = [number for number, passage in enumerate(placed) if asked.keys() & held[passage.chunk_id].keys()]
    inside = sorted((placed[number] for number in named), key=written_otherwise)
    for number, passage in zip(named, inside, strict=True):
        placed[number] = passage
    return placed


def definitions_first(passages: Sequence[Passage], sought: Collection[str], question: str) -> list[Passage]:
    """Return the passages in order, but first those that define an identifier of `sought`, as the best ones.

    Of several, those in the script of the question come first: a table may exist in two languages.
    """
    defining = [
        passage
        for passage in passages
        if sought and defined(passage.kind, passage.context, passage.chunk_text) & set(sought)
    ]
    if not defining:
        return list(passages)
    best = max(passage.score for passage in passages)
    chinese = _is_cjk(question)
    defining.sort(key=lambda passage: _is_cjk(passage.indexed_text) != chinese)
    there = {passage.chunk_id for passage in defining}
    return [
        *(replace(passage, score=best) for passage in defining),
        *(passage for passage in passages if passage.chunk_id not in there),
    ]


def ranges_first(passages: Sequence[Passage], unseen: Collection[str]) -> list[Passage]:
    """Return the passages in order, but first those that name an identifier by a range, as the best ones.

    `unseen` are the identifiers of the question that no readable chunk has: `E-44` of `E-40 to E-49`.
    """
    ranged = [one for one in passages if unseen and members(one.indexed_text) & set(unseen)]
    if not ranged:
        return list(passages)
    best = max(passage.score for passage in passages)
    there = {passage.chunk_id for passage in ranged}
    others = [passage for passage in passages if passage.chunk_id not in there]
    return [*(replace(passage, score=best) for passage in ranged), *others]


def unknown_identifiers(question: str, passages: Sequence[Passage]) -> dict[str, str]:
    """Return the identifiers of a question, term and as written, if no passage has any of them.

    The passages are then about another thing, however similar they read. One in a range is there: `E-212` in
    `E-210 to E-214`.
    """
    asked, known = identifiers(question), _identifiers_of(passages)
    if any(term in known for term in asked):
        return {}
    shown = [names_in(f"{passage.context}\n{passage.text}") for passage in passages]
    return {} if any(names.holds(term) for names in shown for term in asked) else asked


def identifiers_near(asked: Iterable[str], passages: Sequence[Passage]) -> dict[str, Passage]:
    """Return the identifiers that could be meant, as written, nearest first, each with its passage."""
    known = _identifiers_of(passages)
    near = dict.fromkeys(name for term in asked for name in nearest(term, known, _OFFERED))
    return {
        name: next(passage for passage in passages if name in identifiers(passage.indexed_text).values())
        for name in list(near)[:_OFFERED]
    }


def _is_cjk(text: str) -> bool:
    return cjk_share(text) > _MOSTLY


def _is_look_alike(known: Mapping[str, str], asked: Collection[str]) -> bool:
    if any(term in known for term in asked):
        return False
    return any(nearest(term, known, 1) for term in asked)


def _identifiers_of(passages: Iterable[Passage]) -> dict[str, str]:
    return all_identifiers(f"{passage.context}\n{passage.text}" for passage in passages)
