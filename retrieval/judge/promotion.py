"""Promotion of documents: golden questions, or a person, decide when new versions come into force.

They are tried out beside the state in force and come into force in one transaction. Deletions and permissions
never wait. `embedder_promotion.py` is the same for embedders.
"""

from collections.abc import Sequence
from contextlib import ExitStack

from core.store.changes import waiting_changes
from core.store.database import Database
from core.store.documents.gating import confirm, count_gate_states, promote, roll_back
from core.store.embedders import forget_former
from core.store.goldens import Golden, keep_verdict
from core.values.documents import GateState
from retrieval.follow.follower import Follower
from retrieval.follow.indexes import Indexes
from retrieval.index import LexicalIndex
from retrieval.judge.golden import DOCUMENTS, Trial, Verdict, compare, logged
from retrieval.judge.trials import Trials


class Promotion:
    """Brings waiting documents into force, and takes them out again."""

    def __init__(self, database: Database, indexes: Indexes, trials: Trials, golden_lost: int) -> None:
        self._database = database
        self._indexes = indexes
        self._trials = trials
        self._golden_lost = golden_lost

    def trials(self) -> list[Trial]:
        """Ask the golden questions in the state in force, and return their judgements."""
        return self._in_force(self._trials.goldens())

    def documents(self) -> Verdict | None:
        """Promote the waiting documents if the golden questions hold; None if no document waits."""
        with self._database.reading() as session:
            waiting = count_gate_states(session)
        if not waiting.waiting:
            return None
        goldens = self._trials.goldens()
        before, after = self._in_force(goldens), self._with_waiting(goldens, waiting.newest)
        verdict = compare(DOCUMENTS, waiting.waiting, before, after, self._golden_lost)
        with self._database.writing() as session:
            keep_verdict(session, DOCUMENTS, verdict.as_json())
            if verdict.passed:
                promote(session, {GateState.WAITING}, waiting.newest)
        return logged(verdict)

    def promote_documents(self) -> int:
        """Promote waiting and withdrawn documents without asking questions; return how many."""
        with self._database.writing() as session:
            return promote(session, {GateState.WAITING, GateState.WITHDRAWN})

    def roll_back_documents(self) -> int:
        """Undo the last promotion of documents; return how many documents it had."""
        with self._database.writing() as session:
            return roll_back(session)

    def confirm(self) -> tuple[int, int]:
        """Remove the former versions and vectors, which rules out a rollback; return how many of each."""
        with self._database.writing() as session:
            return confirm(session), forget_former(session)

    def _in_force(self, goldens: Sequence[Golden]) -> list[Trial]:
        return self._trials.ask(goldens, self._indexes.serving(), self._indexes.lexical)

    def _with_waiting(self, goldens: Sequence[Golden], newest: int) -> list[Trial]:
        """Ask the golden questions of copies of the indexes with the waiting documents."""
        with ExitStack() as stack:
            session = stack.enter_context(self._database.reading())
            legs = []
            for model in self._indexes.models.in_force().values():
                changes = waiting_changes(session, model.entry.model_id, newest)
                legs.append(model.over(stack.enter_context(model.dense.candidate(changes))))
            words: Follower[LexicalIndex] = self._indexes.lexical
            lexical = stack.enter_context(words.candidate(waiting_changes(session, None, newest)))
            return self._trials.ask(goldens, legs, lexical, waiting=True)
