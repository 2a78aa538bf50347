"""The numbers behind a chart of an Office file, as a table: categories down, series across."""

from ingest.parsers.base import DocumentBuilder
from ingest.parsers.office.parts import A, C, Node

_MAX_POINTS = 10_000


def write_chart(builder: DocumentBuilder, chart: Node) -> None:
    """Add a chart's title and its numbers as they were saved with it."""
    title = chart.find(f"{C}chart/{C}title")
    builder.paragraph(_words(title))
    names: list[str] = []
    columns: list[dict[int, str]] = []
    categories: dict[int, str] = {}
    for series in chart.iter(f"{C}ser"):
        names.append(" ".join(_points(series.find(f"{C}tx")).values()))
        categories = categories or _points(_first(series, "cat", "xVal"))
        columns.append(_points(_first(series, "val", "yVal")))
    count = max((max(points, default=-1) + 1 for points in [categories, *columns]), default=0)
    if columns and count:
        rows = [[one.get(at, "") for one in (categories, *columns)] for at in range(count)]
        builder.table(["", *names], rows)


def _first(series: Node, *tags: str) -> Node | None:
    return next((found for tag in tags if (found := series.find(f"{C}{tag}")) is not None), None)


def _words(element: Node | None) -> str:
    if element is None:
        return ""
    spoken = "".join(part.text or "" for part in element.iter(f"{A}t"))
    return spoken or " ".join(_points(element).values())


def _points(element: Node | None) -> dict[int, str]:
    """Return the values that are saved with the chart, by position."""
    found: dict[int, str] = {}
    for point in () if element is None else element.iter(f"{C}pt"):
        at = point.get("idx") or ""
        if at.isascii() and at.isdigit() and int(at) < _MAX_POINTS:
            found[int(at)] = point.findtext(f"{C}v") or ""
    return found
