"""Decoding of text whose encoding is not known."""

import codecs
import re

# UTF-32's mark stands before UTF-16's, because it begins with that.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Enough to find which byte of each pair is zero, or which pairs occur.
_SAMPLE_BYTES = 65_536
# Most Chinese text lies in GB2312, whose pairs have both bytes from 0xA1 to 0xFE; a pair of
# Western letters with an accent (cp1252) seldom does.
_GB2312_PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_CHINESE_SHARE = 0.9
# A text file has hardly any control characters; one in fifty still admits an odd log.
_MAX_CONTROL_SHARE = 0.02
# A short file may hold a few damaged characters.
_STRAY_CONTROLS = 2
_CONTROL = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")


def decode(content: bytes, declared: str | None = None) -> str:
    """Return the characters of `content`.

    A byte order mark decides, then UTF-8 if the bytes are valid, then the declared encoding, then
    UTF-16 by its zero bytes, GB18030 by its pairs, and Windows-1252 as the last resort. It never
    fails: bytes without meaning become U+FFFD.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    wide = _wide_encoding(content)
    if wide:
        return content.decode(wide, "replace")
    return _decoded(content, "utf-8") or _decoded(content, declared) or _guessed(content)


def looks_like_text(content: bytes) -> bool:
    """Return whether `content` is text in some encoding rather than a binary format."""
    sample = content[:_SAMPLE_BYTES]
    if any(sample.startswith(mark) for mark, _ in _MARKS) or _wide_encoding(sample):
        return True
    return len(_CONTROL.findall(sample)) <= max(_STRAY_CONTROLS, _MAX_CONTROL_SHARE * len(sample))


def _decoded(content: bytes, encoding: str | None) -> str:
    try:
        return content.decode(encoding) if encoding else ""
    except (LookupError, ValueError):  # an unknown encoding, or bytes that are invalid in it
        return ""


def _wide_encoding(content: bytes) -> str:
    """Return UTF-16's name if most characters have one zero byte, as in Latin text, or an empty string."""
    sample = content[:_SAMPLE_BYTES]
    if len(sample) < 4 or len(content) % 2:
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.7 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.05 * half:
        return "utf-16-be"
    return ""


def _guessed(content: bytes) -> str:
    sample = content[:_SAMPLE_BYTES]
    high = len(_HIGH_BYTE.findall(sample))
    if high and 2 * len(_GB2312_PAIR.findall(sample)) >= _CHINESE_SHARE * high:
        chinese = _decoded(content, "gb18030")
        if chinese:
            return chinese
    return _decoded(content, "cp1252") or content.decode("utf-8", "replace")
