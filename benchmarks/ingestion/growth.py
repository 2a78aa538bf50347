"""Growth of the time to ingest chunks with their number, without the forward pass."""

import shutil
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from api.app import build
from benchmarks.retrieval_corpus import SyntheticSource, TurnedVectors, parse_sections, real_chunks
from core.settings import load_settings
from llm.embedding.opening import open_embedder


def growth(work: Path, sizes: Sequence[int]) -> dict[str, Any]:
    """Return the seconds for each number of chunks, and the exponent of the power law through them.

    1 is linear. Everything counts from opening an empty data folder to saved indexes.
    """
    measured = [{"chunks": size, "seconds": _seconds(work, size)} for size in sizes]
    if len(measured) < 2:
        return {"sizes": measured}
    logs = np.log([[one["chunks"], one["seconds"]] for one in measured])
    return {"sizes": measured, "exponent": round(float(np.polyfit(logs[:, 0], logs[:, 1], 1)[0]), 3)}


def _seconds(work: Path, chunks: int) -> float:
    folder = work / "growth"
    shutil.rmtree(folder, ignore_errors=True)
    settings = load_settings(folder)
    embedder = open_embedder(settings.llm)
    real = real_chunks(embedder, work)
    source = SyntheticSource(real, chunks)
    started = time.perf_counter()
    with closing(build(settings, TurnedVectors(embedder, real), parse_sections)) as app:
        app.ingestion.ingest(source)
    return round(time.perf_counter() - started, 1)
