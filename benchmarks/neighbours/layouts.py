"""Layouts of generated manuals: a layout gives a manual's files. Half of them are for reporting alone."""

import csv
import io
from collections.abc import Callable

from benchmarks.neighbours.manuals import Manual, Thing

Files = dict[str, str]
Layout = Callable[[Manual], Files]

# Latin letters, digits and signs as Chinese keyboards write them at full width.
_WIDE = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}


def headings(of: Manual) -> Files:
    """Return a section for each thing, with sentences that do not name it."""
    sections = (f"## {of.noun} {thing.shown}\n\n{_prose(of, thing)}\n" for thing in of.things)
    return {"manual.md": _page(of, *sections)}


def table(of: Manual) -> Files:
    """Return a table with a row for each thing."""
    rows = ([thing.shown, *thing.values.values()] for thing in of.things)
    return {"manual.md": _page(of, _table([of.noun, *(one.label for one in of.properties)], *rows))}


def bullets(of: Manual) -> Files:
    """Return a list for each property, with an item for each thing."""
    lists = (
        f"## {one.label}\n\n"
        + "".join(f"- {thing.shown}: {thing.values[one.label]}\n" for thing in of.things)
        for one in of.properties
    )
    return {"manual.md": _page(of, *lists)}


def paragraphs(of: Manual) -> Files:
    """Return a paragraph for each thing, which begins with its name in bold letters."""
    return {"manual.md": _page(of, *(f"**{thing.shown}.** {_prose(of, thing)}\n" for thing in of.things))}


def wide_headings(of: Manual) -> Files:
    """Return sections whose headings are written in full-width letters."""
    sections = (
        f"## {of.noun} {thing.shown.translate(_WIDE)}\n\n{_prose(of, thing)}\n" for thing in of.things
    )
    return {"manual.md": _page(of, *sections)}


def plain(of: Manual) -> Files:
    """Return plain text with the things' names on lines of their own."""
    sections = (f"{of.noun} {thing.shown}\n{_prose(of, thing)}\n" for thing in of.things)
    return {"manual.txt": "\n".join([of.title + "\n", *sections])}


def item_sections(of: Manual) -> Files:
    """Return a section for each thing, with an item for each sentence."""
    sections = (
        f"## {of.noun} {thing.shown}\n\n" + "".join(f"- {said}\n" for said in _sentences(of, thing))
        for thing in of.things
    )
    return {"manual.md": _page(of, *sections)}


def nested(of: Manual) -> Files:
    """Return a chapter for each property, with a section for each thing."""
    chapters = (
        f"## {one.label}\n\n"
        + "\n".join(
            f"### {thing.shown}\n\n{one.sentence.format(thing.values[one.label])}\n" for thing in of.things
        )
        for one in of.properties
    )
    return {"manual.md": _page(of, *chapters)}


def columns(of: Manual) -> Files:
    """Return a table with a column for each thing."""
    rows = ([one.label, *(thing.values[one.label] for thing in of.things)] for one in of.properties)
    return {"manual.md": _page(of, _table(["", *(f"{of.noun} {thing.shown}" for thing in of.things)], *rows))}


def definitions(of: Manual) -> Files:
    """Return a page with a list of definitions."""
    items = "".join(f"<dt>{of.noun} {thing.shown}</dt><dd>{_prose(of, thing)}</dd>\n" for thing in of.things)
    head = f'<!DOCTYPE html><html lang="{of.language}"><head><meta charset="utf-8"><title>{of.title}</title>'
    return {"manual.html": f"{head}</head><body><h1>{of.title}</h1>\n<dl>\n{items}</dl></body></html>\n"}


def numbered(of: Manual) -> Files:
    """Return a numbered list with an item for each thing."""
    items = (f"{place}. {of.noun} {one.shown}: {_prose(of, one)}\n" for place, one in enumerate(of.things, 1))
    return {"manual.md": _page(of, "".join(items))}


def wide_rows(of: Manual) -> Files:
    """Return a table whose names are written in full-width letters."""
    rows = ([thing.shown.translate(_WIDE), *thing.values.values()] for thing in of.things)
    return {"manual.md": _page(of, _table([of.noun, *(one.label for one in of.properties)], *rows))}


def records(of: Manual) -> Files:
    """Return a CSV file with a row for each value."""
    out = io.StringIO()
    rows = ((of.noun, thing.shown, *pair) for thing in of.things for pair in thing.values.items())
    csv.writer(out, lineterminator="\n").writerows([_COLUMNS[of.language], *rows])
    return {f"{of.title.replace(':', '')}.csv": out.getvalue()}


def apart(of: Manual) -> Files:
    """Return a file for each thing."""
    return {
        f"{place}.md": f"# {of.title}, {of.noun} {thing.shown}\n\n{_prose(of, thing)}\n"
        for place, thing in enumerate(of.things, 1)
    }


TRAIN: dict[str, Layout] = {
    "headings": headings,
    "table": table,
    "bullets": bullets,
    "paragraphs": paragraphs,
    "wide_headings": wide_headings,
    "plain": plain,
    "item_sections": item_sections,
}
# "ranges" is `headings` over a manual whose things are named by ranges.
RANGES = "ranges"
REPORT: dict[str, Layout] = {
    "nested": nested,
    "columns": columns,
    "definitions": definitions,
    "numbered": numbered,
    "wide_rows": wide_rows,
    "records": records,
    "apart": apart,
    RANGES: headings,
}
_COLUMNS = {"en": ("Kind", "Name", "Property", "Value"), "zh": ("类别", "名称", "项目", "数值")}


def _sentences(of: Manual, thing: Thing) -> list[str]:
    said = [one.sentence.format(thing.values[one.label]) for one in of.properties]
    return [*said, of.words.filler[len(thing.shown) % len(of.words.filler)]]


def _prose(of: Manual, thing: Thing) -> str:
    return ("" if of.language == "zh" else " ").join(_sentences(of, thing))


def _page(of: Manual, *sections: str) -> str:
    return "\n".join([f"# {of.title}\n", *sections])


def _table(head: list[str], *rows: list[str]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
