"""Trials: the golden questions are asked of a state of the search, in force or not."""

from collections.abc import Callable, Sequence

from core.store.database import Database
from core.store.goldens import Golden, list_goldens
from retrieval.answer import Answerer
from retrieval.follow.follower import Opens
from retrieval.follow.serving import Serving
from retrieval.index import LexicalIndex
from retrieval.judge.golden import Trial, try_out

MakeAnswerer = Callable[[Sequence[Serving], Opens[LexicalIndex], bool], Answerer]
"""Makes an answerer over other indexes; the last argument is whether it reads waiting documents."""


class Trials:
    """Asks the golden questions of any legs and word index."""

    def __init__(self, database: Database, make_answerer: MakeAnswerer) -> None:
        self._database = database
        self._make_answerer = make_answerer

    def goldens(self) -> list[Golden]:
        """Return the golden questions of now."""
        with self._database.reading() as session:
            return list_goldens(session)

    def ask(
        self,
        goldens: Sequence[Golden],
        legs: Sequence[Serving],
        lexical: Opens[LexicalIndex],
        waiting: bool = False,
    ) -> list[Trial]:
        """Return the judgement of the answer to each question; with `waiting`, over waiting documents too."""
        return try_out(goldens, self._make_answerer(legs, lexical, waiting).answer)
