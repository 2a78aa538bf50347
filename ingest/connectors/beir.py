"""A corpus in BEIR layout as a source, with its queries and judgements."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from io import TextIOWrapper
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.disk import open_named
from core.errors import InputError
from ingest.connectors.source import Listed, Listing


class BeirCorpus:
    """`corpus.jsonl`: one document a line, `{"_id", "title", "text"}`, with the same readers for all."""

    kind = "beir"
    config: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, folder: Path, readers: frozenset[str]) -> None:
        self.uri = f"beir:{folder.name}"
        self._path = folder / "corpus.jsonl"
        self._readers = readers
        self._documents: dict[str, bytes] = {}

    def document_id(self, uri: str) -> str:
        """Return the corpus's own id of a document."""
        return uri.removeprefix(f"{self.uri}/")

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield every line that has a title or a text; public sets have some with neither.

        Raises: InputError if one is malformed.
        """
        lines = read_lines(self._path, ("_id",), may_be_empty=("text",))
        pages = ((f"{self.uri}/{line['_id']}", _page(line)) for line in lines)
        self._documents = {uri: page for uri, page in pages if page}
        yield Listing(
            listed=[
                Listed(
                    uri=uri,
                    name=f"{self.document_id(uri)}.md",
                    principals=self._readers,
                    stamp=hashlib.sha256(page).hexdigest(),
                )
                for uri, page in self._documents.items()
            ],
            complete=True,
        )

    def fetch(self, listed: Listed) -> bytes:
        """Return a document as a page of Markdown."""
        return self._documents[listed.uri]

    def close(self) -> None:
        """Do nothing: no connection or file is held open."""


def read_queries(folder: Path) -> dict[str, str]:
    """Return the queries by id.

    Raises: InputError if a line is malformed.
    """
    lines = read_lines(folder / "queries.jsonl", ("_id", "text"))
    return {str(line["_id"]): str(line["text"]) for line in lines}


def read_judgements(folder: Path, split: str) -> dict[str, dict[str, int]]:
    """Return for each query its relevant documents and how relevant each is.

    Raises: InputError if there is no such split, a line is malformed, or there is no judgement.
    """
    path = folder / "qrels" / f"{split}.tsv"
    judgements: dict[str, dict[str, int]] = {}
    if not path.is_file():
        found = ", ".join(sorted(one.stem for one in path.parent.glob("*.tsv"))) or "none"
        raise InputError(f"{path} does not exist; the splits that do: {found}")
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                judgements.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path}: query-id, corpus-id, score are needed: {error}") from error
    if not judgements:
        raise InputError(f"{path}: query-id, corpus-id, score are needed: there is no judgement")
    return judgements


def read_lines(
    path: Path, needed: tuple[str, ...], may_be_empty: tuple[str, ...] = ()
) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a file, one a line.

    Each has a value for all `needed` keys, and those that `may_be_empty`.

    Raises: InputError naming the first line that is malformed.
    """
    try:
        with TextIOWrapper(open_named(path), "utf-8") as file:
            for number, raw in enumerate(file, start=1):
                if raw.strip():
                    yield _checked(path, number, raw, needed, may_be_empty)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def _checked(
    path: Path, number: int, raw: str, needed: tuple[str, ...], may_be_empty: tuple[str, ...]
) -> dict[str, Any]:
    try:
        line = json.loads(raw)
    except ValueError as error:
        raise InputError(f"{path}, line {number}: not JSON: {error}") from error
    if not isinstance(line, dict):
        line = {}
    missing = [key for key in needed if line.get(key) in {None, ""}]
    missing += [key for key in may_be_empty if key not in line]
    if missing:
        raise InputError(f"{path}, line {number}: {', '.join(missing)} is missing")
    return line


def _page(line: dict[str, Any]) -> bytes:
    title, text = " ".join(str(line.get("title") or "").split()), str(line.get("text") or "").strip()
    # A title alone is all that such a document says: as a heading it would be no text.
    return (f"# {title}\n\n{text}" if title and text else title or text).encode()
