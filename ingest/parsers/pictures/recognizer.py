"""The recognizer that is installed, loaded when the first picture is read."""

from functools import cache
from importlib.util import find_spec

from ingest.parsers.pictures.recognition import Recognizer

_VENDOR = "rapidocr"


@cache
def recognizer() -> Recognizer | None:
    """Return this process's recognizer, or None if none is installed; loading takes a second."""
    if find_spec(_VENDOR) is None:
        return None
    from ingest.parsers.pictures.rapid_ocr import RapidRecognizer

    return RapidRecognizer()
