"""Files that hold files, made on the spot."""

import io
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """Return a ZIP archive, the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def mailed(text: str, files: Mapping[str, bytes | EmailMessage], subject: str = "Pump") -> EmailMessage:
    """Return a message with these attachments."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ann@example.org", "bob@example.org", subject
    message.set_content(text)
    for name, content in files.items():
        if isinstance(content, bytes):
            message.add_attachment(content, "application", "octet-stream", filename=name)
        else:
            message.add_attachment(content)
    return message


def pdf(*objects: bytes, size: int = 0) -> bytes:
    """Return a PDF of these objects, numbered from 1; the first is the catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (size or len(objects) + 1, start)
    return bytes(out)


def stream(content: bytes) -> bytes:
    """Return an object that holds this content."""
    return b"<</Length %d>>stream\n%b\nendstream" % (len(content), content)
