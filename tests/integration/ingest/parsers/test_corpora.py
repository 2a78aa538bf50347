"""Real files, many of them broken on purpose: each ends in a document or in a plain reason."""

import os
import re
import time
from pathlib import Path

import pytest

from core.errors import EmptyDocumentError, EncryptedError, ParseError
from core.values.documents import ParsedDocument
from ingest.parsers.formats import parse

ROOT = Path(__file__).parents[4]
DATA = Path(os.environ.get("VADE_DATA", ROOT / ".." / "shared" / "data"))
MAX_TEXT_BYTES = 20_000_000
# The slowest file of these takes a fifth of a second; the rest is room for a busy machine.
MAX_SECONDS = 15.0
ENCRYPTED_NAME = re.compile(r"password|protected|encryption_open|openprintcopypw|opencopyprintpw|pwd123")

pytestmark = pytest.mark.filterwarnings("ignore")


def files(corpus: str) -> list[Path]:
    folder = DATA / corpus
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


def need(corpus: str) -> list[Path]:
    found = files(corpus)
    if not found:
        pytest.skip(f"{corpus} is not in {DATA}; set VADE_DATA to the folder that holds it")
    return found


def outcome(path: Path) -> ParsedDocument | ParseError:
    began = time.monotonic()
    try:
        return parse(path.read_bytes(), path.name, MAX_TEXT_BYTES)
    except ParseError as error:
        return error
    finally:
        assert time.monotonic() - began < MAX_SECONDS, path


@pytest.mark.parametrize("corpus", ["corpus_robustness", "parse_docling"])
def test_every_file_ends_in_a_document_or_a_reason(corpus: str) -> None:
    for path in need(corpus):
        result = outcome(path)
        if isinstance(result, ParsedDocument):
            assert result.text.strip(), path
            assert all(result.text[block.start : block.end].strip() for block in result.blocks), path
        else:
            assert str(result).endswith("."), (path, str(result))
            # The catch-all's words stand for a vendor's error that no parser has translated.
            assert "cannot be read (" not in str(result), (path, str(result))


def test_encrypted_files_say_so() -> None:
    locked = [path for path in need("corpus_robustness") if ENCRYPTED_NAME.search(path.name.lower())]
    assert len(locked) >= 15
    for path in locked:
        assert isinstance(outcome(path), EncryptedError), path


def test_empty_files_say_so() -> None:
    empty = [path for path in need("corpus_robustness") if path.stat().st_size == 0]
    assert empty
    assert all(isinstance(outcome(path), EmptyDocumentError) for path in empty)


@pytest.mark.parametrize("corpus", ["corpus_mixed_18f_handbook", "fault_prometheus_runbooks"])
def test_pages_of_site_generators_are_never_empty(corpus: str) -> None:
    pages = [path for path in need(corpus) if path.suffix == ".md"]
    assert pages
    assert [path for path in pages if isinstance(outcome(path), ParseError)] == []


def test_known_places_come_out_right() -> None:
    root = DATA / "parse_docling" / "tests" / "data"
    need("parse_docling")

    def rows(path: str) -> list[tuple[str, str]]:
        document = parse((root / path).read_bytes(), path, MAX_TEXT_BYTES)
        return [(document.text[block.start : block.end], block.header) for block in document.blocks]

    header = "Food | Calories per portion"
    assert ("Grain | Corn, Buckwheat, Barley | 200", f"| {header}") in rows("docx/sources/word_sample.docx")
    assert ("2021 | 150 | 100 | 250", "Year | Freshwater Ducks | Saltwater Ducks | Ducks") in rows(
        "xlsx/sources/xlsx_03_chartsheet.xlsx"
    )
    assert ("1.3.1 Existing row and column control … 4", "") in rows("pdf/sources/redp5110_sampled.pdf")
