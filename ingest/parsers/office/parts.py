"""The parts of an Office file: their markup and the relations between them."""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from core.errors import ParseError
from core.values.metadata import NONE, Metadata, metadata_of_properties
from ingest.parsers.base import said_title

Node = etree._Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_MODIFIED = "{http://purl.org/dc/terms/}modified"
_KEYWORDS = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}keywords"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
# The ISO dialect (Strict) has the same markup in other namespaces; ISO/IEC 29500-1 and -4, annex A.
_STRICT = b"http://purl.oclc.org/ooxml/"
_DIALECT = tuple(
    (_STRICT + strict, b"http://schemas.openxmlformats.org/" + usual)
    for strict, usual in (
        (b"wordprocessingml/main", b"wordprocessingml/2006/main"),
        (b"presentationml/main", b"presentationml/2006/main"),
        (b"drawingml/main", b"drawingml/2006/main"),
        (b"drawingml/chart", b"drawingml/2006/chart"),
        (b"drawingml/diagram", b"drawingml/2006/diagram"),
        (b"drawingml/wordprocessingDrawing", b"drawingml/2006/wordprocessingDrawing"),
        (b"drawingml/picture", b"drawingml/2006/picture"),
        (b"officeDocument/math", b"officeDocument/2006/math"),
        (b"officeDocument/relationships", b"officeDocument/2006/relationships"),
    )
)


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation from one part to another."""

    kind: str
    """The last word of the relation's type."""
    path: str
    """Of the other part."""


class OfficeParts:
    """An opened Office file."""

    def __init__(self, content: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        self._names = set(self._archive.namelist())

    def main_part(self) -> str:
        """Return the path of the main part. Raises: ParseError if there is none."""
        for relation in self.relations("").values():
            if relation.kind == "officeDocument" and relation.path in self._names:
                return relation.path
        raise ParseError("The Office file does not say where its text is; it is damaged. Get a new copy.")

    def title(self) -> str:
        """Return the title in the file's properties, or an empty string."""
        properties = self._properties()
        return "" if properties is None else said_title(properties.findtext(_TITLE))

    def metadata(self) -> Metadata:
        """Return the other metadata in the file's properties."""
        properties = self._properties()
        if properties is None:
            return NONE
        return metadata_of_properties(properties.findtext(_MODIFIED), properties.findtext(_KEYWORDS))

    def _properties(self) -> Node | None:
        found = (one.path for one in self.relations("").values() if one.kind == "core-properties")
        return next((self.root(path) for path in found), None)

    def root(self, path: str) -> Node | None:
        """Return a part's markup, or None if the part is missing. Raises: ParseError if it is damaged."""
        if path not in self._names:
            return None
        markup = self._archive.read(path)
        if _STRICT in markup:
            for strict, usual in _DIALECT:
                markup = markup.replace(strict, usual)
        # Entities were refused before; libxml2 limits depth and size.
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            return etree.fromstring(markup, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise ParseError("A part of the Office file is damaged; open it and save it again.") from error

    def relations(self, path: str) -> dict[str, Relation]:
        """Return by id the relations of a part to others in the file; an empty path stands for the file."""
        folder, name = posixpath.split(path)
        root = self.root(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: dict[str, Relation] = {}
        for relation in () if root is None else root.iter(_RELATION):
            if relation.get("TargetMode") != "External":
                target = relation.get("Target") or ""
                place = target[1:] if target.startswith("/") else posixpath.join(folder, target)
                kind = (relation.get("Type") or "").rpartition("/")[2]
                found[relation.get("Id") or ""] = Relation(kind, posixpath.normpath(place))
        return found

    def links(self, path: str) -> dict[str, str]:
        """Return by id the addresses outside the file to which the links of a part lead."""
        folder, name = posixpath.split(path)
        root = self.root(posixpath.join(folder, "_rels", f"{name}.rels"))
        return {
            relation.get("Id") or "": relation.get("Target") or ""
            for relation in (() if root is None else root.iter(_RELATION))
            if relation.get("TargetMode") == "External"
            and (relation.get("Type") or "").endswith("/hyperlink")
        }

    def related(self, path: str, kind: str) -> Iterator[tuple[str, Node]]:
        """Yield the path and the markup of the parts to which a part has a relation of this kind."""
        for relation in self.relations(path).values():
            root = self.root(relation.path) if relation.kind == kind else None
            if root is not None:
                yield relation.path, root


def value(element: Node | None, attribute: str, otherwise: str = "") -> str:
    """Return an element's attribute, or `otherwise` if the element or the attribute is missing."""
    found = None if element is None else element.get(attribute)
    return otherwise if found is None else found


def number(text: str, otherwise: int = 0) -> int:
    """Return the whole number in a text, or `otherwise` if the text is not one."""
    try:
        return int(text)
    except ValueError:
        return otherwise


def is_on(parent: Node | None, tag: str) -> bool | None:
    """Return whether a property such as `w:vanish` is on; None if it is missing."""
    element = None if parent is None else parent.find(tag)
    if element is None:
        return None
    return value(element, f"{W}val", "1") not in ("0", "false", "off")
