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
