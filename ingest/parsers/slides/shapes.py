"""The shapes of a slide in reading order, with their places."""

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.parsers.office.parts import MC, A, Node, P, number, value

# A quarter of an inch in EMU: shapes whose tops lie in one strip of this height stand side by side.
_ROW = 228_600
_TITLES = ("title", "ctrTitle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A shape on a slide."""

    node: Node
    placeholder: str
    """Its role on the slide, or empty."""
    is_hidden: bool
    place: tuple[int, int] | None
    """Left and top in EMU; None if neither the slide nor its layout gives it."""
    size: tuple[int, int]
    """Width and height in EMU."""

    @property
    def is_title(self) -> bool:
        """Whether it holds the title of the slide."""
        return self.placeholder in _TITLES


class Layout:
    """The places that a slide's layout and the layout's master give to placeholders."""

    def __init__(self, roots: list[Node]) -> None:
        self._places: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {}
        for root in roots:
            for node in root.iter(f"{P}sp"):
                role, index = _role(node)
                if (where := _where(node)) is not None:
                    for key in (f"at {index}", role):
                        self._places.setdefault(key, where)

    def where(self, node: Node) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """Return the place and the size of a placeholder, or None if the layout does not give them."""
        role, index = _role(node)
        return self._places.get(f"at {index}") or self._places.get(role)


def in_order(parent: Node, layout: Layout) -> Iterator[Shape]:
    """Yield the shapes of a slide or a group: the title first, then row by row, each from the left."""
    shapes = [_shape(node, layout) for node in _nodes(parent)]
    yield from (shape for shape in shapes if shape.is_title)
    others = [shape for shape in shapes if not shape.is_title]
    if any(shape.place is None for shape in others):
        yield from others
        return
    yield from sorted(others, key=_row)


def _row(shape: Shape) -> tuple[int, int]:
    left, top = shape.place or (0, 0)
    return top // _ROW, left


def _nodes(parent: Node) -> Iterator[Node]:
    for child in parent:
        if child.tag == f"{MC}AlternateContent":
            choice = child.find(f"{MC}Choice")
            yield from () if choice is None else _nodes(choice)
        elif child.tag in (f"{P}sp", f"{P}grpSp", f"{P}graphicFrame"):
            yield child


def _shape(node: Node, layout: Layout) -> Shape:
    about = next(node.iter(f"{P}cNvPr"), None)
    hidden = value(about, "hidden") in ("1", "true")
    role = _role(node)[0]
    where = _where(node) or (layout.where(node) if role else None)
    place, size = where if where is not None else (None, (0, 0))
    return Shape(node=node, placeholder=role, is_hidden=hidden, place=place, size=size)


def _role(node: Node) -> tuple[str, str]:
    found = node.find(f"{P}nvSpPr/{P}nvPr/{P}ph")
    return ("", "") if found is None else (found.get("type") or "obj", found.get("idx") or "0")


def _where(node: Node) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Return the (left, top) and (width, height) that a shape itself gives, or None."""
    frame = next(
        (
            found
            for path in (f"{P}spPr/{A}xfrm", f"{P}grpSpPr/{A}xfrm", f"{P}xfrm")
            if (found := node.find(path)) is not None
        ),
        None,
    )
    offset = None if frame is None else frame.find(f"{A}off")
    if frame is None or offset is None:
        return None
    extent = frame.find(f"{A}ext")
    return (
        (number(value(offset, "x")), number(value(offset, "y"))),
        (number(value(extent, "cx")), number(value(extent, "cy"))),
    )
