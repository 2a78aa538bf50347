"""A person sees how far a long document is, and a cancel reaches it in the middle."""

import time
from pathlib import Path

from fakes.embedder import FakeEmbedder
from fakes.source import FakeSource

from api.app import build
from core.settings import load_settings
from core.store.job_control import cancel, list_jobs
from core.store.jobs import JobState
from core.values.documents import Block, BlockKind, ParsedDocument
from ingest.parsers.progress import begin_page
from ingest.run.report import Outcome

PAGES = 1_600
SOON_SECONDS = 20.0


def test_the_page_is_shown_and_a_cancel_stops_the_reading(tmp_path: Path, database_url: str) -> None:
    settings = load_settings(tmp_path, ingest={"lease_seconds": 1}, database_url=database_url)
    reached: list[int] = []
    seen: list[str] = []

    def read(content: bytes, name: str) -> ParsedDocument:
        deadline = time.monotonic() + SOON_SECONDS
        for page in range(1, PAGES + 1):
            reached.append(page)
            begin_page(page, PAGES, recognizing=page > 3)
            while page == 3 and not seen and time.monotonic() < deadline:
                look()
                time.sleep(0.05)  # the stage is seen in the database alone
            time.sleep(SOON_SECONDS / PAGES)  # the time that a page takes
        return ParsedDocument(
            title="Long", text="text", blocks=(Block(kind=BlockKind.PARAGRAPH, start=0, end=4),)
        )

    def look() -> None:
        with app.database.writing() as session:
            for job in list_jobs(session):
                if job.stage == f"parse, page 3 of {PAGES}":
                    seen.append(job.stage)
                    cancel(session, job.id)

    app = build(settings, FakeEmbedder(), read)
    try:
        shelf = FakeSource()
        shelf.put("long.pdf", "x")
        report = app.ingestion.ingest(shelf)
        with app.database.reading() as session:
            [job] = list_jobs(session)
    finally:
        app.close()
    assert seen
    assert 3 <= len(reached) < PAGES
    assert report.count(Outcome.CANCELLED) == 1
    assert job.state == JobState.CANCELLED
