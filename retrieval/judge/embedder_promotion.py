"""Promotion of embedders: each leg's comes into force alone, once it has all its vectors.

It is tried out beside the legs in force. A leg that the settings do not name any more is tried out too: the
search without it has to hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.errors import NotReadyError
from core.events import ignore
from core.store.database import Database
from core.store.embedders import (
    FIRST,
    WITHDRAWN,
    count_unembedded,
    embedder_at,
    embedders_at,
    keep_levels,
    put_in_force,
    remove_leg,
    take_back,
)
from core.store.goldens import keep_verdict
from retrieval.follow.follower import Follower
from retrieval.follow.reembedding import OnEmbedded, embed_missing
from retrieval.follow.serving import Model, Models
from retrieval.index import LexicalIndex
from retrieval.judge.golden import EMBEDDER, Verdict, compare, logged
from retrieval.judge.trials import Trials

# How often new chunks are embedded that were committed while the questions were asked.
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderPromotion:
    """Brings embedders into force and takes them out again, each in its leg."""

    database: Database
    models: Models
    lexical: Follower[LexicalIndex]
    trials: Trials
    golden_lost: int

    def judge_all(self, on_progress: OnEmbedded = ignore, again: bool = False) -> list[Verdict]:
        """Judge the embedder of each leg that is not in force; return the verdicts. Raises: as `judge`."""
        with self.database.reading() as session:
            withdrawn = embedders_at(session, WITHDRAWN)
        legs = sorted({*self.models.chosen, *self.models.in_force(), *withdrawn})
        verdicts = (self.judge(on_progress, leg, again) for leg in legs)
        return [verdict for verdict in verdicts if verdict]

    def judge(
        self, on_progress: OnEmbedded = ignore, leg: str = FIRST, again: bool = False
    ) -> Verdict | None:
        """Embed what a leg's embedder of the settings lacks; promote it if the golden questions hold.

        None if it is in force, or if a person took it out of force and `again` is not set.

        Raises: ModelError, StorageError. Vectors computed until then are kept, and the next call continues.
        """
        chosen = self.models.chosen.get(leg)
        if chosen is None:
            return self._judge_removal(leg)
        if self._is_in_force(chosen):
            self._take_languages(chosen)
            return None
        if not again and self._is_withdrawn(chosen):
            return None
        self._embed_all(chosen, on_progress)
        for _ in range(_TRIES):
            verdict = self._judged(chosen)
            try:
                with self.database.writing() as session:
                    keep_verdict(session, verdict.subject, verdict.as_json())
                    if verdict.passed:
                        put_in_force(session, chosen.entry)
                break
            except NotReadyError:
                embed_missing(self.database, chosen, followed=True, on_progress=on_progress)
        else:
            raise NotReadyError("new chunks were added faster than they could be embedded; try again")
        self.models.drop_beside()
        return logged(verdict)

    def promote(self, on_progress: OnEmbedded = ignore, leg: str = FIRST) -> bool:
        """Promote a leg's embedder of the settings without asking questions; False if it is in force already.

        Raises: NotReadyError if the settings have no such leg; ModelError.
        """
        chosen = self.models.chosen.get(leg)
        if chosen is None:
            raise NotReadyError(f"the settings have no leg {leg!r} in llm.legs")
        if self._is_in_force(chosen):
            self._take_languages(chosen)
            return False
        self._embed_all(chosen, on_progress)
        with self.database.writing() as session:
            put_in_force(session, chosen.entry)
        self.models.drop_beside()
        return True

    def roll_back(self, on_progress: OnEmbedded = ignore, leg: str = FIRST) -> str:
        """Put the former embedder of a leg in force again and return its name; empty if it had none.

        A leg without a former embedder is not searched any more.

        Raises: NotReadyError if there is nothing to go back to; ModelError.
        """
        former = self.models.former(leg)
        if former is not None:
            self._embed_all(former, on_progress)
        with self.database.writing() as session:
            entry = take_back(session, leg)
        self.models.drop_beside()
        return entry.model_id if entry else ""

    def mend(self, on_progress: OnEmbedded = ignore) -> None:
        """Embed the chunks that a worker committed before it knew of an embedder, or of its languages."""
        in_force = self.models.in_force()
        for model in in_force.values():
            with self.database.reading() as session:
                missing = count_unembedded(session, model.entry)
            if missing:
                embed_missing(self.database, model, followed=True, on_progress=on_progress)
        if len(in_force) > 1:
            self._keep_levels(in_force)

    def _keep_levels(self, in_force: Mapping[str, Model]) -> None:
        """Store the likenesses of each embedder, so that no search has to measure them."""
        for model in in_force.values():
            if not model.entry.levels and not model.likeness.is_built_in:
                levels = model.likeness.as_json()
                with self.database.writing() as session:
                    keep_levels(session, model.entry.model_id, levels)

    def _embed_all(self, model: Model, on_progress: OnEmbedded) -> None:
        """Embed the chunks without a vector; an index made before would lack them and is made anew."""
        used = any(one.entry.model_id == model.entry.model_id for one in self.models.in_force().values())
        with self.database.reading() as session:
            missing = count_unembedded(session, model.entry)
        if missing:
            if not used:
                model.dense.remove()
            embed_missing(self.database, model, followed=used, on_progress=on_progress)
        model.dense.bring_up_to_date()

    def _is_in_force(self, chosen: Model) -> bool:
        now = self.models.in_force().get(chosen.entry.leg)
        return now is not None and now.entry.model_id == chosen.entry.model_id

    def _take_languages(self, chosen: Model) -> None:
        """Let an embedder in force embed the languages of the settings; that needs no golden questions.

        A chunk that it should embed now is found by it as soon as it has its vector.
        """
        if self.models.in_force()[chosen.entry.leg].entry.languages != chosen.entry.languages:
            with self.database.writing() as session:
                put_in_force(session, chosen.entry, complete=False)
            self.mend()

    def _is_withdrawn(self, model: Model) -> bool:
        with self.database.reading() as session:
            withdrawn = embedder_at(session, WITHDRAWN, model.entry.leg)
        return withdrawn is not None and withdrawn.model_id == model.entry.model_id

    def _judged(self, chosen: Model) -> Verdict:
        now = self.models.in_force()
        with chosen.dense.index() as index:
            chunks = len(index.ids())
        return self._compared(chosen.entry.leg, chunks, now, {**now, chosen.entry.leg: chosen})

    def _judge_removal(self, leg: str) -> Verdict | None:
        """Remove a leg that the settings do not name, if the golden questions hold without it."""
        now = self.models.in_force()
        verdict = None
        if leg in now:
            rest = {name: model for name, model in now.items() if name != leg}
            verdict = self._compared(leg, 0, now, rest)
        with self.database.writing() as session:
            if verdict is not None:
                keep_verdict(session, verdict.subject, verdict.as_json())
            if verdict is None or verdict.passed:
                remove_leg(session, leg)
        self.models.drop_beside()
        return verdict and logged(verdict)

    def _compared(self, leg: str, chunks: int, now: Mapping[str, Model], new: Mapping[str, Model]) -> Verdict:
        goldens = self.trials.goldens()
        before, after = (
            self.trials.ask(goldens, [state[name].serving for name in sorted(state)], self.lexical)
            for state in (now, new)
        )
        subject = f"leg {leg}" if leg else EMBEDDER
        return replace(compare(subject, chunks, before, after, self.golden_lost), removal=leg not in new)
