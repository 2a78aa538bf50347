"""`vade eval`."""

import time
from pathlib import Path
from statistics import median
from typing import Any

from api.app import App
from api.commands.opening import opened
from api.terminal import DONE, Terminal
from core.permissions import PUBLIC, scope_of
from core.settings import load_settings
from core.values import Passage
from ingest.beir import BeirCorpus, read_judgements, read_queries
from retrieval.evaluation import measure

# Chunks looked at for a ranking of 100 documents: several of them may belong to one document.
_CHUNKS = 200


def run(data_dir: Path | None, terminal: Terminal, folder: Path, split: str) -> int:
    """Ingest the corpus if it is not there yet, search for every judged query, and measure."""
    queries, judgements = read_queries(folder), read_judgements(folder, split)
    asked = {query: queries[query] for query in judgements if query in queries}
    corpus = BeirCorpus(folder, frozenset({PUBLIC}))
    settings = load_settings(data_dir)
    place = settings.data_dir / "eval" / folder.resolve().name
    with opened(settings.model_copy(update={"data_dir": place, "database_url": ""})) as app:
        with terminal.progress(len(corpus.list()), "Ingesting") as advance:
            app.ingest(corpus, lambda report: advance())
        app.warm_up()
        with terminal.progress(len(asked), "Searching") as advance:
            rankings, milliseconds = {}, []
            for query, text in asked.items():
                rankings[query], spent = _ranking(app, corpus, text)
                milliseconds.append(spent)
                advance()
    figures = {
        **{name: round(value, 4) for name, value in measure(rankings, judgements).items()},
        "queries": len(judgements),
        "search_ms_p50": round(median(milliseconds), 1),
        "search_ms_p95": round(sorted(milliseconds)[int(len(milliseconds) * 0.95)], 1),
    }
    terminal.result({"folder": str(folder), "split": split, **figures}, lambda: _text(figures))
    return DONE


def _ranking(app: App, corpus: BeirCorpus, text: str) -> tuple[list[str], float]:
    started = time.perf_counter()
    found: list[Passage] = app.searcher.search(text, scope_of(None), _CHUNKS)
    spent = (time.perf_counter() - started) * 1000
    documents = dict.fromkeys(corpus.document_id(passage.uri) for passage in found)
    return list(documents), spent


def _text(figures: dict[str, Any]) -> str:
    return "\n".join(f"{name:14} {value}" for name, value in figures.items())
