"""Promotion: golden questions, or a person, decide what comes into force.

Two things can wait: new versions of documents (`core.store.documents.gating`) and an embedder
(`core.store.embedders`). Each is tried out beside the state in force and comes into force in one
transaction. Deletions and permissions never wait.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack

import structlog

from core.errors import NotReadyError
from core.events import ignore
from core.store.changes import waiting_changes
from core.store.database import Database
from core.store.documents.gating import confirm, count_gate_states, promote, roll_back
from core.store.embedders import (
    WITHDRAWN,
    count_unembedded,
    embedder_at,
    forget_former,
    put_in_force,
    take_back,
)
from core.store.goldens import Golden, keep_verdict, list_goldens
from core.values.documents import GateState
from retrieval.answer import Answerer
from retrieval.follow.follower import Follower, Opens
from retrieval.follow.reembedding import OnEmbedded, embed_missing
from retrieval.follow.serving import Model, Models, Serving
from retrieval.index import LexicalIndex
from retrieval.judge.golden import Trial, Verdict, compare, try_out

log = structlog.get_logger()

DOCUMENTS, EMBEDDER = "documents", "embedder"
# How often new chunks are embedded that were committed while the questions were asked.
_TRIES = 5

MakeAnswerer = Callable[[Serving, Opens[LexicalIndex], bool], Answerer]
"""Makes an answerer over other indexes; the last argument is whether it reads waiting documents."""


class Promotion:
    """Brings waiting documents and embedders into force, and takes them out again."""

    def __init__(
        self,
        database: Database,
        models: Models,
        lexical: Follower[LexicalIndex],
        make_answerer: MakeAnswerer,
        golden_lost: int,
    ) -> None:
        self._database = database
        self._models = models
        self._lexical = lexical
        self._make_answerer = make_answerer
        self._golden_lost = golden_lost

    def trials(self) -> list[Trial]:
        """Ask the golden questions in the state in force, and return their judgements."""
        return self._try_out(self._goldens(), self._models.in_force().serving, self._lexical)

    def documents(self) -> Verdict | None:
        """Promote the waiting documents if the golden questions hold; None if no document waits."""
        with self._database.reading() as session:
            waiting = count_gate_states(session)
        if not waiting.waiting:
            return None
        goldens = self._goldens()
        before = self._try_out(goldens, self._models.in_force().serving, self._lexical)
        after = self._with_waiting(goldens, waiting.newest)
        verdict = compare(DOCUMENTS, waiting.waiting, before, after, self._golden_lost)
        with self._database.writing() as session:
            keep_verdict(session, DOCUMENTS, verdict.as_json())
            if verdict.passed:
                promote(session, {GateState.WAITING}, waiting.newest)
        return self._noted(verdict)

    def embedder(self, on_progress: OnEmbedded = ignore, again: bool = False) -> Verdict | None:
        """Embed all chunks by the embedder of the settings; promote it if the golden questions hold.

        None if it is in force, or if a person took it out of force and `again` is not set.

        Raises: ModelError, StorageError. Vectors computed until then are kept, and the next call continues.
        """
        chosen, now = self._models.chosen, self._models.in_force()
        if now is chosen or (not again and self._is_withdrawn(chosen)):
            return None
        self._embed_all(chosen, on_progress)
        for _ in range(_TRIES):
            verdict = self._judged(chosen, now)
            try:
                with self._database.writing() as session:
                    keep_verdict(session, EMBEDDER, verdict.as_json())
                    if verdict.passed:
                        put_in_force(session, self._models.entry(chosen))
                break
            except NotReadyError:
                embed_missing(self._database, chosen.embedder, followed=True, on_progress=on_progress)
        else:
            raise NotReadyError("new chunks were added faster than they could be embedded; try again")
        self._drop_beside()
        return self._noted(verdict)

    def promote_documents(self) -> int:
        """Promote waiting and withdrawn documents without asking questions; return how many."""
        with self._database.writing() as session:
            return promote(session, {GateState.WAITING, GateState.WITHDRAWN})

    def promote_embedder(self, on_progress: OnEmbedded = ignore) -> bool:
        """Promote the embedder of the settings without asking questions; False if it is in force already."""
        chosen = self._models.chosen
        if self._models.in_force() is chosen:
            return False
        self._embed_all(chosen, on_progress)
        with self._database.writing() as session:
            put_in_force(session, self._models.entry(chosen))
        self._drop_beside()
        return True

    def roll_back_documents(self) -> int:
        """Undo the last promotion of documents; return how many documents it had."""
        with self._database.writing() as session:
            return roll_back(session)

    def roll_back_embedder(self, on_progress: OnEmbedded = ignore) -> str:
        """Put the former embedder in force again and return its name.

        Raises: NotReadyError if there is no former embedder; ModelError.
        """
        former = self._models.former()
        if former is None:
            raise NotReadyError("there is no former embedder to go back to")
        self._embed_all(former, on_progress)
        with self._database.writing() as session:
            name = take_back(session).model_id
        self._drop_beside()
        return name

    def confirm(self) -> tuple[int, int]:
        """Remove the former versions and vectors, which rules out a rollback; return how many of each."""
        with self._database.writing() as session:
            return confirm(session), forget_former(session)

    def mend(self, on_progress: OnEmbedded = ignore) -> None:
        """Embed the chunks that a worker committed before it knew of a new embedder."""
        embedder = self._models.in_force().embedder
        with self._database.reading() as session:
            missing = count_unembedded(session, embedder.model_id)
        if missing:
            embed_missing(self._database, embedder, followed=True, on_progress=on_progress)

    def _embed_all(self, model: Model, on_progress: OnEmbedded) -> None:
        """Embed the chunks without a vector; an index made before would lack them and is made anew."""
        with self._database.reading() as session:
            missing = count_unembedded(session, model.embedder.model_id)
        if missing:
            model.dense.remove()
            embed_missing(self._database, model.embedder, followed=False, on_progress=on_progress)
        model.dense.bring_up_to_date()

    def _drop_beside(self) -> None:
        """Remove all dense indexes but the one in force, because an erased document might remain in them."""
        now = self._models.in_force()
        for model in (self._models.chosen, self._models.former()):
            if model is not None and model is not now:
                model.dense.close()
        self._models.drop_beside()

    def _judged(self, chosen: Model, now: Model) -> Verdict:
        goldens = self._goldens()
        before = self._try_out(goldens, now.serving, self._lexical)
        after = self._try_out(goldens, chosen.serving, self._lexical)
        with chosen.dense.index() as index:
            chunks = len(index.ids())
        return compare(EMBEDDER, chunks, before, after, self._golden_lost)

    def _with_waiting(self, goldens: Sequence[Golden], newest: int) -> list[Trial]:
        """Ask the golden questions of copies of the indexes with the waiting documents."""
        model = self._models.in_force()
        with ExitStack() as stack:
            session = stack.enter_context(self._database.reading())
            dense = stack.enter_context(
                model.dense.candidate(waiting_changes(session, model.embedder.model_id, newest))
            )
            lexical = stack.enter_context(self._lexical.candidate(waiting_changes(session, None, newest)))
            return self._try_out(goldens, Serving(model.embedder, dense), lexical, waiting=True)

    def _try_out(
        self,
        goldens: Sequence[Golden],
        serving: Serving,
        lexical: Opens[LexicalIndex],
        waiting: bool = False,
    ) -> list[Trial]:
        return try_out(goldens, self._make_answerer(serving, lexical, waiting).answer)

    def _goldens(self) -> list[Golden]:
        with self._database.reading() as session:
            return list_goldens(session)

    def _is_withdrawn(self, model: Model) -> bool:
        with self._database.reading() as session:
            withdrawn = embedder_at(session, WITHDRAWN)
        return withdrawn is not None and withdrawn.model_id == model.embedder.model_id

    def _noted(self, verdict: Verdict) -> Verdict:
        if verdict.passed:
            log.info("gate.passed", subject=verdict.subject, waiting=verdict.waiting, asked=verdict.asked)
        else:
            broken = [one.question for one in verdict.broken]
            log.error("gate.kept_back", subject=verdict.subject, waiting=verdict.waiting, broken=broken)
        return verdict
