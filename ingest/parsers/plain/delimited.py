"""Values separated by commas, semicolons, tabs or bars."""

import csv
import io
import itertools
from collections.abc import Iterator

from core.errors import ParseError
from core.values.documents import ParsedDocument
from ingest.parsers.base import DocumentBuilder
from ingest.parsers.encoding import decode
from ingest.parsers.tables import split_header

_DELIMITERS = ",;\t|"
_SAMPLE_RECORDS = 30
# A longer cell comes from a quotation mark that was never closed.
_MAX_CELL_CHARS = 1_000_000


class DelimitedParser:
    """Parses .csv and .tsv files; each record is a row with the header."""

    media_type = "text/csv"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        text = decode(content).replace("\0", "")
        try:
            rows = list(_records(text, _delimiter(text, name)))
        except csv.Error as error:
            raise ParseError(f"The table cannot be read: {error}. Check its quotation marks.") from error
        builder = DocumentBuilder(media_type=self.media_type)
        builder.table(*split_header(rows))
        return builder.build(name)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(_MAX_CELL_CHARS)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)


def _delimiter(text: str, name: str) -> str:
    """Return the delimiter by which most of the first records have the same number of cells."""
    best, best_score = "\t" if name.lower().endswith(".tsv") else ",", 0.0
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in itertools.islice(_records(text, delimiter), _SAMPLE_RECORDS) if row]
        usual = max(set(widths), key=widths.count, default=1)
        score = usual**0.5 * widths.count(usual) / len(widths) if usual > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best
