"""References: docling's reviewed Markdown, and the annotated tables of the ICDAR 2013 competition.

A file belongs to the `tune` or the `report` half by its name's hash, so that it never changes halves:
parsers are improved on `tune` and reported on `report`.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.parsing.measures import Table, markdown_tables, plain
from benchmarks.set_folders import data_folder

HALVES = ("tune", "report")
_ICDAR = "parse_tables_icdar2013_eu/src/test/resources/technology/tabula/icdar2013-dataset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A file with its reference."""

    path: Path
    format: str  # the file's ending, or `icdar`
    text: str
    tables: list[Table]

    @property
    def half(self) -> str:
        """The half that the file belongs to."""
        return HALVES[hashlib.sha256(self.path.name.encode()).digest()[0] % 2]


def docling_cases() -> Iterator[Case]:
    """Yield docling's sample files that have a reference, by format and name."""
    root = data_folder() / "parse_docling" / "tests" / "data"
    for source in sorted(root.glob("*/sources/*")):
        folder = source.parents[1] / "groundtruth"
        names = (f"{source.name}.md", f"{source.stem}.md")
        reference = next((folder / name for name in names if (folder / name).is_file()), None)
        if reference is not None:
            markdown = reference.read_text("utf-8")
            kind = source.suffix.lstrip(".").lower()
            yield Case(
                path=source,
                format=kind,
                text=plain(markdown).replace("|", " "),
                tables=markdown_tables(markdown),
            )


def icdar_cases() -> Iterator[Case]:
    """Yield the EU files of the ICDAR 2013 table competition with all their tables."""
    folder = data_folder() / _ICDAR / "competition-dataset-eu"
    for pdf in sorted(folder.glob("*.pdf")):
        # The tables of `eu-009a.pdf` are annotated in two files, a and b.
        structures = sorted(folder.glob(f"{pdf.stem.rstrip('ab')}*-str.xml"))
        tables = [table for path in structures for table in _tables(path)]
        yield Case(path=pdf, format="icdar", text="", tables=tables)


def _tables(path: Path) -> Iterator[Table]:
    for table in ElementTree.parse(path).iter("table"):
        rows: dict[int, dict[int, str]] = {}
        base = 0
        for region in table.iter("region"):
            # A table that goes on counts its rows and columns from the increments, or from where it ended.
            shift = max(int(region.get("row-increment") or 0), 0) or base
            right = max(int(region.get("col-increment") or 0), 0)
            for cell in region.iter("cell"):
                row, column = int(cell.get("start-row", 0)) + shift, int(cell.get("start-col", 0)) + right
                rows.setdefault(row, {})[column] = cell.findtext("content") or ""
            base = max(rows, default=-1) + 1
        width = max((max(row) for row in rows.values()), default=-1) + 1
        yield [[row.get(at, "") for at in range(width)] for _, row in sorted(rows.items())]
