"""Ingestion: what every edge calls to make the answers hold what a source holds."""

from collections.abc import Callable
from contextlib import closing

from core.events import ignore
from core.settings import Settings
from core.store.database import Database
from core.store.jobs import BACKGROUND
from core.store.sources import RunState, SourceEntry, amend_run
from ingest.connectors.source import Source
from ingest.connectors.sources import open_source
from ingest.pipeline import Pipeline
from ingest.run.report import Progress, RunReport
from ingest.run.run import PLAIN, RunOptions
from retrieval.follow.reembedding import OnEmbedded
from retrieval.judge.golden import Verdict
from retrieval.judge.promotion import Promotion


class Ingestion:
    """Runs sources through the pipeline, updates the indexes, and lets the golden questions decide."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        pipeline: Pipeline,
        promotion: Promotion,
        update_indexes: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._database = database
        self._pipeline = pipeline
        self._promotion = promotion
        self._update_indexes = update_indexes

    def ingest(
        self, source: Source, on_progress: Progress = ignore, options: RunOptions = PLAIN
    ) -> RunReport:
        """Ingest a source and update both indexes; return what was done.

        New versions that have to pass the golden questions come into force if these hold; if not, the
        report names the questions that broke. Raises: as `Pipeline.ingest`.
        """
        try:
            report = self._pipeline.ingest(source, on_progress, options)
        finally:
            self._promotion.mend()
            self._update_indexes()
        if report.waiting:
            self._judge(report)
        return report

    def sync(self, entry: SourceEntry) -> RunReport:
        """Open a registered source and ingest it at low priority. Raises: as `Pipeline.ingest`."""
        with closing(open_source(entry, self._settings)) as source:
            return self.ingest(source, options=RunOptions(priority=BACKGROUND))

    def resume(self, entry: SourceEntry) -> RunReport:
        """Do the work that waits for a source without listing it again. Raises: as `Pipeline.ingest`."""
        with closing(open_source(entry, self._settings)) as source:
            return self.ingest(source, options=RunOptions(listing=False, priority=BACKGROUND))

    def settle(self, documents: bool, on_progress: OnEmbedded = ignore) -> list[Verdict]:
        """Ask the golden questions of what waits, and let it come into force if they hold.

        The chosen embedder is always judged, waiting versions only with `documents`. Returns one verdict
        for each of the two that was judged. Raises: as `Promotion.embedder`.
        """
        verdicts = [
            self._promotion.documents() if documents else None,
            self._promotion.embedder(on_progress),
        ]
        self._update_indexes()
        return [verdict for verdict in verdicts if verdict]

    def _judge(self, report: RunReport) -> None:
        """Let the golden questions decide on what a run brought, and write that into the run's report."""
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
