"""The data of XFA forms: an XML file inside the PDF that holds what the page may not draw, by PDFium."""

import ctypes
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree
from pypdfium2 import raw

from ingest.parsers.base import clean
from ingest.parsers.pdf.form.names import in_words

_MAX_PACKETS, _MAX_PACKET_BYTES, _MAX_VALUES = 50, 16_000_000, 2_000
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def xfa_values(document: Any) -> list[tuple[str, str]]:
    """Return the label and the text of each field that has one, in the order of the form's data.

    The label is the field's caption, or else its name in words. Markup that cannot be read has no fields.
    """
    roots = [root for packet in _packets(document) if (root := _root(packet)) is not None]
    captions = dict(pair for root in roots for pair in _captions(root))
    found: list[tuple[str, str]] = []
    for data in (node for root in roots for node in _named(root, "data")):
        for leaf in data.iter("{*}*"):
            value = clean(leaf.text or "")
            if value and len(leaf) == 0 and leaf is not data and len(found) < _MAX_VALUES:
                found.append((captions.get(_name(leaf), "") or in_words(_name(leaf)), value))
    return found


def _packets(document: Any) -> Iterator[bytes]:
    for at in range(min(raw.FPDF_GetXFAPacketCount(document), _MAX_PACKETS)):
        size = ctypes.c_ulong()
        raw.FPDF_GetXFAPacketContent(document, at, None, 0, ctypes.byref(size))
        if 0 < size.value <= _MAX_PACKET_BYTES:
            buffer = ctypes.create_string_buffer(size.value)
            raw.FPDF_GetXFAPacketContent(document, at, buffer, size.value, ctypes.byref(size))
            yield buffer.raw


def _root(packet: bytes) -> etree._Element | None:
    """Return a packet's markup, or None if it is a piece of markup, damaged, or defines entities."""
    if _DOCTYPE.search(packet):
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(packet, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _captions(root: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield the name and the caption of each field of a template."""
    for field in _named(root, "field"):
        caption = next(_named(field, "caption"), None)
        text = "" if caption is None else clean(" ".join(map(str, caption.itertext())))
        if text and (name := field.get("name")):
            yield str(name), text.rstrip(":： ")


def _named(root: etree._Element, name: str) -> Iterator[etree._Element]:
    yield from root.iter(f"{{*}}{name}")


def _name(node: etree._Element) -> str:
    return etree.QName(node).localname
