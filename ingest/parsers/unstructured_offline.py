"""The one place where unstructured is imported, kept from calling home and from downloading.

Left alone it reports its use over the network when it is imported, and downloads a language model
from a code host at the first partition. It honours `DO_NOT_TRACK`, which must be set before the
import; and its model loader is replaced by an empty local pipeline. That pipeline tags no parts
of speech, so unstructured's guesses at headings mean nothing here and only what the file itself
says about a paragraph is used. Its partitioners' own classes are used because the public functions
give no access to the opened file; the version in pyproject.toml is pinned for that.
"""

import io
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

os.environ["DO_NOT_TRACK"] = "true"

import spacy
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from pptx.enum.shapes import PP_PLACEHOLDER
from unstructured.documents import elements
from unstructured.nlp import tokenize
from unstructured.partition import docx as word
from unstructured.partition import pptx as slides

_pipeline = spacy.blank("en")
_pipeline.add_pipe("sentencizer")
tokenize._get_nlp = lambda: _pipeline
# It tells the root logger, with a traceback, of every list whose numbering it cannot make out.
_quiet = logging.getLogger("unstructured.partition")
_quiet.setLevel(logging.ERROR)
word.logging = _quiet

_KINDS = (
    (elements.Table, "table"),
    (elements.ListItem, "item"),
    (elements.Title, "heading"),
    (elements.Header, "furniture"),
    (elements.Footer, "furniture"),
    (elements.PageBreak, "break"),
)
_ALTERNATE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_FORMULA = "{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath"


@dataclass(frozen=True, slots=True)
class Element:
    """One element of an Office file.

    `kind` is `heading`, `item`, `text`, `table`, `notes`, `break` or `furniture`; `level` is the
    0-based depth; `html` is a table's markup; `page` is 1-based, 0 where it is not known.
    """

    kind: str
    text: str
    level: int = 0
    html: str = ""
    page: int = 0


def docx_elements(content: bytes) -> tuple[str, list[Element]]:
    """Return a Word file's own title, or nothing, and its elements in order."""
    options = word.DocxPartitionerOptions.load(
        file=io.BytesIO(content),
        file_path=None,
        include_page_breaks=False,
        infer_table_structure=True,
        strategy="fast",
    )
    document = options.document
    _lay_bare(document.element.body)
    found = [_element(item) for item in _Word.iter_document_elements(options)]
    return document.core_properties.title or "", found


def pptx_elements(content: bytes) -> tuple[str, list[Element]]:
    """Return a presentation's own title, or nothing, and its elements slide by slide."""
    options = slides.PptxPartitionerOptions(
        file=io.BytesIO(content),
        file_path=None,
        include_page_breaks=True,
        include_slide_notes=True,
        infer_table_structure=True,
        strategy="fast",
    )
    partitioner = _Slides(options)
    found = [_element(item) for item in partitioner._iter_presentation_elements()]
    return partitioner._presentation.core_properties.title or "", found


class _Word(word._DocxPartitioner):  # type: ignore[misc]
    """Adds the headings that only an outline level marks, as styles of a company's own do."""

    def _style_based_element_type(self, paragraph: Any) -> Any:
        known = super()._style_based_element_type(paragraph)
        if known is None and self._has_outline_level(paragraph):
            return elements.Title
        return known

    def _parse_category_depth_by_style(self, paragraph: Any) -> int:
        if super()._style_based_element_type(paragraph) is None and self._has_outline_level(paragraph):
            return _outline_level(paragraph)
        return int(super()._parse_category_depth_by_style(paragraph))


class _Slides(slides._PptxPartitioner):  # type: ignore[misc]
    """Knows bullets that a slide inherits from its layout, and marks the speaker's notes."""

    def _is_bulleted_paragraph(self, paragraph: Any) -> bool:
        if paragraph._p.xpath("./a:pPr/a:buNone"):
            return False
        if paragraph._p.xpath("./a:pPr/a:buChar | ./a:pPr/a:buAutoNum"):
            return True
        return _inherits_bullets(paragraph)

    def _iter_maybe_slide_notes(self, slide: Any) -> Iterator[Any]:
        for note in super()._iter_maybe_slide_notes(slide):
            note.category = "notes"
            yield note


def _inherits_bullets(paragraph: Any) -> bool:
    """Tell whether a paragraph stands in a placeholder whose layout gives bullets."""
    shape = paragraph._parent._parent
    if not getattr(shape, "is_placeholder", False):
        return False
    # A placeholder for a body of text has bullets unless told otherwise; one for a subtitle has none.
    return shape.placeholder_format.type in (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, None)


def _outline_level(paragraph: Any) -> int:
    own = paragraph._p.xpath("./w:pPr/w:outlineLvl/@w:val")
    style = paragraph.style
    while not own and style is not None:
        own = style.element.xpath("./w:pPr/w:outlineLvl/@w:val")
        style = style.base_style
    return int(own[0]) if own else 0


def _lay_bare(body: Any) -> None:
    """Move text to where unstructured looks for it.

    Content controls and tracked insertions are unfolded, a text box's paragraphs follow the
    paragraph that anchors it, its copy for old versions of Word is dropped, and a formula becomes
    its characters.
    """
    for alternate in list(body.iter(_ALTERNATE)):
        for fallback in alternate.findall(_FALLBACK):
            alternate.remove(fallback)
    for formula in list(body.iter(_FORMULA)):
        _replace_with_run(formula, "".join(formula.xpath(".//*[local-name() = 't']/text()")))
    for box in list(body.iter(qn("w:txbxContent"))):
        anchor = next(box.iterancestors(qn("w:p")), None)
        if anchor is not None:
            for child in reversed(list(box)):
                anchor.addnext(child)
    for tag in ("w:sdtContent", "w:ins", "w:smartTag", "w:moveTo"):
        for wrapper in list(body.iter(qn(tag))):
            _unfold(wrapper.getparent() if tag == "w:sdtContent" else wrapper, wrapper)


def _replace_with_run(element: Any, text: str) -> None:
    run, content = OxmlElement("w:r"), OxmlElement("w:t")
    content.text = text
    run.append(content)
    parent = element.getparent()
    if parent.tag == qn("w:p"):
        parent.replace(element, run)
    elif parent.getparent() is not None and parent.getparent().tag == qn("w:p"):
        parent.addnext(run)  # a displayed formula lies in a frame of its own


def _unfold(outer: Any, content: Any) -> None:
    parent = outer.getparent()
    if parent is None:
        return
    position = parent.index(outer)
    parent.remove(outer)
    for offset, child in enumerate(list(content)):
        parent.insert(position + offset, child)


def _element(item: Any) -> Element:
    kind = next((name for cls, name in _KINDS if isinstance(item, cls)), "text")
    metadata = item.metadata
    return Element(
        "notes" if item.category == "notes" else kind,
        item.text or "",
        metadata.category_depth or 0,
        metadata.text_as_html or "",
        metadata.page_number or 0,
    )
