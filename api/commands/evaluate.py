"""`vade eval`."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from api.app import App
from api.commands.opening import opened, scope_named
from api.evaluation_table import comparison_json, figures_json, table_text
from api.terminal import DONE, Terminal
from core.errors import InputError
from core.permissions import PUBLIC, scope_of
from core.settings import Settings, load_settings
from core.values.answers import Passage
from ingest.connectors.beir import BeirCorpus, read_judgements, read_lines, read_queries
from ingest.connectors.folder import FolderSource
from ingest.connectors.source import Source
from retrieval.judge.answer_evaluation import GoldQuestion, answer_series
from retrieval.judge.evaluation import latency_series, ranking_series
from retrieval.judge.statistics import Series

# Chunks looked at for a ranking of 100 documents: several of them may belong to one document.
_CHUNKS = 200

Measured = dict[str, Series]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is measured: a folder in BEIR layout, or a file of questions over `documents`.

    Without `documents` the questions go to the data folder as it is, under the asker's scope.
    """

    folder: Path | None
    split: str
    answers: Path | None
    documents: Path | None
    compare: tuple[str, ...]
    user: str
    groups: str


def run(data_dir: Path | None, terminal: Terminal, request: Request) -> int:
    """Measure one configuration, or two of them side by side over the same questions."""
    if (request.folder is None) == (request.answers is None):
        raise InputError("give a folder in BEIR layout, or a file of questions with --answers")
    first = load_settings(data_dir)
    second = load_settings(data_dir, **_overrides(request.compare)) if request.compare else None
    head = {"folder": str(request.folder), "split": request.split}
    if request.answers is not None:
        head = {"answers": str(request.answers)}
    measured = _measure(first, terminal, request)
    document = {**head, **figures_json(measured)}
    if second is None:
        terminal.result(document, lambda: table_text(measured))
        return DONE
    other = _measure(second, terminal, request)
    document["compared"] = {"with": list(request.compare), **comparison_json(measured, other)}
    terminal.result(document, lambda: table_text(measured, other))
    return DONE


def _measure(settings: Settings, terminal: Terminal, request: Request) -> Measured:
    if request.folder is not None:
        return measure_search(settings, terminal, request.folder, request.split)
    assert request.answers is not None
    return measure_answers(settings, terminal, request.answers, request)


def measure_search(settings: Settings, terminal: Terminal, folder: Path, split: str) -> Measured:
    """Ingest the corpus if it is not there yet, search for every judged query, and return each measure."""
    queries, judgements = read_queries(folder), read_judgements(folder, split)
    asked = {query: queries[query] for query in judgements if query in queries}
    corpus = BeirCorpus(folder, frozenset({PUBLIC}))
    with opened(_apart(settings, folder)) as app:
        _ingest(app, terminal, corpus)
        found, milliseconds = _each(
            app,
            terminal,
            list(asked.values()),
            lambda text: app.searcher.search(text, scope_of(None), _CHUNKS).passages,
        )
    rankings = {query: _documents(corpus, hits) for query, hits in zip(asked, found, strict=True)}
    return ranking_series(rankings, judgements) | latency_series(milliseconds)


def measure_answers(settings: Settings, terminal: Terminal, path: Path, request: Request) -> Measured:
    """Ask every question of the file, over `documents` if there are some, and return each measure."""
    gold = read_gold(path)
    scope = scope_of(None) if request.documents else scope_named(request.user, request.groups)
    where = _apart(settings, request.documents) if request.documents else settings
    with opened(where) as app:
        if request.documents:
            source = FolderSource(request.documents, frozenset({PUBLIC}), settings.ingest.max_file_bytes)
            _ingest(app, terminal, source)
        answers, milliseconds = _each(
            app, terminal, [one.question for one in gold], lambda text: app.answerer.answer(text, scope)
        )
    return answer_series(gold, answers) | latency_series(milliseconds)


def read_gold(path: Path) -> list[GoldQuestion]:
    """Return the questions of a file: `{id, question, answers[], answerable, gold_documents[]}` a line.

    Raises: InputError if a line is malformed or none is there.
    """
    lines = list(read_lines(path, ("id", "question")))
    if not lines:
        raise InputError(f"{path} holds no question")
    return [
        GoldQuestion(
            id=str(line["id"]),
            question=str(line["question"]),
            answers=tuple(map(str, line.get("answers") or ())),
            answerable=bool(line.get("answerable", True)),
            documents=tuple(map(str, line.get("gold_documents") or ())),
        )
        for line in lines
    ]


def _apart(settings: Settings, folder: Path) -> Settings:
    """Return the settings with a data folder of its own for a corpus, model and chunk size."""
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]
    name = "-".join(
        [folder.resolve().name, place, Path(settings.llm.embedder).name, str(settings.ingest.chunk_tokens)]
    )
    return settings.model_copy(update={"data_dir": settings.data_dir / "eval" / name, "database_url": ""})


def _ingest(app: App, terminal: Terminal, source: Source) -> None:
    with terminal.progress("Ingesting") as advance:
        app.ingestion.ingest(source, lambda document, listed: advance(listed))


def _each(
    app: App, terminal: Terminal, questions: Sequence[str], ask: Callable[[str], Found]
) -> tuple[list[Found], list[float]]:
    """Ask each question, one after the other, and return what came and how many milliseconds it took."""
    app.warm_up()
    found, milliseconds = [], []
    with terminal.progress("Asking") as advance:
        for question in questions:
            started = time.perf_counter()
            found.append(ask(question))
            milliseconds.append((time.perf_counter() - started) * 1000)
            advance(len(questions))
    return found, milliseconds


def _documents(corpus: BeirCorpus, found: Sequence[Passage]) -> list[str]:
    return list(dict.fromkeys(corpus.document_id(passage.uri) for passage in found))


def _overrides(changes: Sequence[str]) -> dict[str, Any]:
    """Return `retrieval.dense_weight=0.7` and the like as nested settings.

    Raises: InputError if one has no value.
    """
    nested: dict[str, Any] = {}
    for change in changes:
        path, separator, value = change.partition("=")
        *groups, key = path.strip().split(".")
        if not separator or not key:
            raise InputError(f"--compare {change}: write it as retrieval.dense_weight=0.7")
        place = nested
        for group in groups:
            place = place.setdefault(group, {})
        place[key] = value.strip()
    return nested
