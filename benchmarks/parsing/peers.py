"""Reads files with one of the systems compared; runs under the Python in which that one is installed.

Imports no module of this project: `python peers.py NAME` writes a line with the version, then answers
each line of standard input, a path, with a line of JSON: the text, whether it is Markdown, the tables as
rows of cells, or the error, and the seconds taken.
"""

import importlib.metadata
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Reading = dict[str, Any]


def unstructured() -> Callable[[str], Reading]:
    """Return its own partition by kind of file; PDF by its fast strategy, which needs no model."""
    os.environ["DO_NOT_TRACK"] = os.environ["SCARF_NO_ANALYTICS"] = "true"
    import spacy  # type: ignore[import-not-found,unused-ignore]
    import unstructured.nlp.tokenize as tokenizing  # type: ignore[import-not-found,unused-ignore]
    from lxml import html
    from unstructured.partition.auto import partition  # type: ignore[import-not-found,unused-ignore]

    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    for name in ("_get_nlp", "_load_spacy_model"):  # it would fetch a model
        if hasattr(tokenizing, name):
            setattr(tokenizing, name, lambda *_: pipeline)

    def read(path: str) -> Reading:
        elements = partition(path, strategy="fast")
        tables = []
        for element in elements:
            page = getattr(element.metadata, "text_as_html", None)
            if page:
                rows = html.fromstring(page).iter("tr")
                tables.append(
                    [["".join(map(str, cell.itertext())) for cell in row.iter("td", "th")] for row in rows]
                )
        return {"text": "\n\n".join(element.text for element in elements), "tables": tables}

    return read


def markitdown() -> Callable[[str], Reading]:
    """Return its converter without plugins; it writes Markdown."""
    from markitdown import MarkItDown  # type: ignore[import-not-found,unused-ignore]

    converter = MarkItDown(enable_plugins=False)
    return lambda path: {"markdown": converter.convert(path).text_content}


def kreuzberg() -> Callable[[str], Reading]:
    """Return its extraction with Markdown as output, its cache off so that each file is read."""
    from kreuzberg import (  # type: ignore[import-not-found,unused-ignore]
        ExtractionConfig,
        OutputFormat,
        extract_file_sync,
    )

    config = ExtractionConfig(use_cache=False, output_format=OutputFormat.MARKDOWN)

    def read(path: str) -> Reading:
        result = extract_file_sync(path, config=config)
        tables = [_field(table, "cells") for table in result.tables]
        return {"markdown": result.content, **({"tables": tables} if tables else {})}

    return read


PEERS = {peer.__name__: peer for peer in (unstructured, markitdown, kreuzberg)}


def _field(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, dict) else getattr(value, name)


def _main(name: str) -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    read = PEERS[name]()
    print(json.dumps({"version": importlib.metadata.version(name)}), file=answers, flush=True)
    for line in sys.stdin:
        started = time.perf_counter()
        try:
            reading = read(line.rstrip("\n"))
        except Exception as error:  # an error of any kind is the peer's result for that file
            reading = {"error": f"{type(error).__name__}: {error}"[:300]}
        reading["seconds"] = time.perf_counter() - started
        print(json.dumps(reading), file=answers, flush=True)


if __name__ == "__main__":
    sys.path = [path for path in sys.path if path != str(Path(__file__).parent)]
    _main(sys.argv[1])
