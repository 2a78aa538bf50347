"""The results of `benchmarks/parsing/report.py` as a page in Markdown."""

from collections.abc import Iterator, Sequence
from typing import Any

_TEXT = ("word recall", "word precision", "order", "cell recall")
_TABLES = ("cell recall", "cell precision", "neighbour recall", "neighbour precision")
_WORDS = {"all": "all files", "report": "the half that nothing was fitted to", "tune": "the tuning half"}


def markdown(results: dict[str, Any]) -> str:
    """Return the page: a table by format, and one of the competition's tables, for each part of the files."""
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    lines = ["# Parsing, side by side", "", f"{results['date']}, {results['machine']}; {versions}.", ""]
    lines += ["`make bench-parsing`; the measures are defined in `benchmarks/parsing/measures.py`.", ""]
    rows = results["summary"]
    for half in ("report", "all", "tune"):
        part = [row for row in rows if row["half"] == half]
        text = [row for row in part if row["format"] != "icdar"]
        tables = [row for row in part if row["format"] == "icdar"]
        if text:
            lines += [f"## Text by format, {_WORDS[half]}", "", *_table(text, _TEXT), ""]
        if tables:
            pooled = [f"{name}, pooled" for name in _TABLES]
            lines += [f"## Tables of ICDAR 2013 (EU), {_WORDS[half]}", ""]
            lines += [*_table(tables, (*_TABLES, *pooled)), ""]
    lines += _plain_table("## Speed, text PDFs, two processes", results.get("speed", ()))
    lines += _plain_table("## A long document, one process", [results.get("long document", {})])
    lines += _plain_table("## Text recognition", results.get("recognition", ()))
    return "\n".join(lines)


def _plain_table(title: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return rows under their keys; empty if there are none."""
    if not rows or not rows[0]:
        return []
    shown = [
        [f"{value:.3f}" if type(value) is float and value <= 1 else str(value) for value in row.values()]
        for row in rows
    ]
    lines = ["| " + " | ".join(cells) + " |" for cells in (list(rows[0]), *shown)]
    return [title, "", lines[0], "|---" * len(rows[0]) + "|", *lines[1:], ""]


def _table(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> Iterator[str]:
    yield " | ".join(("| format", "system", "files", "failed", *names)) + " |"
    yield "|---" * (4 + len(names)) + "|"
    for row in sorted(rows, key=lambda row: str(row["format"])):
        values = ("" if row[name] is None else f"{row[name]:.3f}" for name in names)
        cells = (row["format"], row["system"], row["files"], row["failed"], *values)
        yield "| " + " | ".join(map(str, cells)) + " |"
