"""Makes an Office file the same at every run: fixed times inside the ZIP and in its core properties."""

import re
import zipfile
from datetime import date
from pathlib import Path

FIRST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
THUMBNAIL = "docProps/thumbnail.jpeg"


def settle(path: Path, day: date) -> None:
    """Rewrite the file in place, dated ``day`` and without the template's thumbnail."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in sorted(archive.namelist()) if name != THUMBNAIL}
    parts["docProps/core.xml"] = re.sub(
        rb"(<dcterms:(created|modified)[^>]*>)[^<]*",
        rb"\g<1>%sT08:00:00Z" % day.isoformat().encode(),
        parts["docProps/core.xml"],
    )
    parts["_rels/.rels"] = re.sub(rb"<Relationship [^>]*thumbnail[^>]*/>", b"", parts["_rels/.rels"])
    names = sorted(parts, key=lambda name: (name != "[Content_Types].xml", name))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            info = zipfile.ZipInfo(name, FIRST_ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, parts[name])
