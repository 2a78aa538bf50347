"""Writes the binary demo documents (PDF, DOCX, PPTX, XLSX) from the texts in source/.

Run it from anywhere: ``python deploy/demo/make_documents.py``. The same sources give the same files: dates
and metadata come from the front matter, never from the clock. The Markdown, HTML, CSV and e-mail documents
are written by hand and stand in documents/ as they are.
"""

from pathlib import Path

import yaml
from renderers import blocks, pdf, sheets, slides, word

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "source"
DOCUMENTS = HERE / "documents"

RENDER_TEXT = {".pdf": pdf.render, ".docx": word.render}
RENDER_DATA = {".pptx": slides.render, ".xlsx": sheets.render}


def make_all() -> list[Path]:
    """Write every binary document and return their paths in a fixed order."""
    written = []
    for source in sorted(SOURCE.glob("*.md")):
        manual = blocks.read(source.read_text(encoding="utf-8"))
        target = DOCUMENTS / manual.output
        target.parent.mkdir(parents=True, exist_ok=True)
        RENDER_TEXT[target.suffix](manual, target)
        written.append(target)
    for source in sorted(SOURCE.glob("*.yaml")):
        data = yaml.safe_load(source.read_text(encoding="utf-8"))
        target = DOCUMENTS / data["output"]
        target.parent.mkdir(parents=True, exist_ok=True)
        RENDER_DATA[target.suffix](data, target)
        written.append(target)
    return written


if __name__ == "__main__":
    for path in make_all():
        print(f"{path.stat().st_size:>8}  {path.relative_to(HERE)}")
