"""XML from servers: no entity is expanded, no other document is fetched, no tree grows without limit."""

from lxml import etree

from core.errors import FetchError


def read_xml(content: bytes) -> etree._Element:
    """Return the root of a response. Raises: FetchError if it is malformed or declares entities."""
    if b"<!ENTITY" in content or b"<!DOCTYPE" in content:
        raise FetchError("the server's XML declares entities; such answers are not read")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise FetchError(f"the server's answer is not XML: {error}"[:300]) from error


def text_of(element: etree._Element, path: str) -> str:
    """Return the text at a path in any name space: `prop/getetag`; empty if there is none."""
    steps = "/".join(f"{{*}}{step}" for step in path.split("/"))
    return (element.findtext(steps) or "").strip()


def local_name(element: etree._Element) -> str:
    """Return an element's name without its name space."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
