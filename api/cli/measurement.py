"""Measurements of `vade eval`: searches against judgements, and answers against gold answers."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from admin.goldens import read_gold
from admin.progress import ShowProgress, unseen
from api.app import App
from api.cli.opening import opened
from api.cli.terminal import counted, echo
from core.permissions import PUBLIC, scope_of
from core.settings import Settings
from core.values.answers import Answer, Passage
from core.values.search import AccessScope
from ingest.connectors.beir import BeirCorpus, read_judgements, read_queries
from ingest.connectors.folder import FolderSource
from ingest.connectors.source import Source
from retrieval.judge.answer_evaluation import GoldQuestion, answer_series
from retrieval.judge.completeness import completeness_series
from retrieval.judge.evaluation import latency_series, ranking_series
from retrieval.judge.statistics import Series
from retrieval.search import Results

# Chunks looked at for a ranking of 100 documents: several of them may belong to one document.
_CHUNKS = 200

Measured = dict[str, Series]
Question = TypeVar("Question")
Found = TypeVar("Found", Answer, Results)


def measure_search(settings: Settings, folder: Path, split: str, show: ShowProgress = unseen) -> Measured:
    """Ingest the corpus if it is not there yet, search for every judged query, and return each measure."""
    queries, judgements = read_queries(folder), read_judgements(folder, split)
    asked = {query: queries[query] for query in judgements if query in queries}
    corpus = BeirCorpus(folder, frozenset({PUBLIC}))
    with _opened_apart(settings, folder) as app:
        _ingest(app, corpus, show)

        def find(text: str) -> Results:
            return app.searcher.search(text, scope_of(None), _CHUNKS)

        found, milliseconds = _each(app, list(asked.values()), find, show)
    rankings = {query: _documents(corpus, one.passages) for query, one in zip(asked, found, strict=True)}
    return ranking_series(rankings, judgements) | latency_series(milliseconds)


def measure_answers(
    settings: Settings,
    path: Path,
    documents: Path | None,
    scope: AccessScope,
    show: ShowProgress = unseen,
) -> Measured:
    """Ask every question of the file and return each measure.

    The questions go to the folder `documents`, which everybody may read, or without one to the data folder
    as it is, under the asker's scope.
    """
    gold = read_gold(path)
    scope = scope_of(None) if documents else scope
    with _opened_apart(settings, documents) if documents else opened(settings) as app:
        if documents:
            _ingest(app, FolderSource(documents, frozenset({PUBLIC}), settings.ingest.max_file_bytes), show)

        def ask(one: GoldQuestion) -> Answer:
            return app.answerer.answer(one.question, scope, history=one.history)

        answers, milliseconds = _each(app, gold, ask, show)
    return answers_measured(gold, answers) | latency_series(milliseconds)


def answers_measured(gold: Sequence[GoldQuestion], answers: Sequence[Answer]) -> Measured:
    """Return each measure of answers, which must be in the order of their questions."""
    complete = completeness_series(gold, answers) if any(one.facts for one in gold) else {}
    return complete | answer_series(gold, answers)


def _opened_apart(settings: Settings, folder: Path) -> AbstractContextManager[App]:
    """Open the application over a data folder of its own for a corpus, model and chunk size."""
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]
    further = settings.llm.legs.values()
    legs = ["_".join([Path(leg.embedder).name, *leg.languages]) for leg in further]
    embedders = "+".join([Path(settings.llm.embedder).name, *legs])
    name = "-".join([folder.resolve().name, place, embedders, str(settings.ingest.chunk_tokens)])
    apart = {"data_dir": settings.data_dir / "eval" / name, "database_url": ""}
    return opened(settings.model_copy(update=apart))


def _ingest(app: App, source: Source, show: ShowProgress) -> None:
    with show("Ingesting") as advance:
        app.ingestion.ingest(source, lambda document, listed: advance(1, listed))


def _each(
    app: App, questions: Sequence[Question], ask: Callable[[Question], Found], show: ShowProgress
) -> tuple[list[Found], list[float]]:
    """Ask one question after the other; return the results, and how many milliseconds each took.

    What questions had to do without is said on standard error.
    """
    app.readiness.warm_up()
    found, milliseconds = [], []
    with show("Asking") as advance:
        for question in questions:
            started = time.perf_counter()
            found.append(ask(question))
            milliseconds.append((time.perf_counter() - started) * 1000)
            advance(1, len(questions))
    degraded = Counter(notice.text for one in found for notice in one.notices)
    for text, count in degraded.items():
        echo(f"{count} of {counted(len(questions), 'question')}: {text}", err=True)
    return found, milliseconds


def _documents(corpus: BeirCorpus, found: Sequence[Passage]) -> list[str]:
    return list(dict.fromkeys(corpus.document_id(passage.uri) for passage in found))
