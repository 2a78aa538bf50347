"""Presentations: each slide is a page, its title a heading; the speaker's notes stand at its end."""

from collections.abc import Iterator

from core.values.documents import ParsedDocument
from ingest.parsers.base import DocumentBuilder, clean
from ingest.parsers.office.charts import write_chart
from ingest.parsers.office.parts import DIAGRAM, A, C, Node, OfficeParts, P, R, Relation, number, value
from ingest.parsers.slides.shapes import Layout, Shape, in_order
from ingest.parsers.slides.text import Paragraph, paragraphs, take_out_struck, words, write_table

_FURNITURE = ("sldNum", "dt", "ftr", "hdr", "sldImg")


class PptxParser:
    """Parses .pptx files and related formats."""

    media_type = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        parts = OfficeParts(content)
        builder = DocumentBuilder(media_type=self.media_type, title=parts.title(), metadata=parts.metadata())
        main = parts.main_part()
        root = parts.root(main)
        size = None if root is None else root.find(f"{P}sldSz")
        width, height = number(value(size, "cx")), number(value(size, "cy"))
        for position, path in enumerate(_slides(root, parts.relations(main)), start=1):
            slide = parts.root(path)
            if slide is not None:
                start = builder.position
                _Slide(builder, parts, path, position, (width, height)).write(slide)
                builder.page(position, start)
        return builder.build(name)


def _slides(root: Node | None, relations: dict[str, Relation]) -> Iterator[str]:
    for entry in () if root is None else root.iter(f"{P}sldId"):
        relation = relations.get(value(entry, f"{R}id"))
        if relation is not None:
            yield relation.path


class _Slide:
    """Writes one slide."""

    def __init__(
        self, builder: DocumentBuilder, parts: OfficeParts, path: str, position: int, size: tuple[int, int]
    ) -> None:
        self._builder = builder
        self._parts = parts
        self._path = path
        self._position = position
        self._size = size
        self._relations = parts.relations(path)
        layouts = list(parts.related(path, "slideLayout"))
        masters = [root for at, _ in layouts for _, root in parts.related(at, "slideMaster")]
        self._layout = Layout([*(root for _, root in layouts), *masters])

    def write(self, slide: Node) -> None:
        """Write the shapes and the speaker's notes."""
        if value(slide, "show") in ("0", "false"):
            self._builder.notice(f"Slide {self._position} is hidden; it was read.")
        tree = slide.find(f"{P}cSld/{P}spTree")
        if tree is not None:
            self._withdraw(tree)
            self._shapes(tree, inside=False)
        for _, notes in self._parts.related(self._path, "notesSlide"):
            self._withdraw(notes)
            self._notes(notes)
        if any(relation.kind == "comments" for relation in self._relations.values()):
            self._builder.notice(f"Slide {self._position} has comments; they were not read.")

    def _withdraw(self, tree: Node) -> None:
        for text in take_out_struck(tree):
            self._builder.withdrawn(text, under=f"slide {self._position}")

    def _shapes(self, parent: Node, inside: bool) -> None:
        for shape in in_order(parent, self._layout):
            if shape.is_hidden or (not inside and self._is_off(shape)):
                if any(clean(part.text or "") for part in shape.node.iter(f"{A}t")):
                    where = f"Slide {self._position} has text that is hidden or beside the slide"
                    self._builder.notice(f"{where}; it was not read.")
            elif shape.placeholder not in _FURNITURE:
                self._shape(shape)

    def _is_off(self, shape: Shape) -> bool:
        """Return whether a shape lies outside the slide; places in a group are relative to the group."""
        if shape.place is None or not all(self._size):
            return False
        (left, top), (wide, high) = shape.place, shape.size
        width, height = self._size
        return left >= width or top >= height or left + wide < 0 or top + high < 0

    def _shape(self, shape: Shape) -> None:
        node = shape.node
        if node.tag == f"{P}grpSp":
            self._shapes(node, inside=True)
            return
        if node.tag == f"{P}graphicFrame":
            self._graphic(node)
            return
        body = node.find(f"{P}txBody")
        if body is None:
            return
        if shape.is_title:
            self._builder.heading(1, " ".join(words(one) for one in body.iter(f"{A}p")))
        else:
            for paragraph in paragraphs(body, shape.placeholder):
                self._paragraph(paragraph)

    def _paragraph(self, paragraph: Paragraph) -> None:
        if paragraph.marker is None:
            self._builder.paragraph(paragraph.text)
        else:
            self._builder.list_item(f"{paragraph.marker} {paragraph.text}", paragraph.depth)

    def _graphic(self, frame: Node) -> None:
        table = next(frame.iter(f"{A}tbl"), None)
        if table is not None:
            write_table(self._builder, table)
            return
        chart = self._part(value(next(frame.iter(f"{C}chart"), None), f"{R}id"))
        if chart is not None:
            write_chart(self._builder, chart)
        diagram = self._part(value(next(frame.iter(f"{DIAGRAM}relIds"), None), f"{R}dm"))
        for point in () if diagram is None else diagram.iter(f"{DIAGRAM}t"):
            self._builder.list_item(" ".join(words(one) for one in point.iter(f"{A}p")))

    def _part(self, relation: str) -> Node | None:
        known = self._relations.get(relation)
        return None if known is None else self._parts.root(known.path)

    def _notes(self, notes: Node) -> None:
        tree = notes.find(f"{P}cSld/{P}spTree")
        for shape in in_order(notes if tree is None else tree, self._layout):
            body = shape.node.find(f"{P}txBody")
            if body is not None and shape.placeholder == "body":
                for paragraph in body.iter(f"{A}p"):
                    text = clean(words(paragraph))
                    self._builder.paragraph(f"Notes: {text}" if text else "")
