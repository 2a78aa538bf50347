"""Tables of Word files as grids of texts."""

from collections.abc import Callable, Iterator

from ingest.parsers.office.parts import Node, W, is_on, number, value
from ingest.parsers.tables import joined_header, split_header

_MAX_SPAN = 200
_MAX_CELLS = 500_000


def read_grid(table: Node, text_of: Callable[[Node], str]) -> tuple[list[str], list[list[str]]]:
    """Return a table's header and rows; a cell is repeated over the rows that it spans, not the columns."""
    grid: list[list[str]] = []
    headers = 0
    total = 0
    for row in rows(table):
        properties = row.find(f"{W}trPr")
        if is_deleted_row(row):
            continue
        line = _line(row, grid[-1] if grid else [], text_of)
        total += len(line)
        if total > _MAX_CELLS:
            break
        if is_on(properties, f"{W}tblHeader") and headers == len(grid):
            headers += 1
        grid.append(line)
    if 0 < headers < len(grid):
        return joined_header(grid[:headers]), grid[headers:]
    return split_header(grid)


def cells(table: Node) -> list[list[Node]]:
    """Return the cells of each row that is not marked as deleted."""
    return [list(_children(row, f"{W}tc")) for row in rows(table) if not is_deleted_row(row)]


def rows(table: Node) -> Iterator[Node]:
    """Yield the rows of a table."""
    return _children(table, f"{W}tr")


def is_deleted_row(row: Node) -> bool:
    """Return whether tracked changes mark a row as deleted."""
    return row.find(f"{W}trPr/{W}del") is not None


def is_deleted_cell(cell: Node) -> bool:
    """Return whether tracked changes mark a cell as deleted."""
    return cell.find(f"{W}tcPr/{W}cellDel") is not None


def _line(row: Node, above: list[str], text_of: Callable[[Node], str]) -> list[str]:
    properties = row.find(f"{W}trPr")
    before = None if properties is None else properties.find(f"{W}gridBefore")
    line = [""] * min(number(value(before, f"{W}val")), _MAX_SPAN)
    for cell in _children(row, f"{W}tc"):
        about = cell.find(f"{W}tcPr")
        wide = 1 if about is None else number(value(about.find(f"{W}gridSpan"), f"{W}val", "1"), 1)
        merged = None if about is None else about.find(f"{W}vMerge")
        if merged is not None and value(merged, f"{W}val", "continue") == "continue":
            text = above[len(line)] if len(line) < len(above) else ""
        else:
            text = text_of(cell)
        line += [text, *[""] * (min(max(wide, 1), _MAX_SPAN) - 1)]
    return line


def _children(parent: Node, tag: str) -> Iterator[Node]:
    """Yield the children with a tag, including those in content controls."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}customXml"):
            yield from _children(child, tag)
