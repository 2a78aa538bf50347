"""The tables of a page: lines of several segments that stand below each other in columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.parsers.pdf.lines import Line, Segment, cell_of, with_segments
from ingest.parsers.pdf.text import Text, join_lines, join_texts

# A cell is drawn before the next one to its right; longer texts side by side are columns of the page.
_MAX_CELL_LINES = 12
_MAX_CELL_CHARS = 500
_MIN_ROWS = 2
_MIN_CELLS = 5
# Two columns with lines of this length are text set in columns.
_MIN_PROSE_CHARS = 28
_MIN_PROSE_LINES = 4
# Shares of a line's height.
_SAME_TOP = 0.6
_ROW_GAP = 2.6
_WRAP_GAP = 0.55
_SAME_SIZE = 0.1


@dataclass(frozen=True, slots=True)
class Table:
    """A table's cells by row and column; an empty cell is None."""

    rows: list[list[Text | None]]
    columns: tuple[tuple[float, float], ...]
    """The left and right edges of the columns in points."""


def fold_cells(lines: Sequence[Line]) -> list[Line]:
    """Return lines in which each cell of several lines, drawn as a whole, is one segment of its row."""
    out: list[Line] = []
    for line in lines:
        first = _cell_start(out, line) if out else None
        if first is not None:
            text, glyphs = join_lines(out[first:])
            cell = cell_of(out[first:], text, glyphs)
            row = out[first]
            cells = [cell] if len(row.segments) == 1 else [*row.segments]
            out[first:] = [with_segments(row, [*cells, *line.segments])]
        elif out and _is_next_cell(out[-1], line):
            out[-1] = with_segments(out[-1], [*out[-1].segments, *line.segments])
        elif out and _wraps_last_cell(out[-1], line):
            out[-1] = _wrapped(out[-1], line)
        else:
            out.append(line)
    return out


def find_table(
    lines: Sequence[Line], start: int, is_heading: Callable[[Line], bool]
) -> tuple[Table | list[Line], int] | None:
    """Return the table or the text in columns that begins at a line, and the index of the line behind it."""
    end = start
    while end < len(lines) and _continues(lines, start, end):
        if is_heading(lines[end]) and not _is_between_rows(lines, start, end):
            break
        end += 1
    while end > start and len(lines[end - 1].segments) == 1:
        end -= 1
    rows = lines[start:end]
    if len(rows) < _MIN_ROWS or sum(len(row.segments) for row in rows) < _MIN_CELLS:
        return None
    columns = _columns(rows)
    if len(columns) < 2:
        return None
    if _is_prose(rows, columns):
        return _unfolded(rows, columns), end
    return Table(_without_split_columns(_grid(rows, columns)), tuple(columns)), end


def _cell_start(out: Sequence[Line], line: Line) -> int | None:
    """Return the first line of the cell that ends before `line`, if `line` begins the cell to its right."""
    last = out[-1]
    if line.y0 > last.y0 - _SAME_TOP * line.size or line.x0 < last.x1 - 1 or len(last.segments) > 1:
        return None
    for first in range(len(out) - 1, max(len(out) - 1 - _MAX_CELL_LINES, -1), -1):
        cell = out[first]
        if cell.x1 > line.x0 + 1 or cell.y1 < line.y0:
            return None
        if abs(cell.y0 - line.y0) < _SAME_TOP * line.size:
            chars = sum(len(part.text) for part in out[first:])
            return first if chars <= _MAX_CELL_CHARS else None
    return None


def _is_next_cell(row: Line, line: Line) -> bool:
    """Return whether a line stands to the right of a row that has several cells, at its height."""
    is_beside = row.y0 - _SAME_TOP * line.size < line.y0 < row.y1 - _SAME_TOP * line.size
    return len(row.segments) > 1 and is_beside and line.x0 >= row.x1 - 1


def _wraps_last_cell(row: Line, line: Line) -> bool:
    """Return whether a line continues the last cell of a row rather than begins the next row."""
    if len(row.segments) < 2 or len(line.segments) > 1:
        return False
    cell = row.segments[-1]
    return (
        abs(line.x0 - cell.x0) < line.size
        and cell.y1 - line.size * _WRAP_GAP < line.y0 < cell.y1 + line.size * _WRAP_GAP
        and len(cell.text) < _MAX_CELL_CHARS
    )


def _wrapped(row: Line, line: Line) -> Line:
    cell, more = row.segments[-1], line.segments[0]
    text, glyphs = join_texts([(cell.text, cell.glyphs), (more.text, more.glyphs)])
    box = (min(cell.x0, more.x0), cell.y0, max(cell.x1, more.x1), more.y1)
    x0, y0, x1, y1 = box
    joined = Segment(text=text, glyphs=glyphs, x0=x0, y0=y0, x1=x1, y1=y1)
    return with_segments(row, [*row.segments[:-1], joined])


def _continues(lines: Sequence[Line], start: int, end: int) -> bool:
    line = lines[end]
    if end == start:
        return len(line.segments) > 1
    last = lines[end - 1]
    if line.y0 < last.y0 or line.y0 - last.y1 > _ROW_GAP * line.size:
        return False
    # A single segment belongs to the table if more rows follow and it does not run across the table.
    width = max(row.x1 for row in lines[start:end]) - min(row.x0 for row in lines[start:end])
    return len(line.segments) > 1 or (line.x1 - line.x0 < 0.6 * width and len(last.segments) > 1)


def _is_between_rows(lines: Sequence[Line], start: int, end: int) -> bool:
    """Return whether a line that looks like a heading divides the rows of a table, in the table's size.

    Above and below it stand rows whose later cells share a column.
    """
    line, above = lines[end], lines[start:end]
    if end == start or end + 1 >= len(lines):
        return False
    last = next(row for row in reversed(above) if len(row.segments) > 1)
    below = lines[end + 1]
    is_near = 0 < below.y0 - line.y0 < _ROW_GAP * line.size
    if len(below.segments) < 2 or not is_near or abs(line.size - below.size) > _SAME_SIZE * line.size:
        return False
    return all(
        any(min(cell.x1, other.x1) > max(cell.x0, other.x0) for other in last.segments[1:])
        for cell in below.segments[1:]
    )


def _columns(rows: Sequence[Line]) -> list[tuple[float, float]]:
    """Return the left and right edges of the columns, in which the cells of the fullest rows overlap."""
    widest = max(len(row.segments) for row in rows)
    full = [row for row in rows if len(row.segments) >= max(2, widest - 1)]
    spans = sorted((cell.x0, cell.x1) for row in full for cell in row.segments)
    columns: list[tuple[float, float]] = []
    for x0, x1 in spans:
        if columns and x0 < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], x1))
        else:
            columns.append((x0, x1))
    return columns


def _is_prose(rows: Sequence[Line], columns: Sequence[tuple[float, float]]) -> bool:
    lengths = [len(cell.text) for row in rows for cell in row.segments]
    long = sum(length >= _MIN_PROSE_CHARS for length in lengths)
    return len(columns) == 2 and len(rows) >= _MIN_PROSE_LINES and long > 0.7 * len(lengths)


def _unfolded(rows: Sequence[Line], columns: Sequence[tuple[float, float]]) -> list[Line]:
    """Return the left column's lines and then the right one's."""
    sides: list[list[Line]] = [[] for _ in columns]
    for row in rows:
        for cell in row.segments:
            sides[_column_of(cell, columns)].append(with_segments(row, [cell]))
    return [line for side in sides for line in side]


def _grid(rows: Sequence[Line], columns: Sequence[tuple[float, float]]) -> list[list[Text | None]]:
    grid: list[list[Text | None]] = []
    bottom = 0.0
    for row in rows:
        cells: list[Text | None] = [None] * len(columns)
        for segment in row.segments:
            column = _column_of(segment, columns)
            text = (segment.text, segment.glyphs)
            held = cells[column]
            cells[column] = text if held is None else join_texts([held, text])
        is_rest = grid and cells[0] is None and len(row.segments) < len(columns) / 2
        if is_rest and row.y0 - bottom < _WRAP_GAP * row.size:
            _add_below(grid[-1], cells)
        else:
            grid.append(cells)
        bottom = row.y1
    return grid


def _without_split_columns(grid: list[list[Text | None]]) -> list[list[Text | None]]:
    """Join neighbouring columns that no row fills both, such as a name set apart from its values."""
    column = len(grid[0]) - 1
    while column > 0:
        if len(grid[0]) > 2 and not any(row[column] and row[column - 1] for row in grid):
            grid = [[*row[: column - 1], row[column - 1] or row[column], *row[column + 1 :]] for row in grid]
        column -= 1
    return grid


def _add_below(above: list[Text | None], cells: Sequence[Text | None]) -> None:
    """Append the rest of wrapped cells to the row above."""
    for column, cell in enumerate(cells):
        if cell is not None:
            held = above[column]
            above[column] = cell if held is None else join_texts([held, cell])


def _column_of(cell: Segment, columns: Sequence[tuple[float, float]]) -> int:
    """Return the column that overlaps a cell most, or else the nearest one."""
    shares = [min(cell.x1, x1) - max(cell.x0, x0) for x0, x1 in columns]
    return shares.index(max(shares))
