"""Ingestion: the use case that every edge calls to bring a source up to date."""

from collections.abc import Callable
from contextlib import closing
from threading import Event

from core.events import ignore
from core.settings import Settings
from core.store.database import Database
from core.store.jobs import BACKGROUND
from core.store.sources import RunState, SourceEntry, amend_run
from ingest.connectors.source import Source
from ingest.connectors.sources import open_source
from ingest.connectors.upload import UploadSource
from ingest.pipeline import Pipeline
from ingest.run.report import DocumentReport, Progress, RunReport
from ingest.run.run import PLAIN, RunOptions
from retrieval.follow.reembedding import OnEmbedded
from retrieval.judge.embedder_promotion import EmbedderPromotion
from retrieval.judge.golden import Verdict
from retrieval.judge.promotion import Promotion

# How long an upload waits for another one by the same user.
_UPLOAD_WAIT_SECONDS = 60


class Ingestion:
    """Runs sources through the pipeline, updates the indexes, and applies the golden questions."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        pipeline: Pipeline,
        promotion: Promotion,
        embedders: EmbedderPromotion,
        update_indexes: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._database = database
        self._pipeline = pipeline
        self._promotion = promotion
        self._embedders = embedders
        self._update_indexes = update_indexes

    def ingest(
        self, source: Source, on_progress: Progress = ignore, options: RunOptions = PLAIN
    ) -> RunReport:
        """Ingest a source and update both indexes; return the run's report.

        New versions that have to pass the golden questions come into force if these hold. If not, the
        report names the questions that broke. Raises: as `Pipeline.ingest`.
        """
        try:
            report = self._pipeline.ingest(source, on_progress, options)
        finally:
            self._embedders.mend()
            self._update_indexes()
        if report.waiting:
            self._judge(report)
        return report

    def uploads(self, source: UploadSource, stop: Event) -> dict[str, DocumentReport]:
        """Ingest what a user handed in; return the outcomes by URI, without those that `stop` left out.

        Raises: as `Pipeline.ingest`.
        """
        options = RunOptions(retry=True, wait_seconds=_UPLOAD_WAIT_SECONDS, stop=stop)
        return {document.uri: document for document in self.ingest(source, options=options).documents}

    def sync(self, entry: SourceEntry) -> RunReport:
        """Open a registered source and ingest it at low priority. Raises: as `Pipeline.ingest`."""
        with closing(open_source(entry, self._settings)) as source:
            return self.ingest(source, options=RunOptions(priority=BACKGROUND))

    def resume(self, entry: SourceEntry) -> RunReport:
        """Do the jobs that wait for a source, without listing it again. Raises: as `Pipeline.ingest`."""
        with closing(open_source(entry, self._settings)) as source:
            return self.ingest(source, options=RunOptions(listing=False, priority=BACKGROUND))

    def settle(self, documents: bool, on_progress: OnEmbedded = ignore) -> list[Verdict]:
        """Judge waiting versions and the chosen embedders by the golden questions; promote what passes.

        The chosen embedders are always judged, waiting versions only with `documents`. Returns one verdict
        for each that was judged. Raises: as `EmbedderPromotion.judge`.
        """
        verdict = self._promotion.documents() if documents else None
        embedders = self._embedders.judge_all(on_progress)
        self._update_indexes()
        return [verdict, *embedders] if verdict else embedders

    def _judge(self, report: RunReport) -> None:
        """Judge a run's new versions by the golden questions, and write the verdict into its report."""
        verdict = self._promotion.documents()
        if verdict is None:  # another process has decided
            return
        report.gate = verdict.as_json()
        if not verdict.passed:
            report.suspect(verdict.as_text())
        state = RunState.SUSPICIOUS if report.suspicion else RunState.DONE
        with self._database.writing() as session:
            amend_run(session, report.run, state, report.suspicion, report.as_json())
        self._update_indexes()
